"""Fragmentation as tables: a row a cell, a node, a change, a number of pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ove_capacity.analysis.cell_changes import Change
from ove_capacity.analysis.cell_room import NodeRoom
from ove_capacity.analysis.split import Split
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY
from ove_capacity.tables import Cell, Table

__all__ = ["cells_table", "changes_table", "nodes_table", "split_table"]

_GIB = 1 << 30
_STRANDED = (
    "stranded: free, and left over whichever of the shapes fills the node; VMs that are not pinned "
    "still run on such CPUs"
)


def nodes_table(every: Iterable[tuple[str, NodeRoom]]) -> Table:
    """Each node: what its cells have free for pinned VMs, and the largest one that it admits."""
    rows: list[tuple[Cell, ...]] = [
        (
            cluster,
            room.node,
            len(room.cells),
            room.free_cpus,
            room.stranded_cpus,
            room.free_cpu_milli / 1000,
            room.free_memory_bytes / _GIB,
            room.largest.vcpus if room.largest else None,
            room.largest.refusal if room.largest else "",
            room.unplaced,
        )
        for cluster, room in every
    ]
    columns = ["cluster", "node", "cells", "exclusive_free_cpus", "stranded_cpus"]
    columns += ["scheduler_sees_cores", "scheduler_sees_gib", "largest_vcpus", "next_is_refused"]
    return Table("Nodes", (*columns, "unplaced_pods"), tuple(rows), (_STRANDED,))


def cells_table(every: Iterable[tuple[str, NodeRoom]]) -> Table:
    """Each cell of each node."""
    rows: list[tuple[Cell, ...]] = []
    for cluster, room in every:
        for cell in room.cells:
            parts = (cell.memory, cell.free_memory)
            rows.append(
                (
                    *(cluster, room.node, cell.cell, cell.cpus),
                    *(cell.free_cpus, cell.stranded_cpus),
                    *(_gib(each, MEMORY) for each in parts),
                    *(_huge_gib(each) for each in (*parts, cell.stranded_memory)),
                    ",".join(map(str, cell.bound_to)),
                )
            )
    columns = ["cluster", "node", "cell", "exclusive_cpus", "free_cpus", "stranded_cpus"]
    columns += ["memory_gib", "free_memory_gib"]
    columns += ["hugepages_gib", "free_hugepages_gib", "stranded_hugepages_gib", "bound_to_cells"]
    return Table("Cells", tuple(columns), tuple(rows), (_STRANDED,))


def changes_table(every: Iterable[tuple[str, Change]]) -> Table:
    """Each change and shape: how many more fit with everything placed anew."""
    rows: list[tuple[Cell, ...]] = []
    for cluster, each in every:
        what = (cluster, each.policy, each.scope, each.layout, each.sees_cells)
        head = (*what, each.is_current, each.not_placed, each.spanning)
        for shape, count in each.fits.items():
            rows.append((*head, shape, count, each.fits_spanning[shape], ""))
        if not each.fits:
            rows.append((*head, "", None, None, each.refusal))
    columns = [
        "cluster",
        "policy",
        "scope",
        "cells",
        "scheduler_sees_cells",
        "is_current",
        "not_placed_vms",
    ]
    columns += ["spanning_vms", "shape", "more_vms", "more_spanning_vms", "refusal"]
    return Table("Policies and cells", tuple(columns), tuple(rows))


def split_table(every: Iterable[tuple[str, Split]]) -> Table:
    """Each number of pages."""
    rows: list[tuple[Cell, ...]] = [
        (
            *(cluster, split.page_size, point.pages, point.pages == split.pages_now),
            *(split.hugepage_shape, point.hugepage_vms, split.ordinary_shape, point.ordinary_vms),
            *(point.ordinary_beside, point.listed_not_placed, point.refusal),
        )
        for cluster, split in every
        for point in split.points
    ]
    columns = ["cluster", "page_size", "pages_per_worker", "is_current", "hugepage_shape"]
    columns += ["hugepage_vms", "ordinary_shape", "ordinary_vms", "ordinary_vms_beside"]
    columns += ["listed_vms_not_placed", "refusal"]
    return Table("Split of memory at boot", tuple(columns), tuple(rows))


def _gib(amounts: Mapping[str, int], name: str) -> float | None:
    return amounts[name] / _GIB if name in amounts else None


def _huge_gib(amounts: Mapping[str, int]) -> float | None:
    sizes = [each for name, each in amounts.items() if name.startswith(HUGEPAGES_PREFIX)]
    return sum(sizes) / _GIB if sizes else None
