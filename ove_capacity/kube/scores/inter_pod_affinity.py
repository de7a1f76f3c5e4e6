"""InterPodAffinity's score: preferred terms of the pod and of the pods that exist, both ways."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.arrays import ClassArrays, CounterArrays

__all__ = ["normalize_pull", "pull", "pulls_anywhere"]


@kernel
def pulls_anywhere(c: int, counters: CounterArrays, classes: ClassArrays) -> bool:
    """Whether any pod stands in any domain that class *c* cares for; otherwise PreScore skips.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/scoring.go, PreScore.
    """
    for i in range(classes.pull_start[c], classes.pull_start[c + 1]):
        if counters.entries[classes.pull_counter[i]] > 0:
            return True
    return False


@kernel
def pull(c: int, n: int, counters: CounterArrays, classes: ClassArrays) -> int:
    """Raw score of node *n*: what draws class *c* there less what keeps it away.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/scoring.go, Score.
    """
    score = 0
    for i in range(classes.pull_start[c], classes.pull_start[c + 1]):
        k = classes.pull_counter[i]
        d = counters.domain[counters.key[k], n]
        if d >= 0:
            score += classes.pull_weight[i] * counters.count[k, d]
    return score


@kernel
def normalize_pull(raw: Array, norm: Array, plugin: int, count: int) -> None:
    """0 for the least, 100 for the most; all 0 when they are equal. In upstream's order of floats.

    Rows *plugin* of (plugins, N) int64, the first *count* entries.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/scoring.go,
    NormalizeScore.
    """
    least = raw[plugin, 0]
    most = raw[plugin, 0]
    for i in range(1, count):
        least = min(least, raw[plugin, i])
        most = max(most, raw[plugin, i])
    for i in range(count):
        if most > least:
            share = float(raw[plugin, i] - least) / float(most - least)
            norm[plugin, i] = int(100.0 * share)
        else:
            norm[plugin, i] = 0
