"""PodTopologySpread, hard: no domain may run ahead of the emptiest by more than maxSkew."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.codes import PASS, SPREAD_LABEL, SPREAD_SKEW
from ove_capacity.state.arrays import HARD_LINKS

__all__ = ["LABEL_REASON", "SKEW_REASON", "find_minima", "spreads"]

SKEW_REASON = "node(s) didn't match pod topology spread constraints"
LABEL_REASON = "node(s) didn't match pod topology spread constraints (missing required label)"

_NO_DOMAIN = 2**31 - 1


@kernel
def find_minima(
    c: int,
    starts: Array,
    links: Array,
    scope: Array,
    domains: Array,
    count: Array,
    members: Array,
    hard_minimum: Array,
) -> None:
    """Write the fewest matching pods in any domain, for each hard constraint of class *c*.

    0 while there are fewer domains than minDomains. A domain exists through the eligible nodes.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/filtering.go,
    calPreFilterState and minMatchNum.
    """
    start = starts[HARD_LINKS, c]
    for i in range(start, starts[HARD_LINKS, c + 1]):
        k = links[i, 0]
        fewest = _NO_DOMAIN
        existing = 0
        for d in range(domains[scope[k, 0]]):
            if members[k, d] > 0:
                existing += 1
                fewest = min(fewest, count[k, d])
        hard_minimum[i - start] = 0 if existing < links[i, 3] else fewest


@kernel
def spreads(
    c: int,
    n: int,
    starts: Array,
    links: Array,
    scope: Array,
    domain: Array,
    count: Array,
    hard_minimum: Array,
) -> int:
    """PASS, SPREAD_LABEL or SPREAD_SKEW for node *n*; `find_minima` has run for class *c*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/filtering.go,
    Filter.
    """
    start = starts[HARD_LINKS, c]
    for i in range(start, starts[HARD_LINKS, c + 1]):
        k = links[i, 0]
        d = domain[scope[k, 0], n]
        if d < 0:
            return SPREAD_LABEL
        # A domain without eligible nodes does not exist, and counts 0 as upstream's missing key.
        skew = count[k, d] + links[i, 2] - hard_minimum[i - start]
        if skew > links[i, 1]:
            return SPREAD_SKEW
    return PASS
