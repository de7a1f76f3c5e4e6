"""The scheduling cycle: filter, score, choose, bind; pod after pod.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.filtering import find_feasible
from ove_capacity.kube.node_totals import (
    filters_by_pods,
    find_by_totals,
    pick_by_tree,
    refresh_totals,
    score_by_totals,
    scores_by_others,
)
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.scoring import choose, score_nodes
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import ClassArrays, CounterArrays, NodeArrays
from ove_capacity.state.claim import count_on_node

__all__ = ["pick_node", "schedule_many"]


@kernel
def pick_node(
    c: int,
    wanted: int,
    draw: float,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """The node for one pod of class *c*, or -1.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, schedulePod.
    """
    remembers = wanted >= nodes.presence.shape[0] and scratch.slot[c] >= 0
    if remembers:
        filters = filters_by_pods(c, counters, classes)
        picks = not (filters or scores_by_others(c, counters, classes))
        refresh_totals(c, picks, nodes, classes, profile, scratch)
        if picks:
            return pick_by_tree(c, draw, scratch)
        count = find_by_totals(c, filters, counters, classes, scratch)
    else:
        count = find_feasible(c, wanted, nodes, counters, classes, profile, scratch)
    if count == 0:
        return -1
    if count == 1:
        return int(scratch.feasible[0])
    if remembers:
        score_by_totals(c, count, counters, classes, profile, scratch)
    else:
        score_nodes(c, count, nodes, counters, classes, profile, scratch)
    return choose(count, draw, scratch)


@kernel
def schedule_many(
    order: Array,
    draws: Array,
    chosen: Array,
    wanted: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Schedule and bind pods one after the other, until one is refused; how many were decided.

    *order* (pods,) int64: class of each; *draws* (pods,) float64 in [0, 1), for ties; *chosen*
    (pods,) int64: written, -1 for the pod refused.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, ScheduleOne.
    """
    for i in range(order.shape[0]):
        c = order[i]
        n = pick_node(c, wanted, draws[i], nodes, counters, classes, profile, scratch)
        chosen[i] = n
        if n >= 0:
            count_on_node(c, n, 1, nodes, counters, classes)
        else:
            return i + 1
    return int(order.shape[0])
