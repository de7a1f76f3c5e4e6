"""CPUs by core, cache, cell and socket, as the CPU manager sees them: bit masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ove_capacity.kubelet.hint import cell_masks
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import cpus_of, mask_of
from ove_capacity.model.machine import Core, Machine

__all__ = ["CpuTopology", "Units", "cpu_topology"]

Units = Mapping[int, int]
"""Number of a core, cache, cell or socket -> its CPUs, as a mask."""


@dataclass(frozen=True, slots=True)
class CpuTopology:
    """The CPUs of a machine. Cells without CPUs are unknown here."""

    cpus: int
    """All of them."""
    cells: Units
    sockets: Units
    uncores: Units
    cores: Units
    """A core's number is its lowest CPU."""
    cores_of_socket: Mapping[int, tuple[int, ...]]
    cores_of_cell: Mapping[int, tuple[int, ...]]
    cpus_per_core: int
    """On average, rounded down, as upstream divides."""
    cpus_per_socket: int
    cpus_per_uncore: int
    masks: tuple[tuple[int, int, int], ...]
    """(cells, how many, their CPUs) of every set of cells."""

    def cpus_in(self, cells: int) -> int:
        """The CPUs of a set of cells."""
        found = 0
        for cell in cpus_of(cells):
            found |= self.cells.get(cell, 0)
        return found

    def sockets_touching(self, cpus: int) -> list[int]:
        """The sockets that have one of these CPUs."""
        return [socket for socket, mask in self.sockets.items() if mask & cpus]


_MOST_CELLS = 16
"""Upstream has no such limit where no policy aligns; it would not come to an end either."""


def _grouped(cpus: Iterable[tuple[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for unit, mask in cpus:
        found[unit] = found.get(unit, 0) | mask
    return dict(sorted(found.items()))


def _cores_in(units: Units, cores: Units) -> dict[int, tuple[int, ...]]:
    return {
        unit: tuple(core for core, mask in cores.items() if mask & cpus)
        for unit, cpus in units.items()
    }


def _masks(cells: Units) -> tuple[tuple[int, int, int], ...]:
    """Every set of cells, how many they are, and their CPUs."""
    found = {0: 0}
    for mask in cell_masks(cells):  # small sets first: all but the lowest cell was there before
        rest = mask & (mask - 1)
        found[mask] = found[rest] | cells[(mask ^ rest).bit_length() - 1]
    return tuple((mask, mask.bit_count(), cpus) for mask, cpus in found.items() if mask)


def _check(machine: Machine) -> None:
    if [cell.number for cell in machine.cells] != list(range(len(machine.cells))):
        raise StartError("NUMA cells must be numbered 0, 1, 2 …")
    if len(machine.cells) > _MOST_CELLS:
        raise StartError(
            f"{len(machine.cells)} NUMA cells are too many: the managers look at every set of them"
        )
    cores = [core for cell in machine.cells for core in cell.cores]
    if not cores:
        raise StartError("could not detect number of cpus: no cell has a core")
    if not all(core.threads for core in cores):
        raise StartError("a core has no thread")
    seen = Counter(cpu for core in cores for cpu in core.threads)
    twice = [cpu for cpu, times in sorted(seen.items()) if times > 1]
    if twice:
        raise StartError(f"CPU {twice[0]} belongs to more than one core")


def cpu_topology(machine: Machine) -> CpuTopology:
    """The CPUs of a machine.

    Raises:
        StartError: there are no CPUs, or they are numbered twice.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/topology/topology.go, Discover.
    """
    _check(machine)

    def uncore(core: Core) -> int:
        return core.socket if core.uncore is None else core.uncore

    placed = [
        (cell.number, core, mask_of(core.threads)) for cell in machine.cells for core in cell.cores
    ]
    cells = _grouped((cell, mask) for cell, _, mask in placed)
    sockets = _grouped((core.socket, mask) for _, core, mask in placed)
    uncores = _grouped((uncore(core), mask) for _, core, mask in placed)
    cores = _grouped((min(core.threads), mask) for _, core, mask in placed)
    cpus = mask_of(cpu for _, core, _ in placed for cpu in core.threads)
    count = cpus.bit_count()
    return CpuTopology(
        cpus,
        cells,
        sockets,
        uncores,
        cores,
        _cores_in(sockets, cores),
        _cores_in(cells, cores),
        count // len(cores),
        count // len(sockets),
        count // len(uncores),
        _masks(cells),
    )
