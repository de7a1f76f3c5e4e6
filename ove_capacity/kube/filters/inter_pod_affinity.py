"""InterPodAffinity, required terms: of the pod itself, and of the pods that exist already."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.arrays import AFFINITY_LINKS

__all__ = ["AFFINITY_REASON", "ANTI_REASON", "EXISTING_REASON", "attracts", "repels"]

AFFINITY_REASON = "node(s) didn't match pod affinity rules"
ANTI_REASON = "node(s) didn't match pod anti-affinity rules"
EXISTING_REASON = "node(s) didn't satisfy existing pods anti-affinity rules"


@kernel
def attracts(
    c: int,
    n: int,
    self_match: int,
    starts: Array,
    links: Array,
    scope: Array,
    domain: Array,
    count: Array,
    entries: Array,
) -> bool:
    """Whether node *n* satisfies the required pod affinity of class *c*.

    The first pod of a group may go anywhere that has the keys: when no pod anywhere matches, and it
    matches its own terms.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    satisfyPodAffinity.
    """
    found = True
    nobody = True
    for i in range(starts[AFFINITY_LINKS, c], starts[AFFINITY_LINKS, c + 1]):
        k = links[i, 0]
        d = domain[scope[k, 0], n]
        if d < 0:
            return False
        if count[k, d] <= 0:
            found = False
        if entries[k] > 0:
            nobody = False
    return found or (nobody and self_match != 0)


@kernel
def repels(
    c: int,
    n: int,
    kind: int,
    starts: Array,
    links: Array,
    scope: Array,
    domain: Array,
    count: Array,
) -> bool:
    """Whether a counter of the kind (ANTI_LINKS, EXISTING_LINKS) holds a pod where node *n* stands.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    satisfyPodAntiAffinity and satisfyExistingPodsAntiAffinity.
    """
    for i in range(starts[kind, c], starts[kind, c + 1]):
        k = links[i, 0]
        d = domain[scope[k, 0], n]
        if d >= 0 and count[k, d] > 0:
            return True
    return False
