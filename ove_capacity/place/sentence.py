"""The scheduler's sentence for a pod that found no node."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.kube.filters.node_affinity import CONFLICT_REASON, preselected_nodes
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import Rejection, histogram

__all__ = ["sentence"]


def sentence(
    state: ClusterState, scheduler: Scheduler, c: int, rejections: Sequence[Rejection]
) -> str:
    """Upstream's words: ``0/12 nodes are available: …``."""
    if preselected_nodes(scheduler.table.classes[c].pod.spec) == frozenset():
        return f"0/{len(state.nodes)} nodes are available: {CONFLICT_REASON}."
    return histogram(len(state.nodes), (word for each in rejections for word in each.reasons))
