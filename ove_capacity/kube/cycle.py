"""The scheduling cycle: filter, score, choose, bind; upstream's order, one loop a step.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kernels.tree import pick, rebuild, set_leaf
from ove_capacity.kube.codes import (
    CORDONED,
    FIT,
    NODE_GONE,
    NODE_LOST,
    NODE_NAME,
    NOT_PRESELECTED,
    PASS,
    PORTS,
)
from ove_capacity.kube.filters.inter_pod_affinity import relates
from ove_capacity.kube.filters.node_ports import ports_free
from ove_capacity.kube.filters.node_resources_fit import fits
from ove_capacity.kube.filters.pod_topology_spread import find_minima, spreads
from ove_capacity.kube.profile import (
    BALANCED,
    FIT_SCORE,
    IMAGE,
    INTER_POD,
    NODE_PREFERENCE,
    SPREAD,
    TAINTS,
    ProfileArrays,
)
from ove_capacity.kube.scores.balanced_allocation import balanced_score
from ove_capacity.kube.scores.inter_pod_affinity import normalize_pull, pull, pulls_anywhere
from ove_capacity.kube.scores.node_affinity import normalize_preference
from ove_capacity.kube.scores.node_resources_fit import fit_score
from ove_capacity.kube.scores.pod_topology_spread import (
    crowding,
    normalize_crowding,
    weigh_constraints,
)
from ove_capacity.kube.scores.taint_toleration import normalize_taints
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import GONE, READY, ClassArrays, CounterArrays, NodeArrays
from ove_capacity.state.claim import count_on_node

__all__ = [
    "check_node",
    "check_resources",
    "choose",
    "find_feasible",
    "is_local",
    "local_total",
    "pick_by_tree",
    "pick_node",
    "schedule_many",
    "score_nodes",
    "sum_scores",
]


@kernel
def check_resources(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """The filters that look at one node alone: everything up to NodeResourcesFit.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    if nodes.presence[n] == GONE:
        return NODE_GONE
    s = classes.static_row[c]
    code = classes.static_code[s, n]
    if code == NOT_PRESELECTED:
        return NOT_PRESELECTED
    if nodes.cordoned[n] != 0 and classes.tolerates_cordon[s] == 0:
        return CORDONED
    if code == NODE_NAME:
        return NODE_NAME
    if nodes.presence[n] != READY:
        return NODE_LOST
    if code != PASS:
        return int(code)
    if not ports_free(c, n, nodes, classes):
        return PORTS
    if not fits(c, n, nodes, classes, profile):
        return FIT
    return PASS


@kernel
def check_node(
    c: int,
    n: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """The first filter that rejects node *n* for class *c*; `find_minima` has run for it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    code = check_resources(c, n, nodes, classes, profile)
    if code == PASS and classes.hard_start[c] < classes.hard_start[c + 1]:
        code = spreads(c, n, counters, classes, scratch)
    if code == PASS:
        code = relates(c, n, counters, classes)
    return code


@kernel
def find_feasible(
    c: int,
    wanted: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Write `Scratch.feasible`, ascending, and the codes; how many nodes passed.

    At most *wanted*: the search walks from where the last one stopped.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, findNodesThatPassFilters.
    """
    find_minima(c, counters, classes, scratch)
    count = nodes.presence.shape[0]
    start = nodes.cursor[1]
    found = 0
    tried = 0
    for n in range(count):
        scratch.code[n] = NODE_GONE
    while tried < count and found < wanted:
        n = scratch.walk[(start + tried) % count]
        code = check_node(c, n, nodes, counters, classes, profile, scratch)
        scratch.code[n] = code
        if code == PASS:
            found += 1
        tried += 1
    if count > 0:
        nodes.cursor[1] = (start + tried) % count
    found = 0
    for n in range(count):
        if scratch.code[n] == PASS:
            scratch.feasible[found] = n
            found += 1
    return found


@kernel
def sum_scores(count: int, profile: ProfileArrays, scratch: Scratch) -> None:
    """Write `Scratch.total` of the first *count* feasible nodes: weights times normalised scores.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunScorePlugins.
    """
    for j in range(count):
        total = 0
        for plugin in range(profile.weight.shape[0]):
            if scratch.skipped[plugin] == 0:
                total += profile.weight[plugin] * scratch.norm[plugin, j]
        scratch.total[j] = total


@kernel
def score_nodes(
    c: int,
    count: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> None:
    """Write raw, normalised and total scores of the first *count* nodes of `Scratch.feasible`.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, prioritizeNodes.
    """
    s = classes.static_row[c]
    raw = scratch.raw
    norm = scratch.norm
    skipped = scratch.skipped
    for plugin in range(profile.weight.shape[0]):
        skipped[plugin] = 1 if profile.weight[plugin] == 0 else classes.skips[c, plugin]
    if skipped[INTER_POD] == 0 and not pulls_anywhere(c, counters, classes):
        skipped[INTER_POD] = 1
    if skipped[SPREAD] == 0:
        weigh_constraints(c, count, counters, classes, scratch)
    for j in range(count):
        n = scratch.feasible[j]
        raw[TAINTS, j] = classes.taint_raw[s, n]
        raw[NODE_PREFERENCE, j] = classes.affinity_raw[s, n]
        raw[FIT_SCORE, j] = fit_score(c, n, nodes, classes, profile)
        norm[FIT_SCORE, j] = raw[FIT_SCORE, j]
        raw[IMAGE, j] = classes.image_raw[s, n]
        norm[IMAGE, j] = raw[IMAGE, j]
        if skipped[BALANCED] == 0:
            raw[BALANCED, j] = balanced_score(c, n, nodes, classes, profile)
            norm[BALANCED, j] = raw[BALANCED, j]
        if skipped[SPREAD] == 0:
            raw[SPREAD, j] = crowding(c, n, counters, classes, scratch)
        if skipped[INTER_POD] == 0:
            raw[INTER_POD, j] = pull(c, n, counters, classes)
    normalize_taints(raw, norm, TAINTS, count)
    normalize_preference(raw, norm, NODE_PREFERENCE, count)
    if skipped[SPREAD] == 0:
        normalize_crowding(raw, norm, SPREAD, count, scratch)
    if skipped[INTER_POD] == 0:
        normalize_pull(raw, norm, INTER_POD, count)
    sum_scores(count, profile, scratch)


@kernel
def choose(count: int, draw: float, scratch: Scratch) -> int:
    """The feasible node with the highest total; *draw* in [0, 1) chooses among equals, 0 the first.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, selectHost (there by reservoir
    sampling, which gives each of them the same chance too).
    """
    most = scratch.total[0]
    ties = 0
    for j in range(count):
        if scratch.total[j] > most:
            most = scratch.total[j]
            ties = 0
        if scratch.total[j] == most:
            ties += 1
    scratch.ties[0] = ties
    skip = int(draw * ties)
    for j in range(count):
        if scratch.total[j] == most:
            if skip == 0:
                return int(scratch.feasible[j])
            skip -= 1
    return -1


@kernel
def is_local(c: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch) -> bool:
    """Whether each node's score for class *c* depends on that node alone now, so that a tree serves.

    Source: ours. Taints and preferred node terms must not tell nodes apart, no spread constraint
    may look at the class, and no counter that it reads may hold a pod.
    """
    if scratch.slot[c] < 0 or classes.uniform[classes.static_row[c]] == 0:
        return False
    if (
        classes.hard_start[c] < classes.hard_start[c + 1]
        or classes.soft_start[c] < classes.soft_start[c + 1]
        or classes.affinity_start[c] < classes.affinity_start[c + 1]
    ):
        return False
    for i in range(classes.anti_start[c], classes.anti_start[c + 1]):
        if counters.entries[classes.anti_counter[i]] > 0:
            return False
    return not pulls_anywhere(c, counters, classes)


@kernel
def local_total(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """The part of the total that differs between nodes while class *c* is local; -1: rejected.

    Source: ours, from `score_nodes`.
    """
    if check_resources(c, n, nodes, classes, profile) != PASS:
        return -1
    total = profile.weight[IMAGE] * classes.image_raw[classes.static_row[c], n]
    if profile.weight[FIT_SCORE] != 0:
        total += profile.weight[FIT_SCORE] * fit_score(c, n, nodes, classes, profile)
    if profile.weight[BALANCED] != 0 and classes.skips[c, BALANCED] == 0:
        total += profile.weight[BALANCED] * balanced_score(c, n, nodes, classes, profile)
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
    stops: Array,
    wanted: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Schedule and bind pods one after the other; how many were decided.

    *order* (pods,) int32: class of each; *draws* (pods,) float64 in [0, 1), for ties; *chosen*
    (pods,) int32: written, -1 where no node would do; *stops* (C,) uint8: classes after whose
    refusal the caller must act before the next pod is tried.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, ScheduleOne.
    """
    for i in range(order.shape[0]):
        c = order[i]
        n = pick_node(c, wanted, draws[i], nodes, counters, classes, profile, scratch)
        chosen[i] = n
        if n >= 0:
            count_on_node(c, n, 1, nodes, counters, classes)
        elif stops[c] != 0:
            return i + 1
    return int(order.shape[0])
