"""Which CPUs a container gets: whole cells, sockets, caches and cores first, then the rest.

The order is everything: units with the fewest available CPUs come first, then lower numbers. A
stage makes its list once, with the counts of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.kubelet.cpu_topology import CpuTopology, Units
from ove_capacity.model.cpu_set import cpus_of

__all__ = ["CpuTaker", "NotEnoughCpus", "take_packed"]


class NotEnoughCpus(Exception):  # noqa: N818 - a refusal on its way to becoming a value
    """The request cannot be met; the message is the kubelet's."""


def _fewest_first(units: Units, among: Iterable[int], within: int, free: int) -> list[int]:
    """Units with a free CPU *within* a set, fewest free CPUs first."""
    ranked = []
    for unit in among:
        cpus = units[unit] & free
        if cpus & within:
            ranked.append((cpus.bit_count(), unit))
    ranked.sort()
    return [unit for _, unit in ranked]


class CpuTaker:
    """An allocation under way: what is still free, what is still needed."""

    __slots__ = ("free", "needed", "odd_parts", "taken", "topology")

    def __init__(self, topology: CpuTopology, free: int, needed: int) -> None:
        self.topology, self.free, self.needed, self.taken = topology, free, needed, 0
        self.odd_parts = True

    def take(self, cpus: int) -> None:
        """These belong to the container now."""
        self.taken |= cpus
        self.free &= ~cpus
        self.needed -= cpus.bit_count()

    @property
    def cells_first(self) -> bool:
        """Cells are the larger unit, or as large as sockets."""
        return len(self.topology.sockets) >= len(self.topology.cells)

    def cells(self) -> list[int]:
        """Cells with free CPUs, in order."""
        units, free = self.topology.cells, self.free
        if self.cells_first:
            return _fewest_first(units, units, free, free)
        sockets = self.topology.sockets
        return [
            cell
            for socket in self.sockets()
            for cell in _fewest_first(units, units, sockets[socket], free)
        ]

    def sockets(self) -> list[int]:
        """Sockets with free CPUs, in order."""
        units, free = self.topology.sockets, self.free
        if not self.cells_first:
            return _fewest_first(units, units, free, free)
        cells = self.topology.cells
        return [
            socket
            for cell in self.cells()
            for socket in _fewest_first(units, units, cells[cell], free)
        ]

    def uncores(self) -> list[int]:
        """Caches with free CPUs, in order."""
        units, cells, free = self.topology.uncores, self.topology.cells, self.free
        return [
            uncore
            for cell in self.cells()
            for uncore in _fewest_first(units, units, cells[cell], free)
        ]

    def cores(self) -> list[int]:
        """Cores with free CPUs, in order."""
        topology, free = self.topology, self.free
        if self.cells_first:
            parents, parts, units = self.sockets(), topology.cores_of_socket, topology.sockets
        else:
            parents, parts, units = self.cells(), topology.cores_of_cell, topology.cells
        return [
            core
            for parent in parents
            for core in _fewest_first(topology.cores, parts[parent], units[parent], free)
        ]

    def take_whole(self, units: Units, order: list[int], size: int | None = None) -> None:
        """Take units none of whose CPUs is in use, as long as they are not more than needed."""
        free = [
            units[unit]
            for unit in order
            if (units[unit] & self.free).bit_count()
            == (units[unit].bit_count() if size is None else size)
        ]
        for cpus in free:
            if self.needed >= cpus.bit_count():
                self.take(cpus)

    def take_cells(self) -> None:
        """Whole cells."""
        self.take_whole(self.topology.cells, self.cells())

    def take_sockets(self) -> None:
        """Whole sockets; as large as sockets are on average."""
        self.take_whole(self.topology.sockets, self.sockets(), self.topology.cpus_per_socket)

    def take_uncores(self) -> None:
        """Whole caches, then one that holds exactly the rest."""
        for uncore in self.uncores():
            if self.needed >= self.topology.cpus_per_uncore:
                self.take_whole(self.topology.uncores, self.uncores())
            if self.needed < 1:
                return
            self.take_part_of(uncore)
            if self.needed < 1:
                return

    def take_part_of(self, uncore: int) -> None:
        """The rest from one cache, if that many of its lowest cores' CPUs are free exactly."""
        topology = self.topology
        wanted, over = divmod(self.needed, topology.cpus_per_core)
        wanted += bool(over) and self.odd_parts
        inside = topology.uncores[uncore] & self.free
        found = 0
        for core in topology.cores.values():
            if wanted and core & inside:
                found |= core & self.free
                wanted -= 1
        trims = self.odd_parts and self.needed % 2 and topology.cpus_per_core > 1
        if trims and found.bit_count() > self.needed:
            found ^= 1 << found.bit_length() - 1
        if found.bit_count() == self.needed:
            self.take(found)

    def take_rest(self, *, spread: bool) -> None:
        """Single CPUs: core by core, or over the cores of each socket in order of numbers."""
        if spread:
            units = [self.topology.sockets[socket] & self.free for socket in self.sockets()]
        else:
            units = [self.topology.cores[core] & self.free for core in self.cores()]
        for unit in units:
            for cpu in cpus_of(unit):
                self.take(1 << cpu)
                if self.needed < 1:
                    return


def take_packed(
    topology: CpuTopology,
    available: int,
    count: int,
    *,
    by_uncore: bool = False,
    odd_parts: bool = True,
    spread: bool = False,
) -> int:
    """*count* of the *available* CPUs, on as few cells, sockets and cores as possible.

    Args:
        topology: all CPUs of the machine.
        available: those that may be taken.
        count: how many.
        by_uncore: prefer whole last-level caches (prefer-align-cpus-by-uncorecache).
        odd_parts: let a cache serve an odd number of CPUs.
        spread: over the cores instead (distribute-cpus-across-cores).

    Raises:
        NotEnoughCpus: fewer are available.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/cpu_assignment.go,
    takeByTopologyNUMAPacked.
    """
    taker = CpuTaker(topology, available, count)
    if count < 1:
        return 0
    if count > available.bit_count():
        raise NotEnoughCpus(
            "not enough cpus available to satisfy request: "
            f"requested={count}, available={available.bit_count()}"
        )
    stages = [taker.take_cells, taker.take_sockets]
    if not taker.cells_first:
        stages.reverse()
    if by_uncore:
        taker.odd_parts = odd_parts
        stages.append(taker.take_uncores)
    for stage in stages:
        stage()
        if taker.needed < 1:
            return taker.taken
    if not spread:
        taker.take_whole(topology.cores, taker.cores(), topology.cpus_per_core)
        if taker.needed < 1:
            return taker.taken
    taker.take_rest(spread=spread)
    return taker.taken
