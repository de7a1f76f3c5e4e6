"""What a machine is made of, as its kubelet sees it: NUMA cells, cores, threads, hugepages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NO_CELL", "Core", "Machine", "NumaCell"]

NO_CELL = -1
"""The place of devices that belong to no cell."""


@dataclass(frozen=True, slots=True)
class Core:
    """One physical core; its CPUs are its threads."""

    threads: tuple[int, ...]
    """CPU numbers, unique in the machine."""
    socket: int
    uncore: int | None = None
    """Which last-level cache it shares; None: unknown, so that of its socket."""


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
