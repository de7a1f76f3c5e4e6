"""PodTopologySpread's score: soft constraints, weighed by how many domains there are."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.arrays import SOFT_LINKS

__all__ = ["count_values", "crowding", "ignore_nodes", "normalize_crowding", "weigh_constraints"]

_MIN_START = (1 << 63) - 1


@kernel
def ignore_nodes(
    c: int,
    feasible: Array,
    found: int,
    starts: Array,
    links: Array,
    domain: Array,
    ignored: Array,
) -> int:
    """Mark the first *found* feasible nodes that lack a soft key of class *c*; how many are left.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState.
    """
    left = 0
    for j in range(found):
        n = feasible[j]
        ignored[n] = 0
        for i in range(starts[SOFT_LINKS, c], starts[SOFT_LINKS, c + 1]):
            if domain[links[i, 3], n] < 0:
                ignored[n] = 1
        left += 1 - ignored[n]
    return int(left)


@kernel
def count_values(
    key: int,
    feasible: Array,
    found: int,
    domains: Array,
    domain: Array,
    ignored: Array,
    seen: Array,
) -> int:
    """Distinct values of a topology key among the feasible nodes; lacking it is one value too.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState.
    """
    for d in range(domains[key]):
        seen[d] = 0
    values = 0
    lacking = 0
    for j in range(found):
        n = feasible[j]
        if ignored[n] != 0:
            continue
        d = domain[key, n]
        if d < 0:
            lacking = 1
        elif seen[d] == 0:
            seen[d] = 1
            values += 1
    return values + lacking


@kernel
def weigh_constraints(
    c: int,
    feasible: Array,
    found: int,
    left: int,
    starts: Array,
    links: Array,
    domains: Array,
    domain: Array,
    ignored: Array,
    seen: Array,
    logarithm: Array,
    soft_weight: Array,
) -> None:
    """Write the weight of each soft constraint of class *c*: ln(domains + 2).

    *left*: how many of the first *found* feasible nodes are not ignored.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    initPreScoreState and topologyNormalizingWeight.
    """
    start = starts[SOFT_LINKS, c]
    for i in range(start, starts[SOFT_LINKS, c + 1]):
        if links[i, 2] != 0:
            size = left
        else:
            size = count_values(links[i, 3], feasible, found, domains, domain, ignored, seen)
        soft_weight[i - start] = logarithm[size + 2]


@kernel
def crowding(
    c: int,
    n: int,
    starts: Array,
    links: Array,
    scope: Array,
    domain: Array,
    count: Array,
    soft_weight: Array,
) -> int:
    """Raw score of node *n*, not an ignored one, rounded half up: matching pods, weighted.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go, Score.
    """
    score = 0.0
    start = starts[SOFT_LINKS, c]
    for i in range(start, starts[SOFT_LINKS, c + 1]):
        if domain[links[i, 3], n] < 0:
            continue
        k = links[i, 0]
        d = domain[scope[k, 0], n]
        matching = float(count[k, d])
        score += matching * soft_weight[i - start] + float(links[i, 1] - 1)
    whole = int(score)
    return whole + 1 if score - float(whole) >= 0.5 else whole


@kernel
def normalize_crowding(
    raw: Array, norm: Array, plugin: int, found: int, feasible: Array, ignored: Array
) -> None:
    """100 * (max + min - raw) / max; ignored nodes 0; all 100 when max is 0.

    Rows *plugin* of (plugins, N) int64, the first *found* entries.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/scoring.go,
    NormalizeScore.
    """
    least = _MIN_START
    most = 0
    for i in range(found):
        if ignored[feasible[i]] == 0:
            least = min(least, raw[plugin, i])
            most = max(most, raw[plugin, i])
    for i in range(found):
        if ignored[feasible[i]] != 0:
            norm[plugin, i] = 0
        elif most == 0:
            norm[plugin, i] = 100
        else:
            norm[plugin, i] = 100 * (most + least - raw[plugin, i]) // most
