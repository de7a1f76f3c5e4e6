"""NodeUnschedulable: cordoned nodes take only pods that tolerate it."""

from __future__ import annotations

from ove_capacity.kube.filters.taint_toleration import tolerates
from ove_capacity.model.node import Taint
from ove_capacity.model.pod import PodSpec

__all__ = ["REASON", "tolerates_cordon"]

REASON = "node(s) were unschedulable"

_CORDON = Taint("node.kubernetes.io/unschedulable", effect="NoSchedule")


def tolerates_cordon(spec: PodSpec) -> bool:
    """Whether the pod may go to a cordoned node.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeunschedulable/
    node_unschedulable.go, Filter.
    """
    return any(tolerates(toleration, _CORDON) for toleration in spec.tolerations)
