"""Why a pod found no node, in sentences: the scheduler's, or ours of what a kubelet says."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.kube.filters.node_affinity import CONFLICT_REASON, preselected_nodes
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.model.pod import Pod
from ove_capacity.place.outcome import Bounced, Refused
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import UNSCHEDULABLE, Rejection, histogram

__all__ = ["refused_by_kubelet", "sentence"]


def sentence(
    state: ClusterState, scheduler: Scheduler, c: int, rejections: Sequence[Rejection]
) -> str:
    """Upstream's words: ``0/12 nodes are available: …``."""
    if preselected_nodes(scheduler.table.classes[c].pod.spec) == frozenset():
        return f"0/{len(state.nodes)} nodes are available: {CONFLICT_REASON}."
    return histogram(len(state.nodes), (word for each in rejections for word in each.reasons))


def refused_by_kubelet(state: ClusterState, pod: Pod, bounced: Bounced) -> Refused:
    """A pod that would be bound to the same node, and not be admitted there, for ever."""
    name = state.nodes[bounced.node].name
    reasons = (bounced.refusal.reason or bounced.words,)
    message = f"bound to {name}, whose kubelet refuses: {bounced.words}, again and again"
    return Refused(pod, message, (Rejection(bounced.node, "kubelet", UNSCHEDULABLE, reasons),))
