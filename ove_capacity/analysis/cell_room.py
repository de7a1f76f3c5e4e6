"""What each NUMA cell has, who holds it, what is free, and what of that no pinned VM can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ove_capacity.analysis.pinned import Pinned
from ove_capacity.kubelet import admit, out_of
from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.kubelet.node_state import Kubelet, NodeState
from ove_capacity.model.cpu_set import cpus_of
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.resources import CPU, MEMORY, PODS, Amounts
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["CellRoom", "Largest", "NodeRoom", "node_rooms"]


@dataclass(frozen=True, slots=True)
class CellRoom:
    """One cell. Memory and hugepages in bytes, by resource; empty where nobody books them."""

    cell: int
    cpus: int | None
    """That pods may have for themselves; None: the CPU manager is off."""
    free_cpus: int
    stranded_cpus: int
    """Free, and left over whichever of the shapes fills the node."""
    memory: Amounts = field(default_factory=FrozenMap)
    free_memory: Amounts = field(default_factory=FrozenMap)
    stranded_memory: Amounts = field(default_factory=FrozenMap)
    """Of hugepages only: ordinary memory is free to VMs that nobody books."""
    held_cpus: Mapping[str, int] = field(default_factory=FrozenMap)
    """Workload -> CPUs that its VMs have here for themselves."""
    held_memory: Mapping[str, Amounts] = field(default_factory=FrozenMap)
    """Workload -> memory and hugepages booked here."""
    bound_to: tuple[int, ...] = ()
    """Other cells that it shares allocations with, so that no VM of a single cell fits here."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "cell": self.cell,
            "cpus": self.cpus,
            "free_cpus": self.free_cpus,
            "stranded_cpus": self.stranded_cpus,
            "memory_bytes": dict(self.memory),
            "free_memory_bytes": dict(self.free_memory),
            "stranded_memory_bytes": dict(self.stranded_memory),
            "held_cpus": dict(self.held_cpus),
            "held_memory_bytes": {name: dict(each) for name, each in self.held_memory.items()},
            "bound_to": list(self.bound_to),
        }


class Largest(NamedTuple):
    """The largest pinned VM that a node's kubelet admits now."""

    vcpus: int
    refusal: str
    """Why one of a vCPU more is not admitted; "" if nothing larger was asked."""


@dataclass(frozen=True, slots=True)
class NodeRoom:
    """One node's cells."""

    node: str
    pool: str
    in_service: bool
    cells: tuple[CellRoom, ...]
    free_cpu_milli: int
    """Allocatable less requested, which is all that the scheduler sees."""
    free_memory_bytes: int
    largest: Largest | None
    """Of VMs like the pattern; None: its KubeVirt makes no pod of any size."""
    unplaced: int = 0
    """Pods that stood here already and fit into no cell by our books."""

    @property
    def free_cpus(self) -> int:
        """For pods alone, over all cells."""
        return sum(each.free_cpus for each in self.cells)

    @property
    def stranded_cpus(self) -> int:
        """Over all cells."""
        return sum(each.stranded_cpus for each in self.cells)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "node": self.node,
            "pool": self.pool,
            "in_service": self.in_service,
            "free_cpu_milli": self.free_cpu_milli,
            "free_memory_bytes": self.free_memory_bytes,
            "largest_vcpus": self.largest.vcpus if self.largest else None,
            "largest_refusal": self.largest.refusal if self.largest else "",
            "unplaced": self.unplaced,
            "cells": [each.to_dict() for each in self.cells],
        }


class _Desk(NamedTuple):
    """One node as its kubelet knows it, to try pods on."""

    kubelet: Kubelet
    state: NodeState
    allocatable: Amounts
    requested: Amounts

    def refusal(self, vm: Pinned) -> str:
        """Why it would not admit such a VM; empty: it would."""
        refusal = out_of(vm.request, self.allocatable, self.requested)
        if refusal is None:
            refusal = admit(self.kubelet, self.state, "asked", vm.demand).refusal
        return "" if refusal is None else f"{refusal.reason}: {refusal.message}"

    def filled(self, vm: Pinned) -> NodeState:
        """The books when it has admitted as many such VMs as it does."""
        state, requested, number = self.state, dict(self.requested), 0
        while out_of(vm.request, self.allocatable, requested) is None:
            admission = admit(self.kubelet, state, f"asked-{number}", vm.demand)
            if admission.refusal is not None:
                break
            state, number = admission.state, number + 1
            for name, amount in {PODS: 1, **vm.request}.items():
                requested[name] = requested.get(name, 0) + amount
        return state

    def largest(self, sizes: Mapping[int, Pinned]) -> Largest | None:
        """The largest of these sizes, by vCPUs, that is admitted.

        Every size is tried from the top: what a kubelet admits is not monotone, for a VM that must
        span cells may be admitted where a smaller one, which would not have to, is not.
        """
        last = ""
        if not sizes:
            return None
        free = self._free_cpus()
        for vcpus in sorted(sizes, reverse=True):
            if vcpus > free and last:
                continue
            refusal = self.refusal(sizes[vcpus])
            if not refusal:
                return Largest(vcpus, last)
            last = refusal
        return Largest(0, last)

    def _free_cpus(self) -> int:
        cpus = self.kubelet.cpus
        return cpus.free(self.state.shared).bit_count() if cpus else self.kubelet.topology.cpus


def node_rooms(
    state: ClusterState,
    kubelets: Kubelets,
    shapes: Sequence[Pinned],
    sizes: Mapping[int, Pinned],
    workloads: Mapping[int, str],
) -> tuple[NodeRoom, ...]:
    """Every node whose kubelet looks at cells.

    Args:
        state: the cluster.
        kubelets: its kubelets.
        shapes: what the rest of a cell must be good for, or it is stranded.
        sizes: vCPUs -> the VM of that size.
        workloads: row of a pod -> the workload it is told under.
    """
    return tuple(
        _of_node(state, kubelets, n, shapes, sizes, workloads)
        for n, kubelet in enumerate(kubelets.started)
        if kubelet is not None
    )


def _of_node(
    state: ClusterState,
    kubelets: Kubelets,
    n: int,
    shapes: Sequence[Pinned],
    sizes: Mapping[int, Pinned],
    workloads: Mapping[int, str],
) -> NodeRoom:
    kubelet, now = kubelets.started[n], kubelets.states[n]
    assert kubelet is not None
    assert now is not None
    has, held = (
        dict(zip(state.resources, row[n].tolist(), strict=True))
        for row in (state.allocatable, state.requested)
    )
    desk = _Desk(kubelet, now, has, held)
    left = [desk.filled(shape) for shape in shapes] or [now]
    count = len(kubelet.memory.tables) if kubelet.memory else max(kubelet.topology.cells) + 1
    cells = tuple(_of_cell(kubelet, now, left, cell, workloads) for cell in range(count))
    rows = [row for row in kubelets.unplaced if state.node_of(row) == n]
    node = state.nodes[n]
    return NodeRoom(
        node.name,
        node.pool,
        bool(state.alive[n]),
        cells,
        has[CPU] - held[CPU],
        has[MEMORY] - held[MEMORY],
        desk.largest(sizes),
        len(rows),
    )


def _of_cell(
    kubelet: Kubelet,
    now: NodeState,
    left: Sequence[NodeState],
    cell: int,
    workloads: Mapping[int, str],
) -> CellRoom:
    cpus, memory = kubelet.cpus, kubelet.memory
    own = kubelet.topology.cells.get(cell, 0)
    held_cpus: dict[str, int] = {}
    held_memory: dict[str, dict[str, int]] = {}
    names = memory.resources if memory else ()
    for key, holding in now.pods.items():
        name = workloads.get(int(key), "")
        if holding.cpus & own:
            held_cpus[name] = held_cpus.get(name, 0) + (holding.cpus & own).bit_count()
        for block in holding.blocks:
            part = dict(block.taken).get(cell, 0)
            if part:
                booked = held_memory.setdefault(name, {})
                booked[names[block.resource]] = booked.get(names[block.resource], 0) + part
    told = [r for r in range(len(names)) if memory and memory.allocatable[cell][r]]

    def free(state: NodeState) -> int:
        return (cpus.free(state.shared) & own).bit_count() if cpus else 0

    return CellRoom(
        cell,
        (cpus.free(kubelet.empty.shared) & own).bit_count() if cpus else None,
        free(now),
        min(map(free, left)),
        FrozenMap({names[r]: memory.allocatable[cell][r] for r in told} if memory else {}),
        FrozenMap({names[r]: now.memory[cell].free[r] for r in told}),
        FrozenMap(
            {
                names[r]: min(each.memory[cell].free[r] for each in left)
                for r in told
                if names[r] != MEMORY
            }
        ),
        FrozenMap(dict(sorted(held_cpus.items()))),
        FrozenMap({name: FrozenMap(held_memory[name]) for name in sorted(held_memory)}),
        tuple(other for other in cpus_of(now.memory[cell].group) if other != cell)
        if memory
        else (),
    )
