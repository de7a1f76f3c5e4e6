"""What an autoscaler did to a cluster in a run: machines, waiting VMs, and what it ran into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from ove_capacity.openshift.machines import startup_timeout_ms
from ove_capacity.sim.log import EventLog
from ove_capacity.sim.machines import MachineLog, Scaler
from ove_capacity.simtime import HOUR_MS, format_duration
from ove_capacity.tables import Cell, Table

__all__ = ["GroupScaling", "Scaling", "Waits", "scaling_table", "scalings_of"]

_LOOPS_FROM = 3
"""Machines in a row that a health check deletes before that is called a loop."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long VMs waited that no node took at once; those that wait still count to the end."""

    vms: int = 0
    p50_ms: int = 0
    p95_ms: int = 0
    max_ms: int = 0
    still: int = 0
    """Of them, those that wait at the end."""


@dataclass(frozen=True, slots=True)
class GroupScaling:
    """Machines of one group."""

    name: str
    min_size: int
    max_size: int
    nodes_begin: int
    nodes_end: int
    nodes_most: int
    node_ms: int
    """Sum over its nodes of the time that each was there."""
    scale_ups: int
    failed_scale_ups: int
    """They took too long, and the group was left alone for a while."""
    machines_made: int
    joined: int
    failed: int
    given_up: int
    """Replaced by a health check before they had a node."""
    given_back: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """One cluster's autoscaling."""

    cluster: str
    groups: tuple[GroupScaling, ...]
    waits: Waits
    node_ms: int
    """Sum over every node of the cluster of the time that it was there."""
    not_scaled_up: Mapping[str, int]
    """Upstream's words -> VMs that wait at the end, and that no machine was added for."""
    not_scaled_down: Mapping[str, int]
    """Upstream's words -> nodes that are not given back at the end."""
    findings: tuple[str, ...] = ()
    """What a reader should not miss, in sentences."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "groups": [asdict(each) for each in self.groups],
            "waits": asdict(self.waits),
            "node_ms": self.node_ms,
            "not_scaled_up": dict(self.not_scaled_up),
            "not_scaled_down": dict(self.not_scaled_down),
            "findings": list(self.findings),
        }


def scalings_of(
    scalers: Mapping[str, Scaler], events: EventLog, machines: MachineLog, until_ms: int
) -> dict[str, Scaling]:
    """Sum up a run's logs for each cluster that is scaled."""
    return {
        name: _scaling(name, scaler, events, machines, until_ms) for name, scaler in scalers.items()
    }


def _scaling(
    cluster: str, scaler: Scaler, events: EventLog, machines: MachineLog, until_ms: int
) -> Scaling:
    counts = _counts(cluster, scaler, events)
    groups = tuple(
        _group(cluster, scaler, name, counts, machines, until_ms) for name in scaler.sets
    )
    waits = _waits(cluster, events, until_ms)
    steps = _steps(machines, cluster, scaler.sets[0], machines.cluster_nodes)
    return Scaling(
        cluster,
        groups,
        waits,
        _integral(steps, until_ms),
        dict(scaler.waiting),
        dict(sorted(Counter(scaler.staying.values()).items())),
        tuple(_findings(scaler, groups, events, cluster)),
    )


def scaling_table(scalings: Sequence[Scaling]) -> Table:
    """A row for each group, and below it what was found."""
    rows = [_row(each.cluster, group) for each in scalings for group in each.groups]
    notes = tuple(f"{each.cluster}: {note}" for each in scalings for note in _notes(each))
    return Table("Autoscaling", _COLUMNS, tuple(rows), notes)


_COLUMNS = (
    "cluster",
    "pool",
    "bounds",
    "nodes",
    "most",
    "made",
    "joined",
    "lost",
    "given back",
    "node-hours",
)


def _row(cluster: str, group: GroupScaling) -> tuple[Cell, ...]:
    return (
        cluster,
        group.name,
        f"{group.min_size}-{group.max_size}",
        f"{group.nodes_begin} -> {group.nodes_end}",
        group.nodes_most,
        group.machines_made,
        group.joined,
        group.failed + group.given_up,
        group.given_back,
        round(group.node_ms / HOUR_MS),
    )


def _notes(each: Scaling) -> Iterator[str]:
    waits = each.waits
    if waits.vms:
        half, most, longest = map(_rough, (waits.p50_ms, waits.p95_ms, waits.max_ms))
        still = f"; {waits.still} wait at the end" if waits.still else ""
        yield (
            f"{waits.vms} VMs waited for a node, half of them up to {half}, 95 % up to {most}, "
            f"the longest {longest}{still}."
        )
    for reason, vms in each.not_scaled_up.items():
        yield f"{vms} VMs: {reason}."
    told = ", ".join(f"{count} {reason}" for reason, count in each.not_scaled_down.items())
    if told:
        yield f"nodes that stay: {told}."
    yield from each.findings


def _rough(ms: int) -> str:
    """To the second, and to the minute from an hour on."""
    unit = 60_000 if ms >= HOUR_MS else 1000
    return format_duration(ms // unit * unit)


# -- from the logs ---------------------------------------------------------------------------------

_OF_GROUP = ("scale-up", "scale-up-failed", "scale-down")
_OF_MACHINE = ("machine-created", "machine-failed", "node-joined")


def _counts(cluster: str, scaler: Scaler, events: EventLog) -> Counter[tuple[str, str]]:
    """(group, kind of event) -> how often."""
    counts: Counter[tuple[str, str]] = Counter()
    columns = (events.cluster, events.kind, events.name)
    for where, kind, name in zip(*columns, strict=True):
        if where != cluster:
            continue
        if kind in _OF_GROUP:
            counts[name, kind] += 1
        elif kind in _OF_MACHINE:
            counts[scaler.set_of[name], kind] += 1
    return counts


def _group(
    cluster: str,
    scaler: Scaler,
    name: str,
    counts: Counter[tuple[str, str]],
    machines: MachineLog,
    until_ms: int,
) -> GroupScaling:
    steps = _steps(machines, cluster, name, machines.nodes)
    nodes = [count for _, count in steps]
    return GroupScaling(
        name,
        *scaler.bounds(name),
        nodes[0],
        nodes[-1],
        max(nodes),
        _integral(steps, until_ms),
        counts[name, "scale-up"],
        counts[name, "scale-up-failed"],
        counts[name, "machine-created"],
        counts[name, "node-joined"],
        counts[name, "machine-failed"],
        scaler.given_up[name],
        counts[name, "scale-down"],
    )


def _steps(
    log: MachineLog, cluster: str, group: str, column: Sequence[int]
) -> list[tuple[int, int]]:
    """(time, nodes) from which on there were so many."""
    rows = zip(log.time_ms, log.cluster, log.group, column, strict=True)
    return [(time, nodes) for time, where, name, nodes in rows if (where, name) == (cluster, group)]


def _integral(steps: Sequence[tuple[int, int]], until_ms: int) -> int:
    ends = [*(time for time, _ in steps[1:]), until_ms]
    return sum(nodes * (end - time) for (time, nodes), end in zip(steps, ends, strict=True))


def _waits(cluster: str, events: EventLog, until_ms: int) -> Waits:
    since: dict[str, int] = {}
    waits: list[int] = []
    columns = (events.time_ms, events.cluster, events.kind, events.name)
    for time_ms, where, kind, name in zip(*columns, strict=True):
        if where != cluster:
            continue
        if kind == "vm-pending":
            since[name] = time_ms
        elif kind in ("vm-started", "vm-ended") and name in since:
            waits.append(time_ms - since.pop(name))
    waits += (until_ms - time_ms for time_ms in since.values())
    waits.sort()
    if not waits:
        return Waits()
    p50, p95 = (waits[-(-len(waits) * share // 100) - 1] for share in (50, 95))
    return Waits(len(waits), p50, p95, waits[-1], len(since))


def _findings(
    scaler: Scaler, groups: Sequence[GroupScaling], events: EventLog, cluster: str
) -> Iterator[str]:
    for group in groups:
        check = scaler.check_of(group.name)
        timeout_ms = startup_timeout_ms(check)
        if check is not None and timeout_ms is not None and group.given_up >= _LOOPS_FROM:
            yield (
                f"the health check {check.name} deleted {group.given_up} machines of "
                f"{group.name} that had no node and no news for {format_duration(timeout_ms)}, and "
                f"{group.joined} became nodes: whoever takes longer is deleted and made anew, for "
                "ever."
            )
        if group.failed_scale_ups and not group.joined:
            last = _last_detail(events, cluster, group.name)
            yield (
                f"none of {group.machines_made} machines of {group.name} became a node; "
                f"{group.failed_scale_ups} scale-ups failed, the last one: {last}."
            )


def _last_detail(events: EventLog, cluster: str, group: str) -> str:
    columns = (events.cluster, events.kind, events.name, events.detail)
    told = [
        detail
        for where, kind, name, detail in zip(*columns, strict=True)
        if (where, kind, name) == (cluster, "scale-up-failed", group)
    ]
    return told[-1]
