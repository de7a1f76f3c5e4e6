"""The Static memory manager: memory and hugepages of Guaranteed pods, cell by cell.

A cell serves single-cell allocations or those of one group of cells, never both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ove_capacity.kubelet.hint import Hint, Hints, cell_masks
from ove_capacity.kubelet.memory_cells import Block, CellMemory, Cells, book
from ove_capacity.kubelet.refusal import Refusal, allocate_failed
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import cpus_of, mask_of
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Machine, NumaCell
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY, Amounts
from ove_capacity.quantity import Notation, Quantity, memory_bytes

__all__ = [
    "MemoryManager",
    "MemoryRequest",
    "MemoryTable",
    "Reusable",
    "allocate_memory",
    "memory_hints",
    "memory_manager",
]

MemoryRequest = tuple[tuple[int, int], ...]
"""(resource by number, bytes), sorted by the resource's name."""

Reusable = Mapping[tuple[int, int], int]
"""(cells, resource) -> bytes that init containers of the same pod have left there."""


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """One resource of one cell, in bytes."""

    total: int
    system_reserved: int
    allocatable: int


@dataclass(frozen=True, slots=True)
class MemoryManager:
    """The manager as it was started."""

    resources: tuple[str, ...]
    """``memory`` and ``hugepages-<size>``, sorted: what a resource's number means."""
    tables: tuple[Mapping[str, MemoryTable], ...]
    """By cell: resource -> what there is."""
    allocatable: tuple[tuple[int, ...], ...]
    """By cell and resource, in bytes."""
    masks: tuple[tuple[int, int], ...]
    """(cells, how many) of every set of cells."""
    sums: tuple[tuple[int, ...], ...]
    """By resource and mask: what the cells have together, in bytes."""
    guards_groups: bool = True
    """See `KubeletRules.guards_groups`."""

    @property
    def cells(self) -> Cells:
        """The books of an empty node."""
        return tuple(
            CellMemory(1 << number, 0, free) for number, free in enumerate(self.allocatable)
        )

    def lacks(self, request: tuple[tuple[str, int], ...]) -> bool:
        """Whether a cell has no entry for a resource asked for; upstream's kubelet panics then."""
        return any(name not in table for table in self.tables for name, _ in request)

    def numbered(self, request: tuple[tuple[str, int], ...]) -> MemoryRequest:
        """The request with numbers for names; no cell may lack one."""
        return tuple((self.resources.index(name), amount) for name, amount in request)


def _kept(reserved: Sequence[ReservedMemory], cell: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in reserved:
        if entry.cell == cell:
            found.update(entry.limits)
    return found


def _tables(cell: NumaCell, kept: Mapping[str, int]) -> dict[str, MemoryTable]:
    tables = {}
    for size, pages in cell.hugepages.items():
        name = HUGEPAGES_PREFIX + size
        total = memory_bytes(size) * pages
        tables[name] = MemoryTable(total, kept.get(name, 0), total - kept.get(name, 0))
    huge = sum(table.total for table in tables.values())
    own = kept.get(MEMORY, 0)
    tables[MEMORY] = MemoryTable(cell.memory_bytes, own, cell.memory_bytes - own - huge)
    for name, table in tables.items():
        if table.allocatable < 0:  # upstream's unsigned numbers wrap round to 16 EiB
            raise StartError(
                f"NUMA cell {cell.number} has {table.total} bytes of {name}: too few for "
                f"{table.system_reserved} reserved and the hugepages"
            )
    return dict(sorted(tables.items()))


def _check_reserved(machine: Machine, reserved: Sequence[ReservedMemory], kept: Amounts) -> None:
    cells = {cell.number for cell in machine.cells}
    totals: dict[str, int] = {}
    for entry in reserved:
        if entry.cell not in cells:
            raise StartError(
                f"the reserved memory configuration references a NUMA node {entry.cell} that does "
                "not exist on this machine"
            )
        for name, amount in entry.limits.items():
            totals[name] = totals.get(name, 0) + amount
    if MEMORY in kept:
        named = {n for n in kept if n == MEMORY or n.startswith(HUGEPAGES_PREFIX)}
        for name in sorted(named | totals.keys()):
            total, needed = totals.get(name, 0), kept.get(name, 0)
            if total != needed:
                shown = [Quantity.of(each, Notation.BINARY) for each in (total, needed)]
                raise StartError(
                    f'the total amount "{shown[0]}" of type "{name}" is not equal to the value '
                    f'"{shown[1]}" determined by Node Allocatable feature'
                )
    if totals.get(MEMORY, 0) <= 0:
        raise StartError("[memorymanager] you should specify the system reserved memory")


def memory_manager(
    config: KubeletConfig, machine: Machine, kept: Amounts, rules: KubeletRules = LATEST
) -> MemoryManager | None:
    """The memory manager of this configuration; None when its policy is None.

    *kept*: what kube, system and eviction keep, in bytes; without ``memory`` in it, reserved
    memory is taken to sum up.

    Raises:
        StartError: the policy is unknown, or reserved memory does not suit machine and sum.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/memory_manager.go, NewManager and
    validateReservedMemory; policy_static.go, getDefaultMachineState.
    """
    if config.memory_manager_policy == "None":
        return None
    if config.memory_manager_policy == "BestEffort":
        raise StartError('policy "BestEffort" is not available for platform "linux"')
    if config.memory_manager_policy != "Static":
        raise StartError(f'unknown policy: "{config.memory_manager_policy}"')
    _check_reserved(machine, config.reserved_memory, kept)
    tables = tuple(
        _tables(cell, _kept(config.reserved_memory, cell.number)) for cell in machine.cells
    )
    resources = tuple(sorted({name for table in tables for name in table}))
    empty = MemoryTable(0, 0, 0)
    allocatable = tuple(
        tuple(table.get(name, empty).allocatable for name in resources) for table in tables
    )
    return MemoryManager(
        resources,
        tables,
        allocatable,
        tuple((mask, mask.bit_count()) for mask in cell_masks(range(len(tables)))),
        tuple(tuple(_sums(by_cell)) for by_cell in zip(*allocatable, strict=True)),
        rules.guards_groups,
    )


def _sums(amounts: Sequence[int]) -> list[int]:
    """What every set of cells has together, by its mask."""
    sums = [0]
    for amount in amounts:
        sums += [each + amount for each in sums]
    return sums


def _mixes(cells: Cells, used: int, mask: int) -> bool:
    """Whether one of several cells already serves single-cell allocations or another group."""
    left = used & mask
    while left:
        lowest = left & -left
        if cells[lowest.bit_length() - 1].group != mask:
            return True
        left ^= lowest
    return False


def _used(cells: Cells) -> int:
    return mask_of(number for number, cell in enumerate(cells) if cell.assignments)


def _masks_with_room(
    manager: MemoryManager, cells: Cells, reusable: Reusable, request: MemoryRequest
) -> tuple[Hint, ...]:
    """Sets of cells that can serve the request; preferred are the smallest that ever could."""
    wanted = [
        (resource, amount, manager.sums[resource], _sums([cell.free[resource] for cell in cells]))
        for resource, amount in request
    ]
    used, fewest = _used(cells), len(cells)
    found = []
    for mask, size in manager.masks:
        for _, amount, allocatable, _ in wanted:
            if allocatable[mask] < amount:
                break
        else:
            fewest = min(fewest, size)
            if size == 1:
                if cells[mask.bit_length() - 1].group != mask:
                    continue
            elif used & mask and _mixes(cells, used, mask):
                continue
            for resource, amount, _, free in wanted:
                if free[mask] + reusable.get((mask, resource), 0) < amount:
                    break
            else:
                found.append((mask, size))
    return tuple(Hint(mask, size == fewest) for mask, size in found)


def memory_hints(
    manager: MemoryManager, cells: Cells, reusable: Reusable, request: MemoryRequest
) -> Hints:
    """Sets of cells for all resources of a request alike.

    When none has room the result is empty, which means no preference: the pod passes the topology
    manager and fails when memory is allocated.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/policy_static.go, calculateHints.
    """
    hints = _masks_with_room(manager, cells, reusable, request)
    return {manager.resources[resource]: hints for resource, _ in request} if hints else {}


def _best(hints: Sequence[Hint]) -> Hint:
    """Preferred first, then on few cells, then the lower mask."""
    return min(
        hints,
        key=lambda hint: (not hint.preferred, (hint.cells or 0).bit_count(), hint.cells or 0),
    )


def _choose(
    manager: MemoryManager, cells: Cells, reusable: Reusable, request: MemoryRequest, hint: Hint
) -> int | str:
    """The cells to take memory from, or what went wrong."""
    if hint.cells is None:
        hints = _masks_with_room(manager, cells, reusable, request)
        if not hints or not request:
            return (
                "[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with "
                "enough memory is available"
            )
        best = _best(hints)
        if hint.preferred and not best.preferred:
            return "[memorymanager] failed to find the default preferred hint"
        hint = best
    mask = hint.cells or 0
    members = tuple(cpus_of(mask))
    if any(
        sum([cells[number].free[resource] for number in members]) < amount
        for resource, amount in request
    ):
        hints = _masks_with_room(manager, cells, reusable, request)
        wider = [each for each in hints if not mask & ~(each.cells or 0)]
        if not wider:
            return "[memorymanager] failed to find NUMA nodes to extend the current topology hint"
        best = _best(wider)
        if hint.preferred and not best.preferred:
            return "[memorymanager] failed to find the extended preferred hint"
        mask = best.cells or 0
    if manager.guards_groups and mask.bit_count() > 1 and _mixes(cells, _used(cells), mask):
        return "[memorymanager] preferred hint violates NUMA node allocation"
    return mask


def allocate_memory(
    manager: MemoryManager, cells: Cells, reusable: Reusable, request: MemoryRequest, hint: Hint
) -> tuple[Cells, tuple[Block, ...]] | Refusal:
    """The books after a container took its memory, and its blocks, by name of resource.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/policy_static.go, Allocate.
    """
    mask = _choose(manager, cells, reusable, request, hint)
    if isinstance(mask, str):
        return allocate_failed(mask)
    blocks = []
    for resource, amount in request:
        needed = max(0, amount - reusable.get((mask, resource), 0))
        cells, block = book(cells, Block(mask, resource, amount), needed)
        blocks.append(block)
    return cells, tuple(blocks)
