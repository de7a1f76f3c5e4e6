"""PodTopologySpread, hard constraints: no domain may run ahead of the emptiest by more than maxSkew."""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.codes import PASS, SPREAD_LABEL, SPREAD_SKEW
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import ClassArrays, CounterArrays

__all__ = ["LABEL_REASON", "SKEW_REASON", "find_minima", "spreads"]

SKEW_REASON = "node(s) didn't match pod topology spread constraints"
LABEL_REASON = "node(s) didn't match pod topology spread constraints (missing required label)"

_NO_DOMAIN = 2**31 - 1


@kernel
def find_minima(c: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch) -> None:
    """The fewest matching pods in any domain, for each hard constraint of class *c*.

    0 while there are fewer domains than minDomains. A domain exists through the eligible nodes.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/filtering.go,
    calPreFilterState and minMatchNum.
    """
    start = classes.hard_start[c]
    for i in range(start, classes.hard_start[c + 1]):
        k = classes.hard_counter[i]
        fewest = _NO_DOMAIN
        domains = 0
        for d in range(counters.domains[counters.key[k]]):
            if counters.members[k, d] > 0:
                domains += 1
                fewest = min(fewest, counters.count[k, d])
        scratch.hard_minimum[i - start] = 0 if domains < classes.hard_limit[i, 2] else fewest


@kernel
def spreads(
    c: int,
    n: int,
    counters: CounterArrays,
    classes: ClassArrays,
    scratch: Scratch,
) -> int:
    """PASS, SPREAD_LABEL or SPREAD_SKEW for node *n*; `find_minima` has run for class *c*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/filtering.go,
    Filter.
    """
    start = classes.hard_start[c]
    for i in range(start, classes.hard_start[c + 1]):
        k = classes.hard_counter[i]
        d = counters.domain[counters.key[k], n]
        if d < 0:
            return SPREAD_LABEL
        # A domain without eligible nodes does not exist, and counts 0 as upstream's missing key does.
        skew = counters.count[k, d] + classes.hard_limit[i, 1] - scratch.hard_minimum[i - start]
        if skew > classes.hard_limit[i, 0]:
            return SPREAD_SKEW
    return PASS
