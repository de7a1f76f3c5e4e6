"""What a node publishes of its cells: its NodeResourceTopology."""

from __future__ import annotations

from ove_capacity.kubelet.node_state import Kubelet, NodeState
from ove_capacity.model.node_resource_topology import NodeResourceTopology, NumaZone
from ove_capacity.model.resources import CPU, MEMORY, ResourceList
from ove_capacity.quantity import Notation, Quantity

__all__ = ["node_resource_topology"]


def _available(kubelet: Kubelet, state: NodeState, cell: int) -> ResourceList:
    cpus = kubelet.topology.cells.get(cell, 0)
    free = cpus if kubelet.cpus is None else kubelet.cpus.free(state.shared) & cpus
    found = {CPU: Quantity.of(free.bit_count())}
    if kubelet.memory is None:
        found[MEMORY] = Quantity.of(kubelet.machine.cells[cell].memory_bytes, Notation.BINARY)
    else:
        books = zip(kubelet.memory.resources, state.memory[cell].free, strict=True)
        found |= {name: Quantity.of(amount, Notation.BINARY) for name, amount in books}
    for name, pieces in state.devices.items():
        if cell in kubelet.devices[name]:
            found[name] = Quantity.of(pieces.get(cell, 0))
    return found


def node_resource_topology(kubelet: Kubelet, state: NodeState) -> NodeResourceTopology:
    """The object of a node in this state.

    CPUs are those that may still be handed out alone; memory and hugepages are the memory
    manager's, or, where that is off, all memory of the cell.

    Source: k8stopologyawareschedwg/resource-topology-exporter pkg/resourcemonitor, which reads the
    kubelet's pod resources API; memory without its manager is ours: the exporter reports none, and
    the plugin then refuses every pod that asks for some.
    """
    alignment = kubelet.alignment
    attributes = {
        "topologyManagerPolicy": alignment.policy if alignment else "none",
        "topologyManagerScope": alignment.scope if alignment else "container",
    }
    zones = tuple(
        NumaZone(n, _available(kubelet, state, n), dict(enumerate(cell.distances)))
        for n, cell in enumerate(kubelet.machine.cells)
    )
    return NodeResourceTopology(zones, attributes)
