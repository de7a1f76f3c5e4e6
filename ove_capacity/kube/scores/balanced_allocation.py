"""NodeResourcesBalancedAllocation: CPU and memory should be used in equal parts."""

from __future__ import annotations

import math

from ove_capacity.kernels.compile import Array, kernel

__all__ = ["balanced_score", "used_share"]


@kernel
def used_share(asked: int, requested: int, capacity: int) -> float:
    """Used share of a resource, at most 1; -1 when it plays no part.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, balancedResourceScorer.
    """
    if asked < 0 or capacity == 0:
        return -1.0
    return min(1.0, float(requested + asked) / float(capacity))


@kernel
def _balance(
    c: int,
    n: int,
    pods: int,
    balanced_request: Array,
    allocatable: Array,
    requested: Array,
    balanced: Array,
) -> int:
    """100 less the standard deviation of the used shares with *pods* (0 or 1) more, truncated.

    The sums run in resource order, as upstream's, because truncation shows the last bit.
    """
    total = 0.0
    parts = 0
    first = 0.0
    second = 0.0
    for b in range(balanced.shape[0]):
        r = balanced[b]
        asked = balanced_request[c, b]
        if asked > 0:
            asked *= pods
        share = used_share(asked, requested[n, r], allocatable[n, r])
        if share >= 0.0:
            first = second
            second = share
            total += share
            parts += 1
    deviation = 0.0
    if parts == 2:
        deviation = abs((first - second) / 2.0)
    elif parts > 2:
        mean = total / float(parts)
        squares = 0.0
        for b in range(balanced.shape[0]):
            r = balanced[b]
            asked = balanced_request[c, b]
            if asked > 0:
                asked *= pods
            share = used_share(asked, requested[n, r], allocatable[n, r])
            if share >= 0.0:
                squares += (share - mean) * (share - mean)
        deviation = math.sqrt(squares / float(parts))
    return int((1.0 - deviation) * 100.0)


@kernel
def balanced_score(
    c: int,
    n: int,
    gain: int,
    balanced_request: Array,
    allocatable: Array,
    requested: Array,
    balanced: Array,
) -> int:
    """Score 0..100: how evenly the resources would be used.

    With *gain* how much more evenly than without the pod, from 50 (worse) to 100. *balanced*
    (balanced resources,): columns.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, balancedResourceScorer; with *gain* v1.36.2.
    """
    score = _balance(c, n, 1, balanced_request, allocatable, requested, balanced)
    if gain == 0:
        return score
    before = _balance(c, n, 0, balanced_request, allocatable, requested, balanced)
    return 50 + (50 + score - before) // 2
