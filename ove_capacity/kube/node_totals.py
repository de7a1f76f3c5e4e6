"""What each node says of a class by itself, remembered until the node changes.

Filters up to NodeResourcesFit and the scores of resources and images look at one node alone. A leaf
of the class's tree holds what they say; the log of changed nodes tells which leaves are out of
date. A cycle asks anew only what depends on pods elsewhere.

Source: ours; gives what find_feasible, score_nodes and choose give.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kernels.tree import pick, rebuild, set_leaf
from ove_capacity.kube.codes import PASS
from ove_capacity.kube.filtering import check_pods, check_resources, prepare
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
from ove_capacity.kube.scores.inter_pod_affinity import pulls_anywhere
from ove_capacity.kube.scoring import (
    score_balance,
    score_fit,
    score_pods,
    score_static,
    skip_scores,
)
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    EXISTING_LINKS,
    HARD_LINKS,
    SKIPS_BALANCED,
    SOFT_LINKS,
    STATIC_IMAGE,
    STATIC_ROW,
    UNIFORM,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)

__all__ = [
    "filters_by_pods",
    "find_by_totals",
    "node_total",
    "pick_by_tree",
    "refresh_totals",
    "score_by_totals",
    "scores_by_others",
]


@kernel
def node_total(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """The part of the total that node *n* alone decides for class *c*; -1: it rejects the class.

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
def refresh_totals(
    c: int,
    picks: bool,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> None:
    """Bring the leaves of class *c* up to date with the log of changed nodes.

    *picks*: whether the tree above them is needed; it is repaired only then.

    Source: ours.
    """
    row = scratch.slot[c]
    best = scratch.best
    equals = scratch.equals
    width = best.shape[1] // 2
    count = nodes.presence.shape[0]
    ring = nodes.changes.shape[0]
    now = nodes.cursor[0]
    seen = scratch.fresh[row]
    if seen < 0 or now - seen > ring:
        for n in range(count):
            best[row, width + n] = node_total(c, n, nodes, classes, profile)
        scratch.torn[row] = 1
    elif seen < now:
        mark = scratch.mark
        mark[count] += 1
        for change in range(seen, now):
            n = nodes.changes[change % ring]
            if mark[n] == mark[count]:
                continue
            mark[n] = mark[count]
            total = node_total(c, n, nodes, classes, profile)
            if picks and scratch.torn[row] == 0:
                set_leaf(best, equals, row, width, n, total)
            elif best[row, width + n] != total:
                best[row, width + n] = total
                scratch.torn[row] = 1
    scratch.fresh[row] = now
    if picks and scratch.torn[row] != 0:
        rebuild(best, equals, row, width)
        scratch.torn[row] = 0


@kernel
def filters_by_pods(c: int, counters: CounterArrays, classes: ClassArrays) -> bool:
    """Whether a filter may reject a node for class *c* because of pods elsewhere, as things are.

    Source: ours, from `check_pods`.
    """
    starts = classes.starts
    for kind in (HARD_LINKS, AFFINITY_LINKS):
        if starts[kind, c] < starts[kind, c + 1]:
            return True
    for kind in (ANTI_LINKS, EXISTING_LINKS):
        for i in range(starts[kind, c], starts[kind, c + 1]):
            if counters.entries[classes.links[i, 0]] > 0:
                return True
    return False


@kernel
def scores_by_others(c: int, counters: CounterArrays, classes: ClassArrays) -> bool:
    """Whether a score of class *c* depends on more than the node, as things are.

    Source: ours, from `score_nodes`. Soft taints and preferred node terms count by the most there
    is among the feasible nodes.
    """
    starts = classes.starts
    return bool(
        classes.facts[c, UNIFORM] == 0
        or starts[SOFT_LINKS, c] < starts[SOFT_LINKS, c + 1]
        or pulls_anywhere(c, starts, classes.links, counters.entries)
    )


@kernel
def pick_by_tree(c: int, draw: float, scratch: Scratch) -> int:
    """The best node for a class that looks at no pods elsewhere, from its tree; or -1.

    Source: ours.
    """
    width = scratch.best.shape[1] // 2
    return pick(scratch.best, scratch.equals, scratch.slot[c], width, draw)


@kernel
def find_by_totals(
    c: int, filters: bool, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> int:
    """`find_feasible` over all nodes, from the class's leaves; `Scratch.code` is not written.

    *filters*: what `filters_by_pods` says.

    Source: ours.
    """
    if filters:
        prepare(c, counters, classes, scratch)
    best = scratch.best
    row = scratch.slot[c]
    width = best.shape[1] // 2
    found = 0
    for n in range(scratch.code.shape[0]):
        if best[row, width + n] < 0:
            continue
        if filters and check_pods(c, n, counters, classes, scratch) != PASS:
            continue
        scratch.feasible[found] = n
        found += 1
    return found


@kernel
def score_by_totals(
    c: int,
    count: int,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> None:
    """Write totals of the first *count* feasible nodes, less what all of them share.

    Source: ours, from `score_nodes`.
    """
    best = scratch.best
    row = scratch.slot[c]
    width = best.shape[1] // 2
    skipped = scratch.skipped
    feasible = scratch.feasible
    total = scratch.total
    weight = profile.weight
    norm = scratch.norm
    pulls = pulls_anywhere(c, classes.starts, classes.links, counters.entries)
    skip_scores(c, pulls, weight, classes.facts, skipped)
    score_pods(c, count, counters, classes, scratch)
    for j in range(count):
        total[j] = best[row, width + feasible[j]]
    if skipped[SPREAD] == 0:
        for j in range(count):
            total[j] += weight[SPREAD] * norm[SPREAD, j]
    if skipped[INTER_POD] == 0:
        for j in range(count):
            total[j] += weight[INTER_POD] * norm[INTER_POD, j]
    if classes.facts[c, UNIFORM] == 0:
        score_static(c, count, classes, scratch)
        for j in range(count):
            if skipped[TAINTS] == 0:
                total[j] += weight[TAINTS] * norm[TAINTS, j]
            if skipped[NODE_PREFERENCE] == 0:
                total[j] += weight[NODE_PREFERENCE] * norm[NODE_PREFERENCE, j]
