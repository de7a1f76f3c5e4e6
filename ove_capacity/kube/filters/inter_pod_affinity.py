"""InterPodAffinity, required terms: of the pod itself, and of the pods that exist already."""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.codes import AFFINITY, ANTI_AFFINITY, EXISTING_ANTI_AFFINITY, PASS
from ove_capacity.state.arrays import ClassArrays, CounterArrays

__all__ = ["AFFINITY_REASON", "ANTI_REASON", "EXISTING_REASON", "attracts", "relates"]

AFFINITY_REASON = "node(s) didn't match pod affinity rules"
ANTI_REASON = "node(s) didn't match pod anti-affinity rules"
EXISTING_REASON = "node(s) didn't satisfy existing pods anti-affinity rules"


@kernel
def attracts(c: int, n: int, counters: CounterArrays, classes: ClassArrays) -> bool:
    """Whether node *n* satisfies the required pod affinity of class *c*.

    The first pod of a group may go anywhere that has the keys: when no pod anywhere matches, and it
    matches its own terms.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    satisfyPodAffinity.
    """
    found = True
    nobody = True
    for i in range(classes.affinity_start[c], classes.affinity_start[c + 1]):
        k = classes.affinity_counter[i]
        d = counters.domain[counters.key[k], n]
        if d < 0:
            return False
        if counters.count[k, d] <= 0:
            found = False
        if counters.entries[k] > 0:
            nobody = False
    return found or (nobody and classes.self_match[c] != 0)


@kernel
def relates(c: int, n: int, counters: CounterArrays, classes: ClassArrays) -> int:
    """PASS, AFFINITY, ANTI_AFFINITY or EXISTING_ANTI_AFFINITY for node *n*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    Filter.
    """
    if classes.affinity_start[c] < classes.affinity_start[c + 1] and not attracts(
        c, n, counters, classes
    ):
        return AFFINITY
    for i in range(classes.anti_start[c], classes.anti_start[c + 1]):
        k = classes.anti_counter[i]
        d = counters.domain[counters.key[k], n]
        if d >= 0 and counters.count[k, d] > 0:
            return ANTI_AFFINITY if i < classes.anti_split[c] else EXISTING_ANTI_AFFINITY
    return PASS
