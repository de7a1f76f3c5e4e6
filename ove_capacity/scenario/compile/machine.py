"""``node`` of a pool -> the machine that its kubelets see: cells, caches, distances, devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.machine import Machine, NumaCell, machine_of
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY, Amounts, page_bytes
from ove_capacity.model.topology import Topology
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.cluster import NodeSection

__all__ = ["machine_as_said"]


def machine_as_said(
    context: Context, path: FieldPath, topology: Topology, capacity: Amounts, section: NodeSection
) -> Machine:
    """The machine of these processors; what its *section* says of cells wins over an even split.

    *path*: of the section. Cells beyond those of the processors have memory only.
    """
    pages = {
        size: amount // page_bytes(size)
        for name, amount in capacity.items()
        if (size := name.removeprefix(HUGEPAGES_PREFIX)) != name
    }
    with_cpus = topology.sockets * topology.cells_per_socket
    machine = machine_of(
        topology,
        capacity[MEMORY],
        pages,
        cpuless=(0,) * (len(section.cells) - with_cpus),
        interleaved=section.interleaved,
        devices=_devices(context, path, section, max(with_cpus, len(section.cells))),
        caches_per_cell=_caches(context, path, topology, section),
    )
    if section.cells:
        machine = _uneven(context, path, machine, section, pages)
    return replace(machine, cells=_with_distances(context, path, machine.cells, section))


def _devices(
    context: Context, path: FieldPath, section: NodeSection, cells: int
) -> dict[str, dict[int, int]]:
    found = {}
    for name, counts in section.devices_by_cell.items():
        if len(counts) > cells:
            where = (*path, "devicesByCell", name)
            context.error(where, f"speaks of {len(counts)} cells, and there are {cells}")
        found[name] = dict(enumerate(counts[:cells]))
    return found


def _uneven(
    context: Context,
    path: FieldPath,
    machine: Machine,
    section: NodeSection,
    pages: Mapping[str, int],
) -> Machine:
    """The machine with memory and pages of each cell as they are said."""
    where, given = (*path, "cells"), section.cells
    if len(given) < len(machine.cells):
        context.error(where, f"are {len(given)}, and the machine has {len(machine.cells)}")
        return machine
    for size in sorted({*pages, *(size for each in given for size in each.hugepages)}):
        total, known = sum(each.hugepages.get(size, 0) for each in given), pages.get(size, 0)
        if total != known:
            context.error(where, f"have {total} pages of {size}, and the machine {known}")
    none = dict.fromkeys(pages, 0)
    return replace(
        machine,
        cells=tuple(
            replace(cell, memory_bytes=each.memory, hugepages={**none, **each.hugepages})
            for cell, each in zip(machine.cells, given, strict=True)
        ),
    )


def _caches(context: Context, path: FieldPath, topology: Topology, section: NodeSection) -> int:
    caches = section.caches_per_cell or 1
    cores = topology.cores_per_socket // topology.cells_per_socket
    if cores % caches:
        context.error((*path, "cachesPerCell"), f"must divide the {cores} cores of a cell")
        return 1
    return caches


def _with_distances(
    context: Context, path: FieldPath, cells: tuple[NumaCell, ...], section: NodeSection
) -> tuple[NumaCell, ...]:
    rows, where = section.distances, (*path, "distances")
    if not rows:
        return cells
    if len(rows) != len(cells) or any(len(row) != len(cells) for row in rows):
        sizes = " and ".join(sorted({str(len(row)) for row in rows}))
        context.error(
            where, f"are {len(rows)} rows of {sizes}, and the machine has {len(cells)} cells"
        )
        return cells
    return tuple(replace(cell, distances=row) for cell, row in zip(cells, rows, strict=True))
