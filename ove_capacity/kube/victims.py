"""Who must go, searched over all nodes at once by a kernel; `preemption` does it node by node.

Only for states in which nothing is nominated and nobody is leaving.
"""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.bound import NOBODY, WEIGHTS, Bound, Found
from ove_capacity.kube.codes import EXISTING_ANTI_AFFINITY, PASS
from ove_capacity.kube.filtering import check_node, prepare
from ove_capacity.kube.importance import line_up
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import ClassArrays, CounterArrays, NodeArrays
from ove_capacity.state.claim import count_on_node

__all__ = [
    "candidates_wanted",
    "find_victims",
    "find_weaker",
    "is_too_large",
    "passes",
    "rate",
    "spare_by_amounts",
    "weigh",
]

_PODS = 2
"""The column of pods: a state begins with cpu, memory and pods."""

_CANDIDATES_PERCENT = 10
_CANDIDATES_LEAST = 100
_NO_PRIORITY = -(1 << 31)
_OFFSET = 1 << 31


@kernel
def candidates_wanted(nodes: int) -> int:
    """How many nodes that would do are enough to choose from.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, calculateNumCandidates.
    """
    return min(nodes, max(_CANDIDATES_LEAST, nodes * _CANDIDATES_PERCENT // 100))


@kernel
def is_too_large(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> bool:
    """Whether class *c* asks for more than an empty node *n* has.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, Filter, of
    InsufficientResource.Unresolvable.
    """
    request = classes.request
    for r in range(request.shape[1]):
        if (
            r != _PODS
            and profile.ignored[r] == 0
            and request[c, r] > 0
            and request[c, r] > nodes.allocatable[n, r]
        ):
            return True
    return False


@kernel
def find_weaker(priority: int, n: int, bound: Bound, found: Found) -> bool:
    """Write which pod of node *n* is the first of lower priority; False: there is none.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, SelectVictimsOnNode.
    """
    row = found.first[n]
    while row != NOBODY and bound.priority[bound.pod_class[row]] >= priority:
        row = found.after[row]
    found.head[n] = row
    return bool(row != NOBODY)


@kernel
def _ask_budgets(n: int, bound: Bound, found: Found) -> None:
    """Mark whose eviction from node *n* would go against a budget, the most important asked first.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    filterPodsWithPDBViolation.
    """
    if bound.allowed.shape[0] == 0:
        return
    row = found.head[n]
    while row >= 0:
        found.breaks[row] = 0
        guard = bound.guard[row]
        if guard >= 0:
            for i in range(bound.starts[guard], bound.starts[guard + 1]):
                found.spare[bound.members[i]] = bound.allowed[bound.members[i]]
        row = found.after[row]
    row = found.head[n]
    while row >= 0:
        guard = bound.guard[row]
        if guard >= 0:
            for i in range(bound.starts[guard], bound.starts[guard + 1]):
                budget = bound.members[i]
                if found.spare[budget] < 1:
                    found.breaks[row] = 1
                found.spare[budget] -= 1
        row = found.after[row]


@kernel
def spare_by_amounts(
    c: int,
    n: int,
    bound: Bound,
    found: Found,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
) -> bool:
    """Mark who goes from node *n* where nothing but amounts counts; False: that would not do.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, SelectVictimsOnNode.
    """
    request = classes.request
    left = found.left
    tight = found.tight
    count = 0
    for r in range(request.shape[1]):
        short = request[c, r] + nodes.requested[n, r] - nodes.allocatable[n, r]
        if short > 0 and request[c, r] > 0 and profile.ignored[r] == 0:
            # Of the others there is enough whoever stays.
            tight[count] = r
            left[count] = short
            count += 1
    row = found.head[n]
    while row >= 0:
        other = bound.pod_class[row]
        for i in range(count):
            left[i] -= request[other, tight[i]]
        row = found.after[row]
    for i in range(count):
        if left[i] > 0:
            return False
    _ask_budgets(n, bound, found)
    for turn in range(bound.allowed.shape[0] == 0, 2):
        row = found.head[n]
        while row >= 0:
            if found.breaks[row] == 1 - turn:
                found.goes[row] = _must_go(bound.pod_class[row], count, left, tight, request)
            row = found.after[row]
    return True


@kernel
def _must_go(other: int, count: int, left: Array, tight: Array, request: Array) -> int:
    """Whether there is no room beside one more of class *other*, which stays otherwise.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, SelectVictimsOnNode.
    """
    for i in range(count):
        if left[i] + request[other, tight[i]] > 0:
            return 1
    for i in range(count):
        left[i] += request[other, tight[i]]
    return 0


@kernel
def passes(
    c: int,
    n: int,
    ignores_pods: bool,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> bool:
    """Whether all filters pass, as `Scheduler.check_twice` says it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go,
    RunFilterPluginsWithNominatedPods.
    """
    prepare(c, counters, classes, scratch)
    code = check_node(c, n, nodes, counters, classes, profile, scratch)
    return bool(code == PASS or (ignores_pods and code == EXISTING_ANTI_AFFINITY))


@kernel
def _spare_by_filters(
    c: int,
    n: int,
    ignores_pods: bool,
    bound: Bound,
    found: Found,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> bool:
    """Mark who goes from node *n*, asking all filters; False: it would not do.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, SelectVictimsOnNode.
    """
    row = found.head[n]
    while row >= 0:
        found.goes[row] = 1
        count_on_node(bound.pod_class[row], n, -1, nodes, counters, classes)
        row = found.after[row]
    does = passes(c, n, ignores_pods, nodes, counters, classes, profile, scratch)
    _ask_budgets(n, bound, found)
    for turn in range(bound.allowed.shape[0] == 0, 2):
        row = found.head[n]
        while row >= 0 and does:
            if found.breaks[row] == 1 - turn:
                count_on_node(bound.pod_class[row], n, 1, nodes, counters, classes)
                if passes(c, n, ignores_pods, nodes, counters, classes, profile, scratch):
                    found.goes[row] = 0
                else:
                    count_on_node(bound.pod_class[row], n, -1, nodes, counters, classes)
            row = found.after[row]
    row = found.head[n]
    while row >= 0:
        if found.goes[row] != 0:
            count_on_node(bound.pod_class[row], n, 1, nodes, counters, classes)
        row = found.after[row]
    return bool(does)


@kernel
def weigh(n: int, bound: Bound, found: Found) -> None:
    """Write what node *n* is compared by, going by who goes from it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    pickOneNodeForPreemption.
    """
    weight = found.weight
    weight[1, 0], weight[1, 1], weight[1, 2], weight[1, 3] = 0, _NO_PRIORITY, 0, 0
    weight[1, 4] = -np.inf
    row = found.head[n]
    while row >= 0:
        if found.goes[row] != 0:
            own = bound.priority[bound.pod_class[row]]
            if weight[1, 3] == 0:
                weight[1, 1] = own
            if own == weight[1, 1]:
                weight[1, 4] = max(weight[1, 4], -bound.start[row])
            weight[1, 0] += found.breaks[row]
            weight[1, 2] += own + _OFFSET
            weight[1, 3] += 1
        row = found.after[row]


@kernel
def rate(n: int, count: int, found: Found) -> int:
    """Compare node *n* with the *count* best so far; how many are the best now.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    pickOneNodeForPreemption.
    """
    weight = found.weight
    order = -1
    if count > 0:
        i = 0
        while i < WEIGHTS and weight[1, i] == weight[0, i]:
            i += 1
        if i == WEIGHTS:
            order = 0
        elif weight[1, i] > weight[0, i]:
            return count
    if order < 0:
        count = 0
        for k in range(WEIGHTS):
            weight[0, k] = weight[1, k]
    found.best[count] = n
    return count + 1


@kernel
def find_victims(
    c: int,
    hopeful: Array,
    tries: int,
    wanted: int,
    by_amounts: bool,
    ignores_pods: bool,
    bound: Bound,
    found: Found,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Try the first *tries* hopeful nodes until *wanted* would do; how many are the best.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, DryRunPreemption.
    """
    line_up(bound, found)
    count = 0
    candidates = 0
    peaceful = False
    for i in range(tries):
        n = hopeful[i]
        if not find_weaker(bound.priority[c], n, bound, found):
            continue
        if by_amounts:
            does = spare_by_amounts(c, n, bound, found, nodes, classes, profile)
        else:
            does = _spare_by_filters(
                c, n, ignores_pods, bound, found, nodes, counters, classes, profile, scratch
            )
        if not does:
            continue
        candidates += 1
        weigh(n, bound, found)
        count = rate(n, count, found)
        peaceful = peaceful or found.weight[1, 0] == 0
        if peaceful and candidates >= wanted:
            break
    return count
