"""The device manager: pieces of a resource, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from ove_capacity.kubelet.hint import Hint, Hints, cell_masks
from ove_capacity.kubelet.refusal import Refusal, allocate_failed
from ove_capacity.model.cpu_set import cpus_of
from ove_capacity.model.machine import NO_CELL

__all__ = ["Pieces", "TakenDevices", "allocate_devices", "device_hints"]

Pieces: TypeAlias = Mapping[int, int]
"""Cell (or NO_CELL) -> devices there."""


class TakenDevices(NamedTuple):
    """Devices of one container."""

    reused: Pieces
    """Those that init containers of the pod had left."""
    fresh: Pieces


def _hints(
    total: Pieces, free: Pieces, reusable: Pieces, count: int, anywhere: tuple[int, ...]
) -> tuple[Hint, ...] | None:
    cells = [cell for cell, devices in total.items() if cell != NO_CELL and devices]
    if not cells:
        return None
    if sum(free.values()) + sum(reusable.values()) < count:
        return ()
    bound = sum(1 << cell for cell in reusable if reusable[cell] and cell != NO_CELL)
    cells = list(anywhere) or cells
    fewest = len(cells)
    found = []
    for mask in cell_masks(cells):
        members = tuple(cpus_of(mask))
        if sum([total.get(cell, 0) for cell in members]) >= count:
            fewest = min(fewest, mask.bit_count())
        if bound & ~mask:
            continue
        if sum([free.get(cell, 0) + reusable.get(cell, 0) for cell in members]) >= count:
            found.append(mask)
    return tuple(Hint(mask, mask.bit_count() == fewest) for mask in found)


def device_hints(
    total: Mapping[str, Pieces],
    free: Mapping[str, Pieces],
    reusable: Mapping[str, Pieces],
    request: tuple[tuple[str, int], ...],
    anywhere: tuple[int, ...] = (),
) -> Hints:
    """Sets of cells for every device asked for; None for those that belong to no cell.

    Only cells that have such devices appear. Up to 1.34 all did: those are *anywhere* then.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/devicemanager/topology_hints.go, GetTopologyHints and
    generateDeviceTopologyHints.
    """
    return {
        name: _hints(total[name], free[name], reusable.get(name, {}), count, anywhere)
        for name, count in request
        if name in total
    }


def allocate_devices(
    resource: str, total: Pieces, free: Pieces, reusable: Pieces, count: int, cells: int | None
) -> TakenDevices | Refusal:
    """Where the devices of a container come from; lower cells first.

    Those that init containers of the pod have left come first, then those of the *cells*, then
    others, last those without a cell. (Which of several a real plugin's kubelet takes is chance.)

    Source: kubernetes v1.36.2 pkg/kubelet/cm/devicemanager/manager.go, devicesToAllocate.
    """
    if not any(total.values()):  # though none be asked for
        return allocate_failed(
            f"no healthy devices present; cannot allocate unhealthy devices {resource}"
        )
    reused = _take(reusable, sorted(reusable), count)
    left = count - sum(reused.values())
    available = sum(free.values())
    if available < left:
        return allocate_failed(
            f"requested number of devices unavailable for {resource}. "
            f"Requested: {left}, Available: {available}"
        )

    def far(cell: int) -> tuple[bool, bool, int]:
        aligned = cell != NO_CELL and (cells is None or bool(cells >> cell & 1))
        return cell == NO_CELL, not aligned, cell

    return TakenDevices(reused, _take(free, sorted(free, key=far), left))


def _take(pieces: Pieces, order: list[int], count: int) -> Pieces:
    taken = {}
    for cell in order:
        part = min(pieces[cell], count)
        if part > 0:
            taken[cell] = part
            count -= part
    return taken
