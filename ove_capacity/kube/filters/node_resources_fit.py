"""NodeResourcesFit: every amount asked for is still there. Pods count as a resource."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.model.resources import PODS

__all__ = ["fits", "lacks", "reason"]


@kernel
def lacks(request: int, allocatable: int, requested: int) -> bool:
    """Whether a node is short of a resource.

    A node that is over-committed still takes pods that ask for none of that resource.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    return request > 0 and request > allocatable - requested


@kernel
def fits(
    c: int, n: int, request: Array, allocatable: Array, requested: Array, ignored: Array
) -> bool:
    """Whether node *n* has room for class *c* in every resource that is not ignored.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    for r in range(request.shape[1]):
        asked = request[c, r]
        # Most pods ask for few of the resources there are.
        if asked > 0 and lacks(asked, allocatable[n, r], requested[n, r]) and ignored[r] == 0:
            return False
    return True


def reason(resource: str) -> str:
    """Upstream's words for a resource that is short.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    return "Too many pods" if resource == PODS else f"Insufficient {resource}"
