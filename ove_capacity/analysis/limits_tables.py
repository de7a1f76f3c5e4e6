"""Limits of the autoscaler as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.analysis.limit_room import GPUS, LIMITS, GroupRoom
from ove_capacity.analysis.limit_shape import ShapeLimit
from ove_capacity.analysis.limit_waiting import Waiting
from ove_capacity.tables import Cell, Table

__all__ = ["rooms_table", "shapes_table", "waiting_table"]

_COUNTED = (
    "Cores and memory: of the whole capacity of every machine, masters too; maxNodesTotal: every "
    "node. Pools share what these three leave."
)
_ALONE = "Each shape alone, while nothing else comes. Added: machines, as the autoscaler chooses."


def rooms_table(rooms: Sequence[tuple[str, bool, GroupRoom]]) -> Table:
    """Machines that each limit still allows; (cluster, whether it applies, pool)."""
    has_gpus = any(GPUS in each.rooms for *_, each in rooms)
    told = [name for name in LIMITS if name != GPUS or has_gpus]
    rows: list[tuple[Cell, ...]] = [
        (
            cluster,
            each.group,
            each.machines,
            each.most,
            *(each.rooms.get(name) for name in told),
            " and ".join(each.binding) if applies else "(refused)",
        )
        for cluster, applies, each in rooms
    ]
    columns = ("cluster", "pool", "machines", "max", *told, "binds first")
    title = "More machines that each limit allows"
    return Table(title, columns, tuple(rows), (_COUNTED,))


def shapes_table(shapes: Sequence[tuple[str, ShapeLimit]]) -> Table:
    """VMs of each shape now, and when nothing more is added."""
    rows: list[tuple[Cell, ...]] = [
        (
            cluster,
            each.shape,
            each.now.count,
            _listed(each.growth.added),
            each.then.count,
            each.binding,
        )
        for cluster, each in shapes
    ]
    columns = ("cluster", "shape", "fit now", "added", "fit then", "what binds")
    return Table("More VMs until nothing is added", columns, tuple(rows), (_ALONE,))


def waiting_table(clusters: Sequence[tuple[str, Waiting]]) -> Table:
    """VMs that wait, and what becomes of them."""
    rows: list[tuple[Cell, ...]] = []
    for cluster, waiting in clusters:
        if waiting.helped:
            added = _listed(waiting.added)
            what = f"run once {added} are added" if added else "find a place after all"
            rows.append((cluster, "", waiting.helped, what))
        rows += [
            (cluster, each.workload, each.vms, each.autoscaler_message or each.message)
            for each in waiting.pending
        ]
    columns = ("cluster", "workload", "VMs", "what becomes of them")
    return Table("VMs that wait", columns, tuple(rows))


def _listed(added: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {group}" for group, count in added.items())
