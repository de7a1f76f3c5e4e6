"""Cells as Linux shows them -> the short form in which a scenario says them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ove_capacity.ingest import sysinfo
from ove_capacity.ingest.sketch import Value, memory_text
from ove_capacity.model.machine import machine_of
from ove_capacity.model.topology import Topology

__all__ = ["Layout", "cells_of", "distances_of", "layout_of"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Processors, evenly laid out."""

    topology: Topology
    interleaved: bool
    """CPUs are numbered in turn over the cells."""

    def lines(self) -> dict[str, Value]:
        """As the ``node`` of a pool has it."""
        found: dict[str, Value] = {"sockets": self.topology.sockets}
        if self.topology.cells_per_socket > 1:
            found["cellsPerSocket"] = self.topology.cells_per_socket
        found["cores"] = self.topology.cores_per_socket
        found["threads"] = self.topology.threads_per_core
        return found | ({"interleaved": True} if self.interleaved else {})


def layout_of(found: sysinfo.Topology) -> Layout | None:
    """The short form that numbers every CPU as found; None: none does, or too little is known."""
    cores = {threads for threads in found.siblings.values() if threads}
    sockets = len(set(found.packages.values()))
    count = sum(len(cell.cpus) for cell in found.cells)
    if not (sockets and cores) or len(found.packages) != count or len(found.siblings) != count:
        return None
    threads = count // len(cores)
    if len(cores) % sockets or len(found.cells) % sockets or len(cores) % len(found.cells):
        return None
    per_socket = len(found.cells) // sockets
    topology = Topology(sockets, len(cores) // sockets, threads, per_socket)
    for interleaved in (False, True):
        built = machine_of(topology, 0, interleaved=interleaved)
        numbered = [
            sorted(cpu for core in cell.cores for cpu in core.threads) for cell in built.cells
        ]
        alike = {core.threads for cell in built.cells for core in cell.cores} == cores
        if alike and numbered == [sorted(cell.cpus) for cell in found.cells]:
            return Layout(topology, interleaved)
    return None


def cells_of(found: Iterable[sysinfo.Topology], counts: Mapping[str, int]) -> list[Value]:
    """Memory and pages of each cell, the least of like machines.

    [] where their pages differ or are not the node's *counts*, or where a cell says no memory.
    """
    machines = list(found)
    pages = [[dict(cell.pages) for cell in each.cells] for each in machines]
    total = sum(map(Counter, pages[0]), Counter[str]())
    memory = [min(sizes) for sizes in zip(*_memory(machines), strict=True)]
    if any(each != pages[0] for each in pages) or total != counts or not all(memory):
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
