"""TaintToleration: a taint keeps away every pod that does not tolerate it."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.node import Taint
from ove_capacity.model.pod import Toleration

__all__ = ["NODE_LOST_TAINT", "reason", "tolerates", "untolerated_taint"]

NODE_LOST_TAINT = Taint("node.kubernetes.io/unreachable", effect="NoExecute")
"""What the node lifecycle controller puts on a node that stopped answering."""

_REPELLING = ("NoSchedule", "NoExecute")


def reason(taint: Taint) -> str:
    """Upstream's words for a pod kept away by a taint.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/tainttoleration/
    taint_toleration.go, Filter.
    """
    return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Whether the toleration covers the taint. tolerationSeconds plays no part here.

    Source: kubernetes/api v0.34.1 core/v1/toleration.go, ToleratesTaint.
    """
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator in ("", "Equal") and toleration.value == taint.value


def untolerated_taint(taints: Iterable[Taint], tolerations: tuple[Toleration, ...]) -> Taint | None:
    """The first taint, in the node's order, that keeps the pod away.

    Source: kubernetes/component-helpers v0.34.1 scheduling/corev1/helpers.go,
    FindMatchingUntoleratedTaint.
    """
    for taint in taints:
        if taint.effect in _REPELLING and not any(tolerates(t, taint) for t in tolerations):
            return taint
    return None
