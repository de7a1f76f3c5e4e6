"""NodeResourcesFit's score: how much of the node would be left, or taken."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.profile import LEAST, MOST

__all__ = ["fit_score", "ratio_score"]

_FULL = 100


@kernel
def ratio_score(utilization: int, shape: Array) -> int:
    """The broken line of RequestedToCapacityRatio at a utilization in percent.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/helper/shape_score.go,
    BuildBrokenLinearFunction.
    """
    last = shape.shape[0] - 1
    for i in range(last + 1):
        if utilization <= shape[i, 0]:
            if i == 0:
                return int(shape[0, 1])
            rise = (shape[i, 1] - shape[i - 1, 1]) * (utilization - shape[i - 1, 0])
            run = shape[i, 0] - shape[i - 1, 0]
            # Go truncates toward zero, Python floors: it matters where the line falls.
            fall = -(-rise // run)
            return int(shape[i - 1, 1] + (rise // run if rise >= 0 else fall))
    return int(shape[last, 1])


@kernel
def fit_score(
    c: int,
    n: int,
    strategy: int,
    scored_request: Array,
    allocatable: Array,
    requested: Array,
    nonzero: Array,
    resource: Array,
    shape: Array,
) -> int:
    """Score 0..100 of node *n* for class *c*, by the profile's strategy.

    CPU and memory (columns 0 and 1) count with upstream's defaults for pods that ask for none.
    *resource* (score resources, 2): column and weight.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/resource_allocation.go
    and least_allocated.go, most_allocated.go, requested_to_capacity_ratio.go.
    """
    score = 0
    weights = 0
    for s in range(resource.shape[0]):
        asked = scored_request[c, s]
        r = resource[s, 0]
        capacity = allocatable[n, r]
        if asked < 0 or capacity == 0:
            continue
        used = asked + (nonzero[n, r] if r < 2 else requested[n, r])
        weight = resource[s, 1]
        if strategy == LEAST:
            part = (capacity - used) * 100 // capacity if used <= capacity else 0
        elif strategy == MOST:
            part = min(used, capacity) * 100 // capacity
        else:
            part = ratio_score(used * 100 // capacity if used <= capacity else _FULL, shape)
            if part <= 0:
                continue
        score += part * weight
        weights += weight
    if weights == 0:
        return 0
    if strategy > MOST:
        # Only the ratio is rounded, half up; the other two truncate.
        return int((2 * score + weights) // (2 * weights))
    return int(score // weights)
