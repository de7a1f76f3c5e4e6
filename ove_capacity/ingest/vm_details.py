"""What an inventory says of a VM beside its size: disks, networks, reservations, file systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ingest.cells import BadCellError, is_true, whole
from ove_capacity.ingest.tabs import Record, Tab

__all__ = ["DETAIL_TABS", "Details", "Tally"]

DETAIL_TABS = ("vDisk", "vNetwork", "vPartition")
"""Tabs with rows for parts of VMs."""

_DISK_MOST_MIB = 1 << 30
_NOT_SHARED = ("", "sharingnone")
_NICS = range(1, 9)


@dataclass(slots=True)
class Tally:
    """Sums over all VMs, of what is told and not carried over."""

    raw_disks: int = 0
    """Disks that are a LUN of their own."""
    shared_disks: int = 0
    memory_reserved: int = 0
    """VMs with a reservation."""
    memory_reserved_mib: int = 0
    cpu_reserved: int = 0
    cpu_reserved_mhz: int = 0
    file_systems: int = 0
    file_systems_mib: int = 0
    file_systems_used_mib: int = 0

    def sentences(self) -> Iterator[str]:
        """What a planner should know of it."""
        if self.raw_disks:
            yield f"disks that are LUNs (RDM), carried over by their size: {self.raw_disks:,}"
        if self.shared_disks:
            yield f"disks shared by VMs, which count with each of them: {self.shared_disks:,}"
        if self.memory_reserved:
            yield (
                f"VMs with memory reserved: {self.memory_reserved:,}, "
                f"{self.memory_reserved_mib:,} MiB; here all memory of every guest is"
            )
        if self.cpu_reserved:
            yield (
                f"VMs with CPU reserved: {self.cpu_reserved:,}, {self.cpu_reserved_mhz:,} MHz; "
                "not carried over (consider dedicatedCpuPlacement)"
            )
        if self.file_systems:
            yield (
                f"file systems within the guests: {self.file_systems:,}, of "
                f"{self.file_systems_mib:,} MiB, {self.file_systems_used_mib:,} MiB in use; the "
                "disks count as large as they are"
            )


@dataclass(slots=True)
class Details:
    """Reads the parts of VMs."""

    tabs: Mapping[str, Tab]
    odd_cells: list[str]
    tally: Tally = field(default_factory=Tally)

    def number(self, tab: str, record: Record | None, what: str) -> int | None:
        """A number of a row; what is none is noted, and counts as missing."""
        if record is None or tab not in self.tabs:
            return None
        own = self.tabs[tab]
        try:
            return whole(record.get(what), own.columns.headers.get(what, what)) or None
        except BadCellError as error:
            self.odd_cells.append(f"{own.place(record, what)}: {error}")
            return None

    def disks_mib(self, vinfo: Record, rows: Sequence[Record]) -> tuple[int, ...]:
        """The sizes of a VM's disks, the largest first; all in one when only their sum is said."""
        sizes = []
        for row in rows:
            size = self._size("vDisk", row, "capacity_mib")
            if size:
                sizes.append(size)
                self.tally.raw_disks += is_true(row.get("raw"))
                self.tally.shared_disks += row.get("sharing").casefold() not in _NOT_SHARED
        if not rows:
            total = self._size("vInfo", vinfo, "disks_mib")
            sizes = [total] if total else []
        return tuple(sorted(sizes, reverse=True))

    def _size(self, tab: str, row: Record, what: str) -> int | None:
        size = self.number(tab, row, what)
        if size is not None and size > _DISK_MOST_MIB:
            place = self.tabs[tab].place(row, what)
            self.odd_cells.append(f"{place}: no disk has {size:,} MiB")
            return None
        return size

    def networks(self, vinfo: Record, rows: Sequence[Record]) -> tuple[str, ...]:
        """The networks a VM has an interface on, each once, by name."""
        named = (
            [row.get("network") for row in rows]
            if rows
            else [vinfo.get(f"network_{number}") for number in _NICS]
        )
        return tuple(sorted({name for name in named if name}))

    def count(self, vcpu: Record | None, vmemory: Record | None, parts: Sequence[Record]) -> None:
        """Add up a VM's reservations and file systems."""
        tally = self.tally
        mhz = self.number("vCPU", vcpu, "reservation_mhz")
        if mhz:
            tally.cpu_reserved += 1
            tally.cpu_reserved_mhz += mhz
        mib = self.number("vMemory", vmemory, "reservation_mib")
        if mib:
            tally.memory_reserved += 1
            tally.memory_reserved_mib += mib
        for part in parts:
            tally.file_systems += 1
            tally.file_systems_mib += self.number("vPartition", part, "capacity_mib") or 0
            tally.file_systems_used_mib += self.number("vPartition", part, "consumed_mib") or 0
