"""InterPodAffinity's score: preferred terms of the pod and of the pods that exist, both ways."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.arrays import PULL_LINKS

__all__ = ["normalize_pull", "pull", "pulls_anywhere"]


@kernel
def pulls_anywhere(c: int, starts: Array, links: Array, entries: Array) -> bool:
    """Whether any pod stands in any domain that class *c* cares for; otherwise PreScore skips.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/scoring.go,
    PreScore.
    """
    for i in range(starts[PULL_LINKS, c], starts[PULL_LINKS, c + 1]):
        if entries[links[i, 0]] > 0:
            return True
    return False


@kernel
def pull(
    c: int, n: int, starts: Array, links: Array, scope: Array, domain: Array, count: Array
) -> int:
    """Raw score of node *n*: what draws class *c* there less what keeps it away.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/scoring.go, Score.
    """
    score = 0
    for i in range(starts[PULL_LINKS, c], starts[PULL_LINKS, c + 1]):
        k = links[i, 0]
        d = domain[scope[k, 0], n]
        if d >= 0:
            score += links[i, 1] * count[k, d]
    return int(score)


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
