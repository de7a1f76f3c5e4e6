"""What managing the fleet costs, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.analysis.rehearsal import Loss
from ove_capacity.model.management import ServicePart
from ove_capacity.model.overview import size_text
from ove_capacity.model.resources import CPU, MEMORY, Amounts
from ove_capacity.platform.management import Growth
from ove_capacity.tables import Cell, Table

__all__ = ["clusters_table", "growth_table", "machines_table", "parts_table", "totals_table"]

_NAMES = {
    "written": "as the manifests say",
    "documented": "as documented by default",
    "in_effect": "as takes effect",
}
_STORAGE = "storage"


def _cpu(amounts: Amounts) -> str:
    return f"{amounts[CPU] / 1000:g}" if amounts.get(CPU) else "-"


def _memory(amounts: Amounts, name: str = MEMORY) -> str:
    size = amounts.get(name, 0)
    return size_text(size) if not size or not size % (1 << 20) else f"{size / (1 << 20):.0f}Mi"


def totals_table(totals: Mapping[str, Amounts]) -> Table:
    """Sums over all pods of the hub's services."""
    rows = [
        (
            _NAMES[name],
            total["pods"],
            _cpu(total),
            f"{total[MEMORY] / (1 << 30):.1f}Gi",
            f"{total[_STORAGE] / (1 << 30):.0f}Gi",
        )
        for name, total in totals.items()
        if any(each["pods"] for each in totals.values())
    ]
    columns = ("requests", "pods", "CPU", "memory", "storage")
    return Table("The hub's services in sum", columns, tuple(rows))


def parts_table(title: str, parts: Sequence[ServicePart]) -> Table:
    """Each part: what the manifest says beside what is documented, of one pod."""
    rows: list[tuple[Cell, ...]] = []
    for part in parts:
        written, known = part.written_requests, part.documented_requests
        volume = part.storage_bytes
        rows.append(
            (
                part.service,
                part.name,
                "each node" if part.is_daemon else str(part.replicas),
                _cpu(written),
                _cpu(known),
                _memory(written) if MEMORY in written else "-",
                _memory(known) if MEMORY in known else "-",
                size_text(volume) if volume else "-",
            )
        )
    columns = (
        *("service", "part", "pods", "CPU said", "CPU documented"),
        *("memory said", "memory documented", "volume"),
    )
    return Table(title, columns, tuple(rows))


def machines_table(
    machines: Sequence[tuple[str, Amounts, Amounts]], losses: Sequence[Loss]
) -> Table:
    """Workers of the hub: what services ask for there, what is left, and what their loss means."""
    lost = {loss.nodes[0]: loss for loss in losses}
    rows = []
    for name, asked, left in machines:
        loss = lost.get(name)
        said = "-" if loss is None else f"{len(loss.not_returned)} of {loss.displaced}"
        rows.append((name, _cpu(asked), _memory(asked), _cpu(left), _memory(left), said))
    columns = ("worker", "CPU of services", "memory of services", "CPU left", "memory left")
    return Table("Workers of the hub", (*columns, "pods without a node if it is lost"), tuple(rows))


def growth_table(growth: Sequence[Growth]) -> Table:
    """What is used for so many managed clusters and nodes; requests stay as they are."""
    rows = [
        (
            each.service,
            f"{each.number:,} {each.per}{'' if each.number == 1 else 's'}",
            _cpu(each.usage),
            f"{each.usage.get(MEMORY, 0) / (1 << 30):.1f}Gi",
            f"{each.each.get('cpu_micro', 0) / 1000:g}m, {_memory(each.each)}",
            each.note,
        )
        for each in growth
    ]
    columns = ("service", "for", "CPU used", "memory used", "one more", "which holds")
    return Table("Use that grows with the fleet", columns, tuple(rows))


def clusters_table(
    clusters: Sequence[tuple[str, Sequence[ServicePart], int, int, Amounts]],
) -> Table:
    """What stands on each managed cluster beside VMs, by service."""
    rows: list[tuple[Cell, ...]] = []
    for name, parts, workers, sidecars, total in clusters:
        if not parts and not sidecars:
            continue
        services = ", ".join(dict.fromkeys(part.service for part in parts))
        pods = sum(workers if part.is_daemon else part.replicas for part in parts)
        rows.append(
            (name, services, pods, sidecars, _cpu(total), f"{total[MEMORY] / (1 << 30):.1f}Gi")
        )
    columns = ("cluster", "services", "pods", "proxies of the mesh", "CPU", "memory")
    return Table("Services on managed clusters", columns, tuple(rows))
