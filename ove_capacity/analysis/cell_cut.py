"""The same machine with its sockets cut into more or fewer NUMA cells, as firmware offers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import Core, Machine, NumaCell

__all__ = ["rearranged", "recut"]

_LOCAL, _REMOTE = 10, 20
_ANY = -1
"""Any socket."""


def rearranged(kubelet: NodeKubelet, machine: Machine) -> NodeKubelet:
    """The same machine cut otherwise; what is reserved and what devices there are go along."""
    moved = _moves(kubelet.machine, machine)
    reserved: dict[int, dict[str, int]] = {}
    for entry in kubelet.config.reserved_memory:
        limits = reserved.setdefault(moved.get(entry.cell, entry.cell), {})
        for name, amount in entry.limits.items():
            limits[name] = limits.get(name, 0) + amount
    config: KubeletConfig = replace(
        kubelet.config,
        reserved_memory=tuple(ReservedMemory(cell, reserved[cell]) for cell in sorted(reserved)),
    )
    devices: dict[str, dict[int, int]] = {}
    for name, pieces in kubelet.machine.devices.items():
        counts = devices.setdefault(name, {})
        for cell, count in pieces.items():
            counts[moved.get(cell, cell)] = counts.get(moved.get(cell, cell), 0) + count
    return NodeKubelet(Machine(machine.cells, devices), config, kubelet.kept)


def _moves(before: Machine, after: Machine) -> dict[int, int]:
    """Cell -> the cell that has its first core afterwards."""
    homes = {core.threads: cell.number for cell in after.cells for core in cell.cores}
    return {cell.number: homes[cell.cores[0].threads] for cell in before.cells if cell.cores}


def recut(machine: Machine, per_socket: int) -> Machine | None:
    """The machine with so many cells a socket, memory and pages split evenly; 0: one in all.

    None: cores do not divide, or there are cells of memory alone.
    """
    if not all(cell.cores for cell in machine.cells):
        return None
    parts = _parts(machine, per_socket)
    if parts is None:
        return None
    cells = []
    for number, (cores, memory, pages) in enumerate(parts):
        distances = tuple(_LOCAL if other == number else _REMOTE for other in range(len(parts)))
        cells.append(NumaCell(number, cores, memory, pages, distances))
    return Machine(tuple(cells))


_Part = tuple[tuple[Core, ...], int, dict[str, int]]


def _parts(machine: Machine, per_socket: int) -> list[_Part] | None:
    """Cores, memory and pages of each cell."""
    cores = sorted(core for core in _by_thread(machine))
    sockets = sorted({core.socket for _, core in cores}) if per_socket else [_ANY]
    sizes = sorted({size for cell in machine.cells for size in cell.hugepages})
    found: list[_Part] = []
    for socket in sockets:
        own = [core for _, core in cores if socket in (_ANY, core.socket)]
        count = per_socket or 1
        per, rest = divmod(len(own), count)
        if rest or not per:
            return None
        memory = _share(machine, socket, {cell.number: cell.memory_bytes for cell in machine.cells})
        pages = {
            size: _share(
                machine,
                socket,
                {each.number: each.hugepages.get(size, 0) for each in machine.cells},
            )
            for size in sizes
        }
        found += [
            (
                tuple(own[i * per : (i + 1) * per]),
                _even(memory, count, i),
                {size: _even(total, count, i) for size, total in pages.items()},
            )
            for i in range(count)
        ]
    return found


def _by_thread(machine: Machine) -> Iterator[tuple[int, Core]]:
    for cell in machine.cells:
        for core in cell.cores:
            yield core.threads[0], core


def _share(machine: Machine, socket: int, amounts: Mapping[int, int]) -> int:
    """What belongs to a socket, of cells that span several by their cores."""
    total = 0
    for cell in machine.cells:
        own = sum(socket in (_ANY, core.socket) for core in cell.cores)
        total += amounts[cell.number] * own // len(cell.cores)
    return total


def _even(amount: int, count: int, at: int) -> int:
    return amount // count + (at < amount % count)
