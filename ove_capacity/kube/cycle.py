"""The scheduling cycle: filter, score, choose, bind; upstream's order, one loop a step.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kernels.tree import pick, rebuild, set_leaf
from ove_capacity.kube.codes import (
    AFFINITY,
    ANTI_AFFINITY,
    CORDONED,
    EXISTING_ANTI_AFFINITY,
    FIT,
    NODE_GONE,
    NODE_LOST,
    NODE_NAME,
    NOT_PRESELECTED,
    PASS,
    PORTS,
)
from ove_capacity.kube.filters.inter_pod_affinity import attracts, repels
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
    ignore_nodes,
    normalize_crowding,
    weigh_constraints,
)
from ove_capacity.kube.scores.taint_toleration import normalize_taints
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    EXISTING_LINKS,
    GONE,
    HARD_LINKS,
    NEEDS_ALL_KEYS,
    PULL_LINKS,
    READY,
    SELF_MATCH,
    SKIPS_BALANCED,
    SKIPS_PREFERENCE,
    SKIPS_SPREAD,
    SOFT_LINKS,
    STATIC_CODE,
    STATIC_IMAGE,
    STATIC_PREFERENCE,
    STATIC_ROW,
    STATIC_TAINTS,
    TOLERATES_CORDON,
    UNIFORM,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)
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
    "prepare",
    "schedule_many",
    "score_balance",
    "score_fit",
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
    code = classes.static[STATIC_CODE, classes.facts[c, STATIC_ROW], n]
    if code == NOT_PRESELECTED:
        return NOT_PRESELECTED
    if nodes.cordoned[n] != 0 and classes.facts[c, TOLERATES_CORDON] == 0:
        return CORDONED
    if code == NODE_NAME:
        return NODE_NAME
    if nodes.presence[n] != READY:
        return NODE_LOST
    if code != PASS:
        return int(code)
    if not ports_free(c, n, nodes.ports, classes.starts, classes.links):
        return PORTS
    if not fits(c, n, classes.request, nodes.allocatable, nodes.requested, profile.ignored):
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
    """The first filter that rejects node *n* for class *c*; `prepare` has run for it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    code = check_resources(c, n, nodes, classes, profile)
    if code != PASS:
        return code
    starts = classes.starts
    links = classes.links
    scope = counters.scope
    domain = counters.domain
    count = counters.held
    code = spreads(c, n, starts, links, scope, domain, count, scratch.hard_minimum)
    if code != PASS:
        return code
    itself = classes.facts[c, SELF_MATCH]
    if starts[AFFINITY_LINKS, c] < starts[AFFINITY_LINKS, c + 1] and not attracts(
        c, n, itself, starts, links, scope, domain, count, counters.entries
    ):
        return AFFINITY
    if repels(c, n, ANTI_LINKS, starts, links, scope, domain, count):
        return ANTI_AFFINITY
    if repels(c, n, EXISTING_LINKS, starts, links, scope, domain, count):
        return EXISTING_ANTI_AFFINITY
    return PASS


@kernel
def prepare(c: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch) -> None:
    """What the filters of class *c* need to know of all nodes together.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunPreFilterPlugins.
    """
    find_minima(
        c,
        classes.starts,
        classes.links,
        counters.scope,
        counters.domains,
        counters.held,
        counters.members,
        scratch.hard_minimum,
    )


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
    prepare(c, counters, classes, scratch)
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
def score_fit(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """`fit_score` with its arrays.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, Score.
    """
    return fit_score(
        c,
        n,
        profile.strategy[0],
        classes.scored_request,
        nodes.allocatable,
        nodes.requested,
        nodes.nonzero,
        profile.resource,
        profile.shape,
    )


@kernel
def score_balance(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """`balanced_score` with its arrays.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, Score.
    """
    return balanced_score(
        c, n, classes.balanced_request, nodes.allocatable, nodes.requested, profile.balanced
    )


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
    static = classes.static
    s = classes.facts[c, STATIC_ROW]
    raw = scratch.raw
    norm = scratch.norm
    skipped = scratch.skipped
    for plugin in range(profile.weight.shape[0]):
        skipped[plugin] = 1 if profile.weight[plugin] == 0 else 0
    if classes.facts[c, SKIPS_PREFERENCE] != 0:
        skipped[NODE_PREFERENCE] = 1
    if classes.facts[c, SKIPS_SPREAD] != 0:
        skipped[SPREAD] = 1
    if classes.facts[c, SKIPS_BALANCED] != 0:
        skipped[BALANCED] = 1
    starts = classes.starts
    links = classes.links
    scope = counters.scope
    domain = counters.domain
    feasible = scratch.feasible
    if not pulls_anywhere(c, starts, links, counters.entries):
        skipped[INTER_POD] = 1
    if skipped[SPREAD] == 0:
        left = count
        for j in range(count):
            scratch.ignored[feasible[j]] = 0
        if classes.facts[c, NEEDS_ALL_KEYS] != 0:
            left = ignore_nodes(c, feasible, count, starts, links, domain, scratch.ignored)
        weigh_constraints(
            c,
            feasible,
            count,
            left,
            starts,
            links,
            counters.domains,
            domain,
            scratch.ignored,
            scratch.seen,
            scratch.logarithm,
            scratch.soft_weight,
        )
    for j in range(count):
        n = feasible[j]
        raw[TAINTS, j] = static[STATIC_TAINTS, s, n]
        raw[NODE_PREFERENCE, j] = static[STATIC_PREFERENCE, s, n]
        raw[IMAGE, j] = static[STATIC_IMAGE, s, n]
        norm[IMAGE, j] = static[STATIC_IMAGE, s, n]
        fit = score_fit(c, n, nodes, classes, profile)
        raw[FIT_SCORE, j] = fit
        norm[FIT_SCORE, j] = fit
        if skipped[BALANCED] == 0:
            balance = score_balance(c, n, nodes, classes, profile)
            raw[BALANCED, j] = balance
            norm[BALANCED, j] = balance
        if skipped[SPREAD] == 0:
            raw[SPREAD, j] = 0
            if scratch.ignored[n] == 0:
                raw[SPREAD, j] = crowding(
                    c, n, starts, links, scope, domain, counters.held, scratch.soft_weight
                )
        if skipped[INTER_POD] == 0:
            raw[INTER_POD, j] = pull(c, n, starts, links, scope, domain, counters.held)
    normalize_taints(raw, norm, TAINTS, count)
    normalize_preference(raw, norm, NODE_PREFERENCE, count)
    if skipped[SPREAD] == 0:
        normalize_crowding(raw, norm, SPREAD, count, feasible, scratch.ignored)
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
