"""A machine's cells as Linux shows them under /sys: ``sysinfo.tgz`` of a must-gather."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ove_capacity.ingest.archive import Member

__all__ = ["Cache", "Cell", "Topology", "cpu_list", "is_of_topology", "topology_of"]

_CPULIST = re.compile(r"sys/devices/system/node/node(\d{1,5})/cpulist")
_MEMINFO = re.compile(r"sys/devices/system/node/node(\d{1,5})/meminfo")
_DISTANCE = re.compile(r"sys/devices/system/node/node(\d{1,5})/distance")
_PAGES = re.compile(
    r"sys/devices/system/node/node(\d{1,5})/hugepages/hugepages-(\d{1,9})kB/nr_hugepages"
)
_SIBLINGS = re.compile(r"sys/devices/system/cpu/cpu(\d{1,5})/topology/thread_siblings_list")
_PACKAGE = re.compile(r"sys/devices/system/cpu/cpu(\d{1,5})/topology/physical_package_id")
_CACHE = re.compile(
    r"sys/devices/system/cpu/cpu(\d{1,5})/cache/index(\d{1,2})/(level|id|shared_cpu_list)"
)
_OFFLINE = "sys/devices/system/cpu/offline"
_READ = (_CPULIST, _MEMINFO, _DISTANCE, _PAGES, _SIBLINGS, _PACKAGE, _CACHE, re.compile(_OFFLINE))
_MEM_TOTAL = re.compile(r"MemTotal:\s+(\d{1,15}) kB")
_MOST_CPUS = 65_536
_BEYOND_CORES = 3
"""Level of the first cache that several cores may share."""


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache that cores share: the lowest level from the third on."""

    number: int
    """As the kernel numbers caches of that level."""
    cpus: tuple[int, ...]
    """All that it serves, of any cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One NUMA cell; without CPUs it has memory only."""

    number: int
    cpus: tuple[int, ...] = ()
    memory_bytes: int = 0
    pages: Mapping[str, int] = field(default_factory=dict)
    """Hugepages by size, ``2Mi``; sizes without a page are left out."""
    distances: tuple[int, ...] = ()
    """To each cell, as the firmware says; 10 is near."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The cells of one machine."""

    cells: tuple[Cell, ...]
    smt: bool
    """Whether cores have more than one thread."""
    siblings: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """CPU -> the threads of its core."""
    packages: Mapping[int, int] = field(default_factory=dict)
    """CPU -> its socket, as far as the kernel says."""
    caches: Mapping[int, Cache] = field(default_factory=dict)
    """CPU -> the cache that it shares with other cores, as far as the kernel says."""
    offline: tuple[int, ...] = ()
    """CPUs that are switched off, or that could still be plugged in."""

    @property
    def numbering(self) -> str:
        """How CPUs are spread over the cells: in blocks, alternating, or otherwise."""
        owner = sorted((cpu, cell.number) for cell in self.cells for cpu in cell.cpus)
        cells = [cell for _, cell in owner]
        order = [cell.number for cell in self.cells if cell.cpus]
        count = len(order)
        if count == 1 or cells == sorted(cells):
            return "in blocks"
        if cells == [order[index % count] for index in range(len(cells))]:
            return "alternating"
        return "mixed"

    def describe(self) -> str:
        """One sentence."""
        parts = []
        for cell in self.cells:
            pages = "".join(f", {number} x {size}" for size, number in sorted(cell.pages.items()))
            memory = cell.memory_bytes >> 10
            parts.append(f"cell {cell.number}: {len(cell.cpus)} CPUs, {memory} Ki{pages}")
        smt = "on" if self.smt else "off"
        number = len({cache.number for cache in self.caches.values()})
        caches = f"; {number} last-level caches" if number > 1 else ""
        return f"{'; '.join(parts)}; SMT {smt}; CPUs numbered {self.numbering}{caches}"


def is_of_topology(path: str) -> bool:
    """Whether a file of /sys says something of cells."""
    return any(pattern.fullmatch(path) for pattern in _READ)


def cpu_list(text: str) -> tuple[int, ...]:
    """``0-3,40`` as numbers; empty when it is no such list."""
    found: list[int] = []
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        numbers = (first, last) if dash else (first, first)
        if not all(number.isdecimal() and len(number) <= 5 for number in numbers):
            return ()
        found += range(int(numbers[0]), min(int(numbers[1]), _MOST_CPUS) + 1)
    return tuple(found)


def _page_size(kib: int) -> str:
    return f"{kib >> 20}Gi" if kib % (1 << 20) == 0 else f"{kib >> 10}Mi"


@dataclass(slots=True)
class _Found:
    """What the files said so far, by cell."""

    cpus: dict[int, tuple[int, ...]] = field(default_factory=dict)
    memory: dict[int, int] = field(default_factory=dict)
    pages: dict[int, dict[str, int]] = field(default_factory=dict)
    distances: dict[int, tuple[int, ...]] = field(default_factory=dict)
    siblings: dict[int, tuple[int, ...]] = field(default_factory=dict)
    packages: dict[int, int] = field(default_factory=dict)
    caches: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    """By CPU and index of the cache, each file's text."""
    offline: tuple[int, ...] = ()

    def take(self, path: str, text: str) -> None:
        if match := _CPULIST.fullmatch(path):
            self.cpus[int(match[1])] = cpu_list(text)
        elif match := _MEMINFO.fullmatch(path):
            total = _MEM_TOTAL.search(text)
            self.memory[int(match[1])] = int(total[1]) << 10 if total else 0
        elif match := _DISTANCE.fullmatch(path):
            numbers = text.split()
            if all(each.isdecimal() and len(each) <= 4 for each in numbers):
                self.distances[int(match[1])] = tuple(int(each) for each in numbers)
        elif match := _PAGES.fullmatch(path):
            number = text.strip()
            if number.isdecimal() and len(number) <= 9 and int(number):
                self.pages.setdefault(int(match[1]), {})[_page_size(int(match[2]))] = int(number)
        elif match := _SIBLINGS.fullmatch(path):
            self.siblings[int(match[1])] = cpu_list(text)
        elif match := _PACKAGE.fullmatch(path):
            number = text.strip()
            if number.isdecimal() and len(number) <= 5:
                self.packages[int(match[1])] = int(number)
        elif match := _CACHE.fullmatch(path):
            self.caches.setdefault((int(match[1]), int(match[2])), {})[match[3]] = text.strip()
        elif path == _OFFLINE:
            self.offline = cpu_list(text)

    def shared_caches(self) -> dict[int, Cache]:
        """CPU -> the first cache beyond the second level, where it has a number."""
        found: dict[int, Cache] = {}
        for (cpu, _), said in sorted(self.caches.items()):
            level, number = said.get("level", ""), said.get("id", "")
            known = all(each.isdecimal() and len(each) <= 9 for each in (level, number))
            if known and int(level) >= _BEYOND_CORES and cpu not in found:
                found[cpu] = Cache(int(number), cpu_list(said.get("shared_cpu_list", "")))
        return found


def topology_of(members: Iterable[Member]) -> Topology | None:
    """The cells that files of /sys describe; None when they describe none with CPUs."""
    found = _Found()
    for path, content in members:
        found.take(path, content.decode("ascii", "replace"))
    cells = tuple(
        Cell(
            number,
            found.cpus[number],
            found.memory.get(number, 0),
            found.pages.get(number, {}),
            found.distances.get(number, ()),
        )
        for number in sorted(found.cpus)
    )
    if not any(cell.cpus for cell in cells):
        return None
    smt = any(len(threads) > 1 for threads in found.siblings.values())
    caches = found.shared_caches()
    return Topology(cells, smt, found.siblings, found.packages, caches, found.offline)
