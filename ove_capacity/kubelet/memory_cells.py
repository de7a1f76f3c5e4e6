"""The books of the memory manager: what each cell has left, and who took what from where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from ove_capacity.model.cpu_set import cpus_of

__all__ = ["Block", "CellMemory", "Cells", "book", "give_back", "hand_over"]


class CellMemory(NamedTuple):
    """The books of one cell."""

    group: int
    """The cells it shares allocations with, itself among them, as a mask."""
    assignments: int
    """Containers times resources that hold a part of it."""
    free: tuple[int, ...]
    """Bytes by resource, in the manager's order; where there is none, 0."""


Cells: TypeAlias = tuple[CellMemory, ...]


class Block(NamedTuple):
    """What one container holds of one resource."""

    cells: int
    """As a mask."""
    resource: int
    """By number, in the manager's order."""
    bytes: int
    taken: tuple[tuple[int, int], ...] = ()
    """(cell, bytes): where it was taken from, which upstream forgets."""


def book(cells: Cells, block: Block, needed: int) -> tuple[Cells, Block]:
    """Take *needed* bytes for a block from its cells, lowest first; a block of 0 counts, too.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/policy_static.go, updateMachineState.
    """
    after = list(cells)
    taken = []
    for number in cpus_of(block.cells):
        cell = after[number]
        free = cell.free
        part = min(free[block.resource], needed)
        if part > 0:
            needed -= part
            taken.append((number, part))
            free = _with(free, block.resource, free[block.resource] - part)
        after[number] = CellMemory(block.cells, cell.assignments + 1, free)
    return tuple(after), block._replace(taken=tuple(taken))


def give_back(
    cells: Cells, blocks: Iterable[Block], allocatable: tuple[tuple[int, ...], ...], *, drift: bool
) -> Cells:
    """Return blocks.

    With *drift*, as upstream: each is given to the lowest of its cells that owes anything, not to
    the one it was taken from, so that the books of a group no longer say where memory is.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/policy_static.go, RemoveContainer.
    """
    after = list(cells)
    for block in blocks:
        left = block.bytes
        taken = dict(block.taken)
        for number in cpus_of(block.cells):
            cell = after[number]
            owed = allocatable[number][block.resource] - cell.free[block.resource]
            part = min(owed, left) if drift else taken.get(number, 0)
            left -= part
            free = cell.free
            if part:
                free = _with(free, block.resource, free[block.resource] + part)
            assignments = cell.assignments - 1
            group = cell.group if assignments else 1 << number
            after[number] = CellMemory(group, assignments, free)
    return tuple(after)


def hand_over(giver: Block, taker: Block) -> tuple[Block, Block, int]:
    """Let a container use what an init container before it has left: both blocks, and how much.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/memorymanager/policy_static.go,
    updateInitContainersMemoryBlocks; where the bytes are goes along with them.
    """
    moved = min(giver.bytes, taker.bytes)
    kept, got, left = [], dict(taker.taken), moved
    for number, part in giver.taken:
        gone = min(part, left)
        left -= gone
        if gone:
            got[number] = got.get(number, 0) + gone
        if part > gone:
            kept.append((number, part - gone))
    return (
        giver._replace(bytes=giver.bytes - moved, taken=tuple(kept)),
        taker._replace(taken=tuple(sorted(got.items()))),
        moved,
    )


def _with(free: tuple[int, ...], resource: int, amount: int) -> tuple[int, ...]:
    return (*free[:resource], amount, *free[resource + 1 :])
