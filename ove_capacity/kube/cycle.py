"""The scheduling cycle: filter, score, choose, bind; pod after pod.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kernels.tree import pick, rebuild, set_leaf
from ove_capacity.kube.codes import PASS
from ove_capacity.kube.filtering import check_resources, find_feasible
from ove_capacity.kube.profile import BALANCED, FIT_SCORE, IMAGE, ProfileArrays
from ove_capacity.kube.scoring import choose, score_balance, score_fit, score_nodes
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    EXISTING_LINKS,
    HARD_LINKS,
    PULL_LINKS,
    SKIPS_BALANCED,
    SOFT_LINKS,
    STATIC_IMAGE,
    STATIC_ROW,
    UNIFORM,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)
from ove_capacity.state.claim import count_on_node

__all__ = ["is_local", "local_total", "pick_by_tree", "pick_node", "schedule_many"]


@kernel
def is_local(c: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch) -> bool:
    """Whether each node's score for class *c* depends on that node alone now: a tree serves.

    Source: ours. Taints and preferred node terms must not tell nodes apart, no spread constraint
    may look at the class, and no counter that it reads may hold a pod.
    """
    starts = classes.starts
    if scratch.slot[c] < 0 or classes.facts[c, UNIFORM] == 0:
        return False
    for kind in (HARD_LINKS, SOFT_LINKS, AFFINITY_LINKS):
        if starts[kind, c] < starts[kind, c + 1]:
            return False
    for kind in (ANTI_LINKS, EXISTING_LINKS, PULL_LINKS):
        for i in range(starts[kind, c], starts[kind, c + 1]):
            if counters.entries[classes.links[i, 0]] > 0:
                return False
    return True


@kernel
def local_total(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """The part of the total that differs between nodes while class *c* is local; -1: rejected.

    Source: ours, from `score_nodes`.
    """
    if check_resources(c, n, nodes, classes, profile) != PASS:
        return -1
    weight = profile.weight
    total = weight[IMAGE] * classes.static[STATIC_IMAGE, classes.facts[c, STATIC_ROW], n]
    total += weight[FIT_SCORE] * score_fit(c, n, nodes, classes, profile)
    if weight[BALANCED] != 0 and classes.facts[c, SKIPS_BALANCED] == 0:
        total += weight[BALANCED] * score_balance(c, n, nodes, classes, profile)
    return int(total)


@kernel
def pick_by_tree(
    c: int,
    draw: float,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """The best node for a local class from its tree, repaired from the log of changed nodes; or -1.

    Source: ours; gives what find_feasible, score_nodes and choose give.
    """
    row = scratch.slot[c]
    best = scratch.best
    width = best.shape[1] // 2
    ring = nodes.changes.shape[0]
    now = nodes.cursor[0]
    seen = scratch.fresh[row]
    if seen < 0 or now - seen > ring:
        for n in range(nodes.presence.shape[0]):
            best[row, width + n] = local_total(c, n, nodes, classes, profile)
        rebuild(best, scratch.equals, row, width)
    else:
        for change in range(seen, now):
            n = nodes.changes[change % ring]
            total = local_total(c, n, nodes, classes, profile)
            set_leaf(best, scratch.equals, row, width, n, total)
    scratch.fresh[row] = now
    return pick(best, scratch.equals, row, width, draw)


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
    if wanted >= nodes.presence.shape[0] and is_local(c, counters, classes, scratch):
        return pick_by_tree(c, draw, nodes, classes, profile, scratch)
    count = find_feasible(c, wanted, nodes, counters, classes, profile, scratch)
    if count == 0:
        return -1
    if count == 1:
        return int(scratch.feasible[0])
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
