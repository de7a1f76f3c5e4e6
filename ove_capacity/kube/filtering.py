"""The filters in upstream's order, over one node or all of them.

Kernels take the same arrays in the same order: nodes, counters, classes, profile, scratch.

Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go.
"""

from __future__ import annotations

from ove_capacity.kernels.compile import kernel
from ove_capacity.kube.codes import (
    AFFINITY,
    ANTI_AFFINITY,
    CORDONED,
    EXISTING_ANTI_AFFINITY,
    FIT,
    NODE_GONE,
    NODE_LOST,
    NODE_NAME,
    NOT_PRESELECTED,
    PASS,
    PORTS,
)
from ove_capacity.kube.filters.inter_pod_affinity import attracts, repels
from ove_capacity.kube.filters.node_ports import ports_free
from ove_capacity.kube.filters.node_resources_fit import fits
from ove_capacity.kube.filters.pod_topology_spread import find_minima, spreads
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    EXISTING_LINKS,
    GONE,
    HARD_LINKS,
    READY,
    SELF_MATCH,
    STATIC_CODE,
    STATIC_ROW,
    TOLERATES_CORDON,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)

__all__ = ["check_node", "check_pods", "check_resources", "find_feasible", "prepare"]


@kernel
def check_resources(
    c: int, n: int, nodes: NodeArrays, classes: ClassArrays, profile: ProfileArrays
) -> int:
    """The filters that look at one node alone: everything up to NodeResourcesFit.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    if nodes.presence[n] == GONE:
        return NODE_GONE
    code = classes.static[STATIC_CODE, classes.facts[c, STATIC_ROW], n]
    if code == NOT_PRESELECTED:
        return NOT_PRESELECTED
    if nodes.cordoned[n] != 0 and classes.facts[c, TOLERATES_CORDON] == 0:
        return CORDONED
    if code == NODE_NAME:
        return NODE_NAME
    if nodes.presence[n] != READY:
        return NODE_LOST
    if code != PASS:
        return int(code)
    if not ports_free(c, n, nodes.ports, classes.starts, classes.links):
        return PORTS
    if not fits(c, n, classes.request, nodes.allocatable, nodes.requested, profile.ignored):
        return FIT
    return PASS


@kernel
def check_pods(
    c: int, n: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch
) -> int:
    """The filters behind them, which look at pods elsewhere; `prepare` has run for class *c*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    starts = classes.starts
    links = classes.links
    scope = counters.scope
    domain = counters.domain
    count = counters.held
    if starts[HARD_LINKS, c] < starts[HARD_LINKS, c + 1]:
        code = spreads(c, n, starts, links, scope, domain, count, scratch.hard_minimum)
        if code != PASS:
            return code
    itself = classes.facts[c, SELF_MATCH]
    if starts[AFFINITY_LINKS, c] < starts[AFFINITY_LINKS, c + 1] and not attracts(
        c, n, itself, starts, links, scope, domain, count, counters.entries
    ):
        return AFFINITY
    if repels(c, n, ANTI_LINKS, starts, links, scope, domain, count):
        return ANTI_AFFINITY
    if repels(c, n, EXISTING_LINKS, starts, links, scope, domain, count):
        return EXISTING_ANTI_AFFINITY
    return PASS


@kernel
def check_node(
    c: int,
    n: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """The first filter that rejects node *n* for class *c*; `prepare` has run for it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
    """
    code = check_resources(c, n, nodes, classes, profile)
    return code if code != PASS else check_pods(c, n, counters, classes, scratch)


@kernel
def prepare(c: int, counters: CounterArrays, classes: ClassArrays, scratch: Scratch) -> None:
    """What the filters of class *c* need to know of all nodes together.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/runtime/framework.go, RunPreFilterPlugins.
    """
    find_minima(
        c,
        classes.starts,
        classes.links,
        counters.scope,
        counters.domains,
        counters.held,
        counters.members,
        scratch.hard_minimum,
    )


@kernel
def find_feasible(
    c: int,
    wanted: int,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Write `Scratch.feasible`, ascending, and the codes; how many nodes passed.

    At most *wanted*: the search walks from where the last one stopped.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, findNodesThatPassFilters.
    """
    prepare(c, counters, classes, scratch)
    count = nodes.presence.shape[0]
    start = nodes.cursor[1]
    found = 0
    tried = 0
    for n in range(count):
        scratch.code[n] = NODE_GONE
    while tried < count and found < wanted:
        n = scratch.walk[(start + tried) % count]
        code = check_node(c, n, nodes, counters, classes, profile, scratch)
        scratch.code[n] = code
        if code == PASS:
            found += 1
        tried += 1
    if count > 0:
        nodes.cursor[1] = (start + tried) % count
    found = 0
    for n in range(count):
        if scratch.code[n] == PASS:
            scratch.feasible[found] = n
            found += 1
    return found
