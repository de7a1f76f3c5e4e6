"""NodeResourcesFit: every amount asked for is still there. Pods count as a resource."""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.model.resources import PODS
from ove_capacity.state.arrays import ClassArrays, NodeArrays

__all__ = ["fits", "lacks", "reason"]


@kernel
def lacks(
    c: int, n: int, r: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> bool:
    """Whether node *n* is short of resource *r* for class *c*.

    A node that is over-committed still takes pods that ask for none of that resource.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    request = classes.request[c, r]
    return (
        request > 0
        and profile.ignored[r] == 0
        and request > nodes.allocatable[n, r] - nodes.requested[n, r]
    )


@kernel
def fits(c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays) -> bool:
    """Whether node *n* has room for class *c* in every resource.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    for r in range(classes.request.shape[1]):
        if classes.request[c, r] > 0 and lacks(c, n, r, nodes, classes, profile):
            return False
    return True


def reason(resource: str) -> str:
    """Upstream's words for a resource that is short.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """
    return "Too many pods" if resource == PODS else f"Insufficient {resource}"
