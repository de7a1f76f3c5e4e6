"""NodeResourcesBalancedAllocation: CPU and memory should be used in equal parts."""

from __future__ import annotations

import math

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.state.arrays import ClassArrays, NodeArrays

__all__ = ["balanced_score", "used_fraction"]


@kernel
def used_fraction(
    c: int, n: int, b: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> float:
    """Used share of the b-th balanced resource, at most 1; -1 when it plays no part.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, balancedResourceScorer.
    """
    asked = classes.balanced_request[c, b]
    r = profile.balanced[b]
    capacity = nodes.allocatable[n, r]
    if asked < 0 or capacity == 0:
        return -1.0
    return min(1.0, float(nodes.requested[n, r] + asked) / float(capacity))


@kernel
def balanced_score(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """Score 0..100: 100 less the standard deviation of the used shares, in percent, truncated.

    The sums run in resource order, as upstream's, because truncation shows the last bit.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    balanced_allocation.go, balancedResourceScorer.
    """
    total = 0.0
    parts = 0
    first = 0.0
    second = 0.0
    for b in range(profile.balanced.shape[0]):
        share = used_fraction(c, n, b, nodes, classes, profile)
        if share >= 0.0:
            first, second = second, share
            total += share
            parts += 1
    deviation = 0.0
    if parts == 2:
        deviation = abs((first - second) / 2.0)
    elif parts > 2:
        mean = total / float(parts)
        squares = 0.0
        for b in range(profile.balanced.shape[0]):
            share = used_fraction(c, n, b, nodes, classes, profile)
            if share >= 0.0:
                squares += (share - mean) * (share - mean)
        deviation = math.sqrt(squares / float(parts))
    return int((1.0 - deviation) * 100.0)
