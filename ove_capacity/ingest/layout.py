"""Cells as Linux shows them -> the short form in which a scenario says them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ingest import sysinfo
from ove_capacity.ingest.sketch import Value, memory_text
from ove_capacity.model.machine import Core, Machine, machine_of
from ove_capacity.model.topology import Topology

__all__ = ["Layout", "Unsaid", "cells_of", "distances_of", "layout_of"]

_SHOWN = 8
_Cores = list[tuple[int, ...]]
"""Cores by their threads, in order."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Processors, evenly laid out."""

    topology: Topology
    interleaved: bool
    """CPUs are numbered in turn over the cells."""
    caches_per_cell: int = 1
    cells_without_cpus: int = 0
    """Beyond those of the processors."""
    odd_caches: str = field(default="", compare=False)
    """Why its last-level caches cannot be said, and are taken for one a socket."""

    def lines(self) -> dict[str, Value]:
        """As the ``node`` of a pool has it."""
        found: dict[str, Value] = {"sockets": self.topology.sockets}
        if self.topology.cells_per_socket > 1:
            found["cellsPerSocket"] = self.topology.cells_per_socket
        found["cores"] = self.topology.cores_per_socket
        found["threads"] = self.topology.threads_per_core
        if self.caches_per_cell > 1:
            found["cachesPerCell"] = self.caches_per_cell
        return found | ({"interleaved": True} if self.interleaved else {})


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Why no short form says a machine."""

    reason: str


def layout_of(found: sysinfo.Topology) -> Layout | Unsaid:
    """The short form that numbers every CPU as found, and its caches where it can say them."""
    layout = _laid_out(found)
    if isinstance(layout, Unsaid) and found.offline:
        return Unsaid(f"{layout.reason}; {_listed('CPU', found.offline)} not online")
    return layout


def _laid_out(found: sysinfo.Topology) -> Layout | Unsaid:
    topology = _sizes(found)
    if isinstance(topology, Unsaid):
        return topology
    with_cpus = [cell for cell in found.cells if cell.cpus]
    cores = set(found.siblings.values())
    for interleaved in (False, True):
        built = machine_of(topology, 0, interleaved=interleaved)
        numbered = [
            sorted(cpu for core in cell.cores for cpu in core.threads) for cell in built.cells
        ]
        alike = {core.threads for cell in built.cells for core in cell.cores} == cores
        if alike and numbered == [sorted(cell.cpus) for cell in with_cpus]:
            caches = _caches(found, topology, built, interleaved=interleaved)
            odd = caches.reason if isinstance(caches, Unsaid) else ""
            number = 1 if isinstance(caches, Unsaid) else caches
            memory_only = len(found.cells) - len(with_cpus)
            return Layout(topology, interleaved, number, memory_only, odd)
    return Unsaid("its CPUs are numbered neither cell by cell nor in turn, first threads first")


def _sizes(found: sysinfo.Topology) -> Topology | Unsaid:
    """Sockets, cores, threads and cells, where they divide."""
    with_cpus = [cell for cell in found.cells if cell.cpus]
    order = [cell.number for cell in found.cells]
    count = sum(len(cell.cpus) for cell in with_cpus)
    cores = {threads for threads in found.siblings.values() if threads}
    sockets = len(set(found.packages.values()))
    if order != list(range(len(order))):
        return Unsaid(f"its cells are numbered {', '.join(map(str, order))}")
    if any(cell.cpus for cell in found.cells[len(with_cpus) :]):
        return Unsaid("a cell without CPUs comes before one with CPUs")
    if not (sockets and cores) or len(found.packages) != count or len(found.siblings) != count:
        return Unsaid("sockets or sibling threads are not told of every CPU")
    if len(cores) % sockets or len(with_cpus) % sockets or len(cores) % len(with_cpus):
        sizes = f"{sockets} sockets, {len(with_cpus)} cells with CPUs and {len(cores)} cores"
        return Unsaid(f"{sizes} do not divide")
    if count % len(cores):
        return Unsaid(f"{count} CPUs of {len(cores)} cores do not divide")
    per_socket = len(with_cpus) // sockets
    return Topology(sockets, len(cores) // sockets, count // len(cores), per_socket)


def _caches(
    found: sysinfo.Topology, topology: Topology, built: Machine, *, interleaved: bool
) -> int | Unsaid:
    """Last-level caches of a cell, as a kubelet sees them; 1 where they are the sockets'.

    cAdvisor books a cache of as many CPUs as a cell has to the cell, and its cores have none.
    """
    if not found.caches:
        return 1
    if any(cpu not in found.caches for cpu in found.siblings):
        return Unsaid("last-level caches are told of some CPUs only")
    seen: dict[int | None, _Cores] = {}
    for cell in built.cells:
        for core in cell.cores:
            cache = found.caches[core.threads[0]]
            whole = len(cache.cpus) == len(cell.cores) * topology.threads_per_core
            seen.setdefault(None if whole else cache.number, []).append(core.threads)
    numbered = sorted((number, cores) for number, cores in seen.items() if number is not None)
    if not numbered or _groups(built, lambda core: core.socket) == [each for _, each in numbered]:
        return 1
    number, rest = divmod(len(numbered), len(built.cells))
    per_cell = len(built.cells[0].cores)
    if None not in seen and not rest and number and not per_cell % number:
        again = machine_of(topology, 0, interleaved=interleaved, caches_per_cell=number)
        if _groups(again, lambda core: core.uncore) == [each for _, each in numbered]:
            return number
    sizes = sorted({len(cores) for _, cores in numbered})
    said = f"of {' or '.join(map(str, sizes))} cores, {len(numbered)} in all,"
    return Unsaid(f"last-level caches {said} are no even parts of cells")


def _groups(machine: Machine, unit: Callable[[Core], int | None]) -> list[_Cores]:
    """The cores of each unit, in order of the units' numbers."""
    found: dict[int, _Cores] = {}
    for cell in machine.cells:
        for core in cell.cores:
            found.setdefault(unit(core) or 0, []).append(core.threads)
    return [cores for _, cores in sorted(found.items())]


def _listed(what: str, numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"{what} {numbers[0]} is"
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return f"{what}s {', '.join(map(str, numbers[:_SHOWN]))}{more} are"


def cells_of(found: Iterable[sysinfo.Topology], counts: Mapping[str, int]) -> list[Value]:
    """Memory and pages of each cell, the least of like machines.

    [] where their pages differ or are not the node's *counts*, or where a cell with CPUs says no
    memory.
    """
    machines = list(found)
    pages = [[dict(cell.pages) for cell in each.cells] for each in machines]
    total = sum(map(Counter, pages[0]), Counter[str]())
    memory = [min(sizes) for sizes in zip(*_memory(machines), strict=True)]
    bare = any(cell.cpus and not size for cell, size in zip(machines[0].cells, memory, strict=True))
    if any(each != pages[0] for each in pages) or total != counts or bare:
        return []
    return [
        {"memory": memory_text(size), **({"hugepages": dict(sorted(own.items()))} if own else {})}
        for size, own in zip(memory, pages[0], strict=True)
    ]


def distances_of(found: Iterable[sysinfo.Topology]) -> list[Value]:
    """From each cell to each; [] where machines differ, or it is what is taken anyway."""
    machines = [[list(cell.distances) for cell in each.cells] for each in found]
    first = machines[0]
    count = len(first)
    usual = [list(cell.distances) for cell in machine_of(Topology(count, 1, 1), 0).cells]
    known = all(len(row) == count for row in first)
    if not known or first == usual or any(each != first for each in machines):
        return []
    return [*first]


def _memory(machines: Iterable[sysinfo.Topology]) -> list[list[int]]:
    return [[cell.memory_bytes for cell in each.cells] for each in machines]
