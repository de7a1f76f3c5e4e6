"""PodTopologySpread's score: soft constraints, weighed by how many domains there are."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import ClassArrays, CounterArrays

__all__ = ["count_values", "crowding", "ignore_nodes", "normalize_crowding", "weigh_constraints"]

_MIN_START = (1 << 63) - 1


@kernel
def ignore_nodes(
    c: int, count: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> int:
    """Mark the feasible nodes that lack a soft key of class *c*; how many are left.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState.
    """
    left = 0
    for j in range(count):
        n = scratch.feasible[j]
        ignored = 0
        if classes.needs_all_keys[c] != 0:
            for i in range(classes.soft_start[c], classes.soft_start[c + 1]):
                if counters.domain[classes.soft_rule[i, 2], n] < 0:
                    ignored = 1
        scratch.ignored[n] = ignored
        left += 1 - ignored
    return left


@kernel
def count_values(key: int, count: int, counters: CounterArrays, scratch: Scratch) -> int:
    """Distinct values of a topology key among the feasible nodes; lacking it is one value too.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState.
    """
    for d in range(counters.domains[key]):
        scratch.seen[d] = 0
    values = 0
    lacking = 0
    for j in range(count):
        n = scratch.feasible[j]
        if scratch.ignored[n] != 0:
            continue
        d = counters.domain[key, n]
        if d < 0:
            lacking = 1
        elif scratch.seen[d] == 0:
            scratch.seen[d] = 1
            values += 1
    return values + lacking


@kernel
def weigh_constraints(
    c: int, count: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> None:
    """Write the weight of each soft constraint of class *c*: ln(domains + 2).

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState and topologyNormalizingWeight.
    """
    left = ignore_nodes(c, count, counters, classes, scratch)
    start = classes.soft_start[c]
    for i in range(start, classes.soft_start[c + 1]):
        if classes.soft_rule[i, 1] != 0:
            size = left
        else:
            size = count_values(classes.soft_rule[i, 2], count, counters, scratch)
        scratch.soft_weight[i - start] = scratch.logarithm[size + 2]


@kernel
def crowding(
    c: int, n: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> int:
    """Raw score of node *n*, rounded half up: matching pods by constraint, weighted.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go, Score.
    """
    if scratch.ignored[n] != 0:
        return 0
    score = 0.0
    start = classes.soft_start[c]
    for i in range(start, classes.soft_start[c + 1]):
        if counters.domain[classes.soft_rule[i, 2], n] < 0:
            continue
        k = classes.soft_counter[i]
        d = counters.domain[counters.key[k], n]
        matching = float(counters.count[k, d])
        score += matching * scratch.soft_weight[i - start] + float(classes.soft_rule[i, 0] - 1)
    whole = int(score)
    return whole + 1 if score - float(whole) >= 0.5 else whole


@kernel
def normalize_crowding(raw: Array, norm: Array, plugin: int, count: int, scratch: Scratch) -> None:
    """100 * (max + min - raw) / max; ignored nodes 0; all 100 when max is 0.

    Rows *plugin* of (plugins, N) int64, the first *count* entries.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    NormalizeScore.
    """
    least = _MIN_START
    most = 0
    for i in range(count):
        if scratch.ignored[scratch.feasible[i]] == 0:
            least = min(least, raw[plugin, i])
            most = max(most, raw[plugin, i])
    for i in range(count):
        if scratch.ignored[scratch.feasible[i]] != 0:
            norm[plugin, i] = 0
        elif most == 0:
            norm[plugin, i] = 100
        else:
            norm[plugin, i] = 100 * (most + least - raw[plugin, i]) // most
