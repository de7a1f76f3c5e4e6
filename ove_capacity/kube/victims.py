"""Who must go, searched over all nodes at once by a kernel; `preemption` does it node by node.

Only for states in which nothing is nominated and nobody is leaving.
"""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.bound import NONE_YET, NOT_ASKED, WEIGHTS, Bound, Found
from ove_capacity.kube.codes import EXISTING_ANTI_AFFINITY, PASS
from ove_capacity.kube.filtering import check_node, prepare
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import ClassArrays, CounterArrays, NodeArrays
from ove_capacity.state.claim import count_on_node

__all__ = ["candidates_wanted", "find_victims", "passes"]

_CANDIDATES_PERCENT = 10
_CANDIDATES_LEAST = 100
_NOBODY = -(1 << 31)
_OFFSET = 1 << 31


@kernel
def candidates_wanted(nodes: int) -> int:
    """How many nodes that would do are enough to choose from.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, calculateNumCandidates.
    """
    return min(nodes, max(_CANDIDATES_LEAST, nodes * _CANDIDATES_PERCENT // 100))


@kernel
def _chain(row: int, n: int, level: int, bound: Bound, found: Found) -> None:
    """Put a pod behind the others on node *n* that are at least as important.

    Source: kubernetes v1.34.1 pkg/scheduler/util/utils.go, MoreImportantPod.
    """
    found.after[row] = -1
    if found.head[n] == NONE_YET:
        found.head[n] = row
        found.tail[n] = row
        return
    last = found.tail[n]
    if bound.priority[bound.pod_class[last]] > level or bound.start[last] <= bound.start[row]:
        found.after[last] = row
        found.tail[n] = row
        return
    before = -1
    other = found.head[n]
    while bound.priority[bound.pod_class[other]] > level or bound.start[other] <= bound.start[row]:
        before = other
        other = found.after[other]
    found.after[row] = other
    if before < 0:
        found.head[n] = row
    else:
        found.after[before] = row


@kernel
def _list_weaker(priority: int, hopeful: Array, tries: int, bound: Bound, found: Found) -> None:
    """Chain the pods of lower priority on hopeful nodes, the most important first.

    Source: kubernetes v1.34.1 pkg/scheduler/util/utils.go, MoreImportantPod.
    """
    for n in range(found.head.shape[0]):
        found.head[n] = NOT_ASKED
    for i in range(tries):
        found.head[hopeful[i]] = NONE_YET
    for k in range(bound.levels.shape[0]):
        level = bound.levels[k]
        if level >= priority:
            continue
        for row in range(bound.node.shape[0]):
            n = bound.node[row]
            if n < 0 or bound.priority[bound.pod_class[row]] != level:
                continue
            if found.head[n] != NOT_ASKED:
                _chain(row, n, level, bound, found)


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
def _spare_by_amounts(
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
    for r in range(request.shape[1]):
        left[r] = request[c, r] + nodes.requested[n, r] - nodes.allocatable[n, r]
    row = found.head[n]
    while row >= 0:
        other = bound.pod_class[row]
        for r in range(request.shape[1]):
            left[r] -= request[other, r]
        row = found.after[row]
    for r in range(request.shape[1]):
        if request[c, r] > 0 and profile.ignored[r] == 0 and left[r] > 0:
            return False
    for turn in range(bound.allowed.shape[0] == 0, 2):
        row = found.head[n]
        while row >= 0:
            if found.breaks[row] == 1 - turn:
                found.goes[row] = _must_go(c, bound.pod_class[row], left, classes, profile)
            row = found.after[row]
    return True


@kernel
def _must_go(c: int, other: int, left: Array, classes: ClassArrays, profile: ProfileArrays) -> int:
    """Whether class *c* finds no room beside one more of class *other*, which stays otherwise.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/defaultpreemption/
    default_preemption.go, SelectVictimsOnNode.
    """
    request = classes.request
    for r in range(request.shape[1]):
        if request[c, r] > 0 and profile.ignored[r] == 0 and left[r] + request[other, r] > 0:
            return 1
    for r in range(request.shape[1]):
        left[r] += request[other, r]
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
def _weigh(n: int, bound: Bound, found: Found) -> int:
    """Compare who goes from node *n* with the best so far: -1 better, 0 alike, 1 worse.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    pickOneNodeForPreemption.
    """
    weight = found.weight
    weight[1, 0], weight[1, 1], weight[1, 2], weight[1, 3] = 0, _NOBODY, 0, 0
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
    for i in range(WEIGHTS):
        if weight[1, i] != weight[0, i]:
            return -1 if weight[1, i] < weight[0, i] else 1
    return 0


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
    _list_weaker(bound.priority[c], hopeful, tries, bound, found)
    count = 0
    candidates = 0
    peaceful = False
    for i in range(tries):
        n = hopeful[i]
        if found.head[n] < 0:
            continue
        _ask_budgets(n, bound, found)
        if by_amounts:
            does = _spare_by_amounts(c, n, bound, found, nodes, classes, profile)
        else:
            does = _spare_by_filters(
                c, n, ignores_pods, bound, found, nodes, counters, classes, profile, scratch
            )
        if not does:
            continue
        candidates += 1
        order = _weigh(n, bound, found)
        if order < 0 or count == 0:
            count = 0
            order = 0
            for k in range(WEIGHTS):
                found.weight[0, k] = found.weight[1, k]
        if order == 0:
            found.best[count] = n
            count += 1
        peaceful = peaceful or found.weight[1, 0] == 0
        if peaceful and candidates >= wanted:
            break
    return count
