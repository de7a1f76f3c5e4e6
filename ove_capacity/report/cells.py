"""Fragmentation as tables that fit a page: like nodes in one line, cells side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY, Amounts
from ove_capacity.tables import Cell, Table

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.cell_changes import Change
    from ove_capacity.analysis.cell_room import CellRoom, NodeRoom
    from ove_capacity.analysis.fragmentation import ClusterFragmentation

__all__ = ["cell_tables"]

_SHOWN = 16
_ABREAST = 4
"""More cells than these have no room to say of how many CPUs."""
_GIB = 1 << 30
_STRANDED = (
    "stranded: free, and left over whichever of the shapes fills the node; VMs that are not pinned "
    "still run on such CPUs"
)


def cell_tables(found: ClusterFragmentation) -> Iterator[Table]:
    """Nodes, what still fits by policy and cells, and the split; each where there is one."""
    if found.rooms:
        yield _nodes(found)
        yield _changes(found)
    if found.split:
        yield _split(found)


def _nodes(found: ClusterFragmentation) -> Table:
    groups: dict[tuple[str, ...], list[NodeRoom]] = {}
    for room in found.rooms:
        groups.setdefault(_line(room), []).append(room)
    shown = list(groups.items())[:_SHOWN]
    rows = [(_names(rooms), *line) for line, rooms in shown]
    notes = ["By cell, cell 0 first.", _STRANDED]
    if found.largest_vcpus is not None:
        notes.append(f"largest: {found.pattern}; in vCPUs.")
    rest = sum(len(rooms) for _, rooms in list(groups.items())[_SHOWN:])
    if rest:
        notes.append(f"{rest:,} more nodes: --format csv lists them all.")
    lost = sum(room.unplaced for room in found.rooms)
    if lost:
        notes.append(
            f"{lost:,} pods stood on their node already and fit into no cell by our books: they "
            "came by another history than ours, and hold nothing here."
        )
    columns = ("node", "free CPUs", "stranded", "free memory GiB", "free hugepages GiB", "largest")
    title = f"{found.cluster}: what cells have for pinned VMs"
    return Table(title, columns, tuple(rows), tuple(notes))


def _line(room: NodeRoom) -> tuple[str, ...]:
    return (
        _each(
            room, _free_cpus if len(room.cells) <= _ABREAST else lambda cell: str(cell.free_cpus)
        ),
        _each(room, lambda cell: str(cell.stranded_cpus)),
        _each(room, lambda cell: _gib(cell.free_memory, hugepages=False)),
        _each(room, lambda cell: _gib(cell.free_memory, hugepages=True)),
        str(room.largest.vcpus) if room.largest else "none",
    )


def _free_cpus(cell: CellRoom) -> str:
    return "-" if cell.cpus is None else f"{cell.free_cpus} of {cell.cpus}"


def _each(room: NodeRoom, told: Callable[[CellRoom], str]) -> str:
    parts = [told(cell) for cell in room.cells]
    return " + ".join(parts) if set(parts) != {"-"} else "-"


def _gib(amounts: Amounts, *, hugepages: bool) -> str:
    sizes = [
        each
        for name, each in amounts.items()
        if (name.startswith(HUGEPAGES_PREFIX) if hugepages else name == MEMORY)
    ]
    return f"{sum(sizes) / _GIB:,.0f}" if sizes else "-"


def _names(rooms: Sequence[NodeRoom]) -> str:
    more = len(rooms) - 1
    return rooms[0].node + (f" and {more:,} like it" if more else "")


def _changes(found: ClusterFragmentation) -> Table:
    names = list(found.fits)
    nothing = (None,) * len(names)
    rows: list[tuple[Cell, ...]] = [
        ("as they stand now", "", *found.fits.values(), None, found.spanning)
    ]
    for each in found.changes:
        head = (_policy(each), each.layout)
        fits = nothing if each.refusal else tuple(_fits(each, name) for name in names)
        told = (None, None) if each.refusal else (each.not_placed, each.spanning)
        rows.append((*head, *fits, *told))
    refused = [
        f"{each}: the kubelet would not start: {each.refusal}"
        for each in found.changes
        if each.refusal
    ]
    notes = (
        "More VMs of each shape, each alone, with all VMs placed anew. * as it is configured; left "
        "out: VMs that get no node; spanning and ~: VMs with CPUs or memory of several cells.",
        *refused,
    )
    columns = ("topology policy", "cells", *names, "left out", "spanning")
    return Table(f"{found.cluster}: what another policy would free", columns, tuple(rows), notes)


def _fits(change: Change, shape: str) -> Cell:
    """How many, and how many of them span cells, where some do."""
    count, spanning = change.fits[shape], change.fits_spanning[shape]
    return f"{count:,} ({spanning:,} ~)" if spanning else count


def _policy(change: Change) -> str:
    mark, scope = "* " if change.is_current else "", f", {change.scope}" if change.scope else ""
    return f"{mark}{change.policy}{scope}{', NUMA-aware scheduler' if change.sees_cells else ''}"


def _split(found: ClusterFragmentation) -> Table:
    split = found.split
    assert split is not None
    rows = [
        (
            f"{'* ' if point.pages == split.pages_now else ''}{point.pages:,}",
            *(point.hugepage_vms, point.ordinary_vms, point.ordinary_beside),
            point.listed_not_placed,
        )
        for point in split.points
    ]
    huge, plain = split.hugepage_shape, split.ordinary_shape
    columns = [f"{split.page_size} pages a worker", f"{huge} alone", f"{plain} alone"]
    columns += [f"{plain} beside all {huge}", "listed VMs left out"]
    title = f"{found.cluster}: how many fit as the pages reserved at boot move"
    notes = () if split.pages_now is None else ("* as it is.",)
    return Table(title, tuple(columns), tuple(rows), notes)
