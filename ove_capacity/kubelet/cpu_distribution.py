"""distribute-cpus-across-numa: as many CPUs of each cell as of the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ove_capacity.kubelet.cpu_assignment import CpuTaker, NotEnoughCpus, take_packed
from ove_capacity.kubelet.cpu_topology import CpuTopology

__all__ = ["take_distributed"]

_THOUSAND = 1000


def _rounded(value: float) -> float:
    """To three digits, half away from zero; never negative here."""
    scaled = value * _THOUSAND
    whole = math.floor(scaled)
    return (whole + (scaled - whole >= 0.5)) / _THOUSAND


def _deviation(counts: Iterable[int]) -> float:
    """Population standard deviation; the mean and the result are rounded, as upstream's."""
    found = list(counts)
    mean = _rounded(sum(found) / len(found))
    return _rounded(math.sqrt(sum((each - mean) * (each - mean) for each in found) / len(found)))


class _Slice:
    """A growing list that shares its storage with its siblings, as upstream's slices do."""

    __slots__ = ("items", "length")

    def __init__(self, items: list[int], length: int) -> None:
        self.items, self.length = items, length

    def plus(self, item: int) -> _Slice:
        """With one more item; full storage is copied to twice the size, else written over."""
        items = self.items
        if self.length == len(items):
            items = items + [0] * max(1, len(items))
        items[self.length] = item
        return _Slice(items, self.length + 1)

    def __iter__(self) -> Iterator[int]:
        return iter(self.items[: self.length])


def _combinations(items: list[int], size: int) -> Iterator[_Slice]:
    """Every choice of *size* items, in order.

    sic: a choice of four, six or more that somebody keeps changes under his hands, because
    upstream's recursion appends to storage that its siblings share.
    """

    def walk(chosen: _Slice, start: int) -> Iterator[_Slice]:
        left = size - chosen.length
        if not left:
            yield chosen
            return
        for index in range(start, len(items) - left + 1):
            yield from walk(chosen.plus(items[index]), index + 1)

    return walk(_Slice([], 0), 0) if size > 0 else iter(())


class _Share(NamedTuple):
    """Cells to take the same number from, those to take the remainder from, and how balanced."""

    balance: float
    cells: _Slice | None
    remainder: _Slice | None


_NONE = _Share(math.inf, None, None)


def _hand_out(after: dict[int, int], cells: Iterable[int], remainder: int, group: int) -> bool:
    """Take the remainder off *after*, group by group in turn; False when it cannot be.

    Upstream would never return then.
    """
    turn = list(cells)
    while remainder > 0:
        before = remainder
        for cell in turn:
            if remainder == 0:
                break
            if after[cell] >= group:
                after[cell] -= group
                remainder -= group
        if remainder == before:
            return False
    return True


def _with_remainder(after: dict[int, int], combo: list[int], remainder: int, group: int) -> _Share:
    """The subset of cells that leaves the best balance when it gives the remainder."""
    candidates = [cell for cell in combo if after[cell] >= group]
    best = _NONE
    for size in range(len(candidates), 0, -1):
        for subset in _combinations(candidates, size):
            if sum(after[cell] for cell in subset) < remainder:
                continue
            left = dict(after)
            if not _hand_out(left, subset, remainder, group):
                continue
            balance = _deviation(left.values())
            if balance < best.balance:
                best = _Share(balance, None, subset)
    return best


def _share(free: dict[int, int], combo: list[int], count: int, group: int) -> _Share:
    """How balanced the cells would be left, if these can give *count* CPUs at all."""
    even = count // len(combo) // group * group
    if (
        sum(free[cell] for cell in set(combo)) < count  # sockets across cells name one twice
        or sum(free[cell] // group for cell in combo) * group < count
        or any(free[cell] < even for cell in combo)
    ):
        return _NONE
    after = dict(free)
    for cell in combo:
        after[cell] -= even
    remainder = count - even * len(combo)
    if remainder == 0:
        return _Share(_deviation(after.values()), None, None)
    return _with_remainder(after, combo, remainder, group)


def _best_share(
    cells: list[int], free: dict[int, int], size: int, count: int, group: int
) -> _Share:
    best = _NONE
    for combo in _combinations(cells, size):
        if best.balance == 0:
            break
        found = _share(free, list(combo), count, group)
        if found.balance < best.balance:
            best = _Share(found.balance, combo, found.remainder)
    return best


def _take(taker: CpuTaker, share: _Share, count: int, group: int) -> int:
    topology = taker.topology
    combo = list(share.cells or ())
    even = count // len(combo) // group * group

    def take(cell: int, cpus: int) -> bool:
        available = topology.cells[cell] & taker.free
        if available.bit_count() < cpus:
            return False
        taker.take(take_packed(topology, available, cpus))
        return True

    for cell in combo:
        take(cell, even)
    remainder = count - even * len(combo)
    while remainder > 0:
        before = remainder
        for cell in share.remainder or ():
            if remainder and take(cell, group):
                remainder -= group
        if remainder == before:
            break
    if taker.needed > 0:
        raise NotEnoughCpus(
            f"accounting error, not enough CPUs allocated, remaining: {taker.needed}"
        )
    return taker.taken


def take_distributed(topology: CpuTopology, available: int, count: int, group: int) -> int:
    """*count* of the *available* CPUs, evenly from as few cells as possible.

    *group*: CPUs are taken by so many at once, those of a core under full-pcpus-only.

    Raises:
        NotEnoughCpus: fewer are available.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/cpu_assignment.go,
    takeByTopologyNUMADistributed.
    """
    if count % group or not 0 < count <= available.bit_count():
        return take_packed(topology, available, count)
    taker = CpuTaker(topology, available, count)
    cells = taker.cells()
    free = {cell: (topology.cells[cell] & available).bit_count() for cell in cells}
    groups = -(-topology.cpus.bit_count() // group)
    per_cell = -(-groups // len(topology.cells))
    needed = -(-count // group)
    for size in range(-(-needed // per_cell), min(needed, len(free)) + 1):
        share = _best_share(cells, free, size, count, group)
        if share.cells is not None:
            return _take(taker, share, count, group)
    return take_packed(topology, available, count)
