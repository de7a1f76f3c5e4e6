"""The scores in upstream's order, over the feasible nodes; and the choice.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
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
    NEEDS_ALL_KEYS,
    SKIPS_BALANCED,
    SKIPS_PREFERENCE,
    SKIPS_SPREAD,
    STATIC_IMAGE,
    STATIC_PREFERENCE,
    STATIC_ROW,
    STATIC_TAINTS,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)

__all__ = [
    "choose",
    "score_balance",
    "score_fit",
    "score_nodes",
    "score_pods",
    "score_static",
    "skip_scores",
    "sum_scores",
    "weigh_spread",
]


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
        c,
        n,
        profile.gain[0],
        classes.balanced_request,
        nodes.allocatable,
        nodes.requested,
        profile.balanced,
    )


@kernel
def skip_scores(c: int, pulls: bool, weight: Array, facts: Array, skipped: Array) -> None:
    """Write which scores do not run for class *c*: without weight, or skipped by PreScore.

    *weight* and *skipped* are (plugins,), *facts* is `ClassArrays.facts`; *pulls* says whether any
    pod that class *c* cares for is bound anywhere.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunPreScorePlugins.
    """
    for plugin in range(weight.shape[0]):
        skipped[plugin] = 1 if weight[plugin] == 0 else 0
    if facts[c, SKIPS_PREFERENCE] != 0:
        skipped[NODE_PREFERENCE] = 1
    if facts[c, SKIPS_SPREAD] != 0:
        skipped[SPREAD] = 1
    if facts[c, SKIPS_BALANCED] != 0:
        skipped[BALANCED] = 1
    if not pulls:
        skipped[INTER_POD] = 1


@kernel
def weigh_spread(
    c: int, count: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> None:
    """What the spread score of class *c* needs to know of the first *count* feasible nodes.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    PreScore.
    """
    left = count
    for j in range(count):
        scratch.ignored[scratch.feasible[j]] = 0
        scratch.raw[SPREAD, j] = 0
    if classes.facts[c, NEEDS_ALL_KEYS] != 0:
        left = ignore_nodes(
            c,
            scratch.feasible,
            count,
            classes.starts,
            classes.links,
            counters.domain,
            scratch.ignored,
        )
    weigh_constraints(
        c,
        scratch.feasible,
        count,
        left,
        classes.starts,
        classes.links,
        counters.domains,
        counters.domain,
        scratch.ignored,
        scratch.seen,
        scratch.logarithm,
        scratch.soft_weight,
    )


@kernel
def score_static(c: int, count: int, classes: ClassArrays, scratch: Scratch) -> None:
    """Write raw and normalised scores of taints and preferred node terms.

    Of the first *count* nodes of `Scratch.feasible`.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunScorePlugins.
    """
    static = classes.static
    s = classes.facts[c, STATIC_ROW]
    raw = scratch.raw
    feasible = scratch.feasible
    for j in range(count):
        raw[TAINTS, j] = static[STATIC_TAINTS, s, feasible[j]]
        raw[NODE_PREFERENCE, j] = static[STATIC_PREFERENCE, s, feasible[j]]
    normalize_taints(raw, scratch.norm, TAINTS, count)
    normalize_preference(raw, scratch.norm, NODE_PREFERENCE, count)


@kernel
def score_pods(
    c: int, count: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> None:
    """Write raw and normalised scores that look at pods elsewhere, as far as they run.

    Of the first *count* nodes of `Scratch.feasible`; `skip_scores` has run for class *c*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunScorePlugins.
    """
    raw = scratch.raw
    feasible = scratch.feasible
    starts = classes.starts
    links = classes.links
    scope = counters.scope
    domain = counters.domain
    held = counters.held
    if scratch.skipped[SPREAD] == 0:
        weigh_spread(c, count, counters, classes, scratch)
        for j in range(count):
            if scratch.ignored[feasible[j]] == 0:
                raw[SPREAD, j] = crowding(
                    c, feasible[j], starts, links, scope, domain, held, scratch.soft_weight
                )
        normalize_crowding(raw, scratch.norm, SPREAD, count, feasible, scratch.ignored)
    if scratch.skipped[INTER_POD] == 0:
        for j in range(count):
            raw[INTER_POD, j] = pull(c, feasible[j], starts, links, scope, domain, held)
        normalize_pull(raw, scratch.norm, INTER_POD, count)


@kernel
def sum_scores(count: int, weight: Array, norm: Array, skipped: Array, total: Array) -> None:
    """Write totals of the first *count* feasible nodes: weights times normalised scores.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunScorePlugins.
    """
    for j in range(count):
        total[j] = 0
        for plugin in range(weight.shape[0]):
            if skipped[plugin] == 0:
                total[j] += weight[plugin] * norm[plugin, j]


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
    raw = scratch.raw
    norm = scratch.norm
    skipped = scratch.skipped
    s = classes.facts[c, STATIC_ROW]
    pulls = pulls_anywhere(c, classes.starts, classes.links, counters.entries)
    skip_scores(c, pulls, profile.weight, classes.facts, skipped)
    for j in range(count):
        n = scratch.feasible[j]
        raw[IMAGE, j] = classes.static[STATIC_IMAGE, s, n]
        raw[FIT_SCORE, j] = score_fit(c, n, nodes, classes, profile)
        if skipped[BALANCED] == 0:
            raw[BALANCED, j] = score_balance(c, n, nodes, classes, profile)
        for plugin in (IMAGE, FIT_SCORE, BALANCED):
            norm[plugin, j] = raw[plugin, j]
    score_static(c, count, classes, scratch)
    score_pods(c, count, counters, classes, scratch)
    sum_scores(count, profile.weight, norm, skipped, scratch.total)


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
