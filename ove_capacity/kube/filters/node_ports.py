"""NodePorts: a host port is free on a node, or it is not."""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.model.pod import HostPort
from ove_capacity.state.arrays import CLASH_LINKS

__all__ = ["REASON", "clash", "ports_free"]

REASON = "node(s) didn't have free ports for the requested pod ports"

_ANY = "0.0.0.0"


def clash(one: HostPort, other: HostPort) -> bool:
    """Whether two host ports cannot be held on one node.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, HostPortInfo.CheckConflict.
    """
    if one.port != other.port or one.protocol != other.protocol:
        return False
    return one.ip == other.ip or _ANY in (one.ip, other.ip)


@kernel
def ports_free(c: int, n: int, ports: Array, starts: Array, links: Array) -> bool:
    """Whether nobody on node *n* holds a port that class *c* needs.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeports/node_ports.go, Fits.
    """
    for i in range(starts[CLASH_LINKS, c], starts[CLASH_LINKS, c + 1]):
        if ports[n, links[i, 0]] > 0:
            return False
    return True
