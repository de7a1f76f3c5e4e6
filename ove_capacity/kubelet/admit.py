"""Admission: what happens on a node after the scheduler has chosen it.

Containers are served in order: hints, merge, then devices, CPUs and memory. The first failure ends
the pod, and what it had got is given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from ove_capacity.kubelet.cpu_manager import allocate_cpus, cpu_hints
from ove_capacity.kubelet.demand import ContainerDemand, PodDemand
from ove_capacity.kubelet.devices import Pieces, allocate_devices, device_hints
from ove_capacity.kubelet.hint import Hint, Hints
from ove_capacity.kubelet.memory_cells import Block, Cells, give_back, hand_over
from ove_capacity.kubelet.memory_manager import MemoryManager, allocate_memory, memory_hints
from ove_capacity.kubelet.node_state import Kubelet, NodeState, PodHolding
from ove_capacity.kubelet.refusal import TOPOLOGY_AFFINITY_ERROR, Refusal, allocate_failed
from ove_capacity.kubelet.topology_manager import admits, merge

__all__ = ["Admission", "Admitted", "Asked", "admit", "release"]

_NO_HINT = Hint(None, False)
_MISALIGNED = Refusal(
    TOPOLOGY_AFFINITY_ERROR, "Resources cannot be allocated with Topology locality"
)
_NO_WHOLE_BYTES = allocate_failed("[memorymanager] failed to represent quantity as int64")
_PANIC = Refusal("", "runtime error: invalid memory address or nil pointer dereference")


class Asked(NamedTuple):
    """What one provider answered to the topology manager."""

    container: str
    """"" when it was asked for the pod."""
    provider: str
    """device, cpu or memory."""
    hints: Hints


class Admitted(NamedTuple):
    """What one container got."""

    name: str
    hint: Hint | None
    """The cells it was aligned to; None: the topology manager's policy is none."""
    is_init: bool = False
    """It ends before the next container starts."""
    cpus: int = 0
    """As a mask."""
    blocks: tuple[Block, ...] = ()
    """Memory by resource; an init container's are what later ones have left of them."""
    devices: Mapping[str, Pieces] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Admission:
    """The kubelet's verdict on a pod, and its node afterwards."""

    state: NodeState
    """Once all containers have been started; after a refusal, with everything given back."""
    refusal: Refusal | None = None
    containers: tuple[Admitted, ...] = ()
    """Init containers in order, then the others; () after a refusal."""
    asked: tuple[Asked, ...] = ()
    panicked: bool = False
    """The kubelet itself would crash: a cell has no entry for a hugepage size asked for."""


class _Desk:
    """An admission under way."""

    __slots__ = (
        "asked",
        "cells",
        "containers",
        "devices",
        "kubelet",
        "reusable_cpus",
        "reusable_devices",
        "reusable_memory",
        "shared",
    )

    def __init__(self, kubelet: Kubelet, state: NodeState) -> None:
        self.kubelet = kubelet
        self.shared, self.cells, self.devices = state.shared, state.memory, state.devices
        self.reusable_cpus = 0
        self.reusable_memory: dict[tuple[int, int], int] = {}
        self.reusable_devices: dict[str, Pieces] = {}
        self.containers: list[Admitted] = []
        self.asked: list[Asked] = []

    # -- hints

    def hint(self, demand: ContainerDemand, *, counts_memory: bool) -> Hint | Refusal:
        """The cells that all providers agree on."""
        kubelet, asked, name = self.kubelet, self.asked, demand.name
        assert kubelet.alignment is not None
        first = len(asked)
        devices = device_hints(
            kubelet.devices,
            self.devices,
            self.reusable_devices,
            demand.devices,
            kubelet.device_cells,
        )
        asked.append(Asked(name, "device", devices))
        cpus = None
        if kubelet.cpus is not None:
            cpus = cpu_hints(kubelet.cpus, self.shared, self.reusable_cpus, demand.cpus)
        asked.append(Asked(name, "cpu", cpus))
        memory = None
        if kubelet.memory is not None and counts_memory and demand.has_whole_bytes:
            if kubelet.memory.lacks(demand.memory):
                return _PANIC
            request = kubelet.memory.numbered(demand.memory)
            memory = memory_hints(kubelet.memory, self.cells, self.reusable_memory, request)
        asked.append(Asked(name, "memory", memory))
        merged = merge(kubelet.alignment, [each.hints for each in asked[first:]])
        return merged if admits(kubelet.alignment, merged) else _MISALIGNED

    # -- allocation

    def allocate(
        self, demand: ContainerDemand, hint: Hint | None, *, counts_memory: bool
    ) -> Refusal | None:
        """Devices, then CPUs, then memory for one container."""
        self.containers.append(Admitted(demand.name, hint, demand.is_init))
        aligned = hint or _NO_HINT
        refusal = self._take_devices(demand, aligned) or self._take_cpus(demand, aligned)
        if refusal is None and counts_memory and self.kubelet.memory is not None:
            refusal = self._take_memory(self.kubelet.memory, demand, aligned)
        return refusal

    def _got(self, **parts: Any) -> None:
        """Note what the container at the desk got."""
        self.containers[-1] = self.containers[-1]._replace(**parts)

    def _take_devices(self, demand: ContainerDemand, hint: Hint) -> Refusal | None:
        for name, count in demand.devices:
            if name not in self.kubelet.devices:
                continue
            total, free = self.kubelet.devices[name], self.devices[name]
            reusable = self.reusable_devices.get(name, {})
            taken = allocate_devices(name, total, free, reusable, count, hint.cells)
            if isinstance(taken, Refusal):
                return taken
            held = self.containers[-1].devices
            self._got(devices={**held, name: _plus(taken.reused, taken.fresh)})
            self.devices = {**self.devices, name: _plus(free, taken.fresh, -1)}
            left = (
                _plus(reusable, taken.fresh)
                if demand.is_init
                else _plus(reusable, taken.reused, -1)
            )
            self.reusable_devices = {**self.reusable_devices, name: left}
        return None

    def _take_cpus(self, demand: ContainerDemand, hint: Hint) -> Refusal | None:
        if self.kubelet.cpus is None or not demand.cpus:
            return None
        taken = allocate_cpus(
            self.kubelet.cpus, self.shared, self.reusable_cpus, demand.cpus, hint.cells
        )
        if isinstance(taken, Refusal):
            return taken
        self._got(cpus=taken)
        self.shared &= ~taken
        if demand.is_init:
            self.reusable_cpus |= taken
        else:
            self.reusable_cpus &= ~taken
        return None

    def _take_memory(
        self, manager: MemoryManager, demand: ContainerDemand, hint: Hint
    ) -> Refusal | None:
        if not demand.has_whole_bytes:
            return _NO_WHOLE_BYTES
        if manager.lacks(demand.memory):
            return _PANIC
        request = manager.numbered(demand.memory)
        taken = allocate_memory(manager, self.cells, self.reusable_memory, request, hint)
        if isinstance(taken, Refusal):
            return taken
        self.cells, blocks = taken
        reusable = self.reusable_memory
        for block in blocks:
            place = (block.cells, block.resource)
            left = reusable.get(place, 0)
            if demand.is_init:
                reusable[place] = max(left, block.bytes)
            elif left:
                reusable[place] = max(0, left - block.bytes)
        self._got(blocks=self._inherit(blocks))
        return None

    def _inherit(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Take off the blocks of earlier init containers what a later container uses again."""
        if not self.reusable_memory:
            return blocks
        return tuple(self._inherited(block) for block in blocks)

    def _inherited(self, block: Block) -> Block:
        left = block.bytes
        for position, earlier in enumerate(self.containers[:-1]):
            if not earlier.is_init:
                continue
            blocks = list(earlier.blocks)
            for number, giver in enumerate(blocks):
                if (giver.cells, giver.resource) == (block.cells, block.resource) and left:
                    blocks[number], wanted, moved = hand_over(giver, block._replace(bytes=left))
                    block = block._replace(taken=wanted.taken)
                    left -= moved
            self.containers[position] = earlier._replace(blocks=tuple(blocks))
        return block


def _plus(pieces: Pieces, more: Pieces, sign: int = 1) -> Pieces:
    if not more:
        return pieces
    return {
        cell: pieces.get(cell, 0) + sign * more.get(cell, 0)
        for cell in sorted(pieces.keys() | more.keys())
    }


def _serve(desk: _Desk, demand: PodDemand) -> Refusal | None:
    """Serve container after container, aligned each for itself or all alike."""
    alignment, counts_memory = desk.kubelet.alignment, demand.counts_memory
    hint: Hint | Refusal | None = None
    if alignment is not None and alignment.scope == "pod":
        hint = desk.hint(demand.total, counts_memory=counts_memory)
    for container in demand.containers:
        if alignment is not None and alignment.scope == "container":
            hint = desk.hint(container, counts_memory=counts_memory)
        if isinstance(hint, Refusal):
            return hint
        refusal = desk.allocate(container, hint, counts_memory=counts_memory)
        if refusal is not None:
            return refusal
    return None


def _given_back(kubelet: Kubelet, cells: Cells, blocks: tuple[Block, ...]) -> Cells:
    if kubelet.memory is None or not blocks:
        return cells
    return give_back(cells, blocks, kubelet.memory.allocatable, drift=kubelet.drift)


def _blocks(containers: list[Admitted], *, of_init: bool) -> tuple[Block, ...]:
    return tuple(block for each in containers if each.is_init == of_init for block in each.blocks)


def admit(kubelet: Kubelet, state: NodeState, key: str, demand: PodDemand) -> Admission:
    """Admit a pod under a *key* that no pod of the node has, or refuse it.

    Memory of init containers is free again afterwards, their CPUs only when the pod ends. Even a
    pod that is refused may leave its mark: what its first containers took of a group's memory comes
    back as upstream gives it back, and so do CPUs that they should not have got: where sockets are
    of unequal size upstream takes one for free that has as many free CPUs as the mean.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/topologymanager/scope_container.go and scope_pod.go,
    Admit; pkg/kubelet/cm/memorymanager/memory_manager.go, AddContainer.
    """
    assert key not in state.pods, f"{key} is admitted already"
    desk = _Desk(kubelet, state)
    refusal = _serve(desk, demand)
    asked = tuple(desk.asked)
    taken = 0
    for each in desk.containers:
        taken |= each.cpus
    if refusal is not None:
        # Upstream forgets its containers in the order of a map: most often that of the pod.
        blocks = tuple(block for each in desk.containers for block in each.blocks)
        if blocks or taken & ~state.shared:
            books = _given_back(kubelet, desk.cells, blocks)
            state = replace(state, shared=state.shared | taken, memory=books)
        return Admission(state, refusal, (), asked, refusal is _PANIC)
    passing = _blocks(desk.containers, of_init=True)
    staying = _blocks(desk.containers, of_init=False)
    cells = _given_back(kubelet, desk.cells, passing)
    held = {
        name: _plus(state.devices[name], free, -1)
        for name, free in desk.devices.items()
        if free is not state.devices[name]
    }
    holding = PodHolding(taken, staying, held)
    after = NodeState(desk.shared, cells, desk.devices, {**state.pods, key: holding})
    return Admission(after, None, tuple(desk.containers), asked)


def release(kubelet: Kubelet, state: NodeState, key: str) -> NodeState:
    """The state after a pod has ended; a pod that it does not know changes nothing.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_static.go and
    memorymanager/policy_static.go, RemoveContainer; devicemanager/manager.go,
    UpdateAllocatedDevices.
    """
    holding = state.pods.get(key)
    if holding is None:
        return state
    devices = dict(state.devices)
    for name, pieces in holding.devices.items():
        devices[name] = _plus(devices[name], pieces)
    return NodeState(
        state.shared | holding.cpus,
        _given_back(kubelet, state.memory, holding.blocks),
        devices,
        {other: held for other, held in state.pods.items() if other != key},
    )
