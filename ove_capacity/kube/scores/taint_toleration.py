"""TaintToleration's score: the fewer PreferNoSchedule taints not tolerated, the better."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.filters.taint_toleration import tolerates
from ove_capacity.model.node import Node
from ove_capacity.model.pod import PodSpec

__all__ = ["intolerable_taints", "normalize_taints"]

_SOFT = "PreferNoSchedule"


def intolerable_taints(spec: PodSpec, node: Node) -> int:
    """How many soft taints of the node the pod does not tolerate.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/tainttoleration/
    taint_toleration.go, countIntolerableTaintsPreferNoSchedule.
    """
    tolerations = [t for t in spec.tolerations if t.effect in ("", _SOFT)]
    return sum(
        taint.effect == _SOFT and not any(tolerates(t, taint) for t in tolerations)
        for taint in node.taints
    )


@kernel
def normalize_taints(raw: Array, norm: Array, plugin: int, count: int) -> None:
    """100 for none, 0 for the most; rows *plugin* of (plugins, N) int64, the first *count* entries.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/helper/normalize_score.go,
    DefaultNormalizeScore, reversed.
    """
    most = 0
    for i in range(count):
        most = max(most, raw[plugin, i])
    for i in range(count):
        norm[plugin, i] = 100 if most == 0 else 100 - 100 * raw[plugin, i] // most
