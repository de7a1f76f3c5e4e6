"""A kubelet as it was started, and what its managers know at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.kubelet.cpu_manager import CpuManager, cpu_manager
from ove_capacity.kubelet.cpu_topology import CpuTopology, cpu_topology
from ove_capacity.kubelet.devices import Pieces
from ove_capacity.kubelet.memory_cells import Block, Cells
from ove_capacity.kubelet.memory_manager import MemoryManager, memory_manager
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.kubelet.topology_manager import TopologyManager, topology_manager
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.machine import Machine
from ove_capacity.model.resources import Amounts

__all__ = ["Kubelet", "NodeState", "PodHolding", "start"]


@dataclass(frozen=True, slots=True)
class PodHolding:
    """What an admitted pod holds, so that it can give it back."""

    cpus: int = 0
    """As a mask."""
    blocks: tuple[Block, ...] = ()
    devices: Mapping[str, Pieces] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the managers know; a value: admitting a pod makes another."""

    shared: int = 0
    """CPUs of the shared pool, as a mask; with the CPU manager's policy none: 0."""
    memory: Cells = ()
    devices: Mapping[str, Pieces] = field(default_factory=dict)
    """Free ones."""
    pods: Mapping[str, PodHolding] = field(default_factory=dict)
    """By the key with which they were admitted."""


@dataclass(frozen=True, slots=True)
class Kubelet:
    """One node's kubelet, as it was started; None for a manager whose policy is none."""

    machine: Machine
    topology: CpuTopology
    cpus: CpuManager | None
    memory: MemoryManager | None
    alignment: TopologyManager | None
    devices: Mapping[str, Pieces] = field(default_factory=dict)
    """All of them."""
    device_cells: tuple[int, ...] = ()
    """The cells that hints for devices name; (): those that have some."""
    drift: bool = True
    """Give memory of groups back as upstream does, in order of cells; False: where it was."""

    @property
    def empty(self) -> NodeState:
        """The state before any pod."""
        return NodeState(
            self.cpus.shared if self.cpus else 0,
            self.memory.cells if self.memory else (),
            self.devices,
        )


def start(
    machine: Machine,
    config: KubeletConfig,
    kept: Amounts | None = None,
    *,
    rules: KubeletRules = LATEST,
    drift: bool = True,
) -> Kubelet:
    """Start the managers of a machine's kubelet.

    Args:
        machine: what it runs on.
        config: its configuration.
        kept: what kube, system and eviction keep (``cpu`` in milli-cores, memory and hugepages in
            bytes); what is not in it is taken to agree with the configuration.
        rules: those of its release.
        drift: False leaves out a bug of upstream (see `Kubelet.drift`).

    Raises:
        StartError: the kubelet would not start; in its words.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/container_manager_linux.go, NewContainerManager.
    """
    kept = kept or {}
    topology = cpu_topology(machine)
    alignment = topology_manager(config, machine, rules)
    cpus = cpu_manager(config, topology, kept, rules)
    memory = memory_manager(config, machine, kept, rules)
    everywhere = tuple(cell.number for cell in machine.cells)
    named = () if rules.hints_where_devices_are else everywhere
    return Kubelet(machine, topology, cpus, memory, alignment, machine.devices, named, drift)
