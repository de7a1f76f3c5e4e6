"""What a machine is made of, as its kubelet sees it: NUMA cells, cores, threads, hugepages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.topology import Topology

__all__ = ["NO_CELL", "Core", "Machine", "NumaCell", "machine_of"]

NO_CELL = -1
"""The place of devices that belong to no cell."""

_LOCAL, _REMOTE = 10, 20


@dataclass(frozen=True, slots=True)
class Core:
    """One physical core; its CPUs are its threads."""

    threads: tuple[int, ...]
    """CPU numbers, unique in the machine."""
    socket: int
    uncore: int | None = None
    """Which last-level cache it shares with some cores of its cell; None: with the socket's."""


@dataclass(frozen=True, slots=True)
class NumaCell:
    """One NUMA cell (upstream: NUMA node); without cores it is memory only."""

    number: int
    cores: tuple[Core, ...] = ()
    memory_bytes: int = 0
    """All its memory, that in hugepages too."""
    hugepages: Mapping[str, int] = field(default_factory=dict)
    """Size (``1Gi``, ``2Mi``) -> pages."""
    distances: tuple[int, ...] = ()
    """To each cell, in order of their numbers; (): the firmware does not say."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine."""

    cells: tuple[NumaCell, ...]
    """Numbered 0, 1, 2 …, in this order."""
    devices: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """Resource of a device plugin -> cell (or NO_CELL) -> devices there."""


def machine_of(
    topology: Topology,
    memory_bytes: int,
    hugepages: Mapping[str, int] | None = None,
    *,
    cpuless: tuple[int, ...] = (),
    interleaved: bool = False,
    devices: Mapping[str, Mapping[int, int]] | None = None,
    caches_per_cell: int = 1,
) -> Machine:
    """An evenly built machine.

    Memory and hugepages are split evenly over the cells with cores, what does not divide going to
    the lower ones. First threads of all cores are numbered before second ones. Distances are
    Linux's own where firmware says nothing: 10 within a cell, 20 to any other (include/linux/
    topology.h, LOCAL_DISTANCE and REMOTE_DISTANCE).

    Args:
        topology: sockets, cores and threads; cells divide the cores of a socket.
        memory_bytes: of all cells with cores.
        hugepages: size -> pages, of all cells with cores.
        cpuless: bytes of each further cell that has memory only.
        interleaved: number CPUs in turn over the cells, as many servers do, instead of cell by
            cell.
        devices: resource of a device plugin -> cell -> devices there.
        caches_per_cell: last-level caches that neighbouring cores of a cell share. One is no
            cache of its own to a kubelet: cAdvisor books a cache of all CPUs of a cell to the
            cell (v0.60.5 lib/utils/sysinfo/sysinfo.go, addCacheInfo), and a core without a
            cache counts as sharing its socket's.
    """
    cells = topology.sockets * topology.cells_per_socket
    cores = topology.sockets * topology.cores_per_socket
    per_cell, rest = divmod(cores, cells)
    assert not rest, "cells divide the cores of a socket"
    assert not per_cell % caches_per_cell, "caches divide the cores of a cell"
    count = cells + len(cpuless)

    def core(cell: int, number: int) -> Core:
        first = number * cells + cell if interleaved else cell * per_cell + number
        threads = range(first, cores * topology.threads_per_core, cores)
        cache = cell * caches_per_cell + number * caches_per_cell // per_cell
        shared = cache if caches_per_cell > 1 else None
        return Core(tuple(threads), cell // topology.cells_per_socket, shared)

    def part(amount: int, cell: int) -> int:
        return amount // cells + (cell < amount % cells)

    def numa_cell(number: int) -> NumaCell:
        distances = tuple(_LOCAL if other == number else _REMOTE for other in range(count))
        sizes = hugepages or {}
        if number >= cells:
            none = dict.fromkeys(sizes, 0)
            return NumaCell(number, (), cpuless[number - cells], none, distances)
        own = tuple(core(number, each) for each in range(per_cell))
        pages = {size: part(total, number) for size, total in sizes.items()}
        return NumaCell(number, own, part(memory_bytes, number), pages, distances)

    return Machine(tuple(numa_cell(number) for number in range(count)), devices or {})
