"""A run's log as tables: what happened to each cluster, and what each node loss cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ove_capacity.model.recovery import Recovered
from ove_capacity.sim.log import EventLog
from ove_capacity.simtime import HOUR_MS, rough_duration
from ove_capacity.tables import Cell, Table

__all__ = ["counts_table", "happenings_table", "hub_table", "losses_table", "recoveries_table"]

_SHOWN_ROWS = 12
_KINDS = {
    "node-lost": "nodes lost",
    "vm-lost": "VMs hit",
    "remediation-held-back": "repairs held back",
    "node-cordoned": "nodes cordoned",
    "vm-refused": "refused by admission",
    "vm-started": "VM starts",
    "vm-pending": "had to wait",
    "vm-rejected": "not admitted",
    "vm-looping": "in a loop",
    "vm-preempted": "preempted",
    "vm-stopped": "stopped",
    "vm-ended": "ended",
}
"""Kind of event -> column."""
_HUB_KINDS = {
    "cluster-joined": "joined",
    "cluster-lost": "lost",
    "cluster-returned": "returned",
    "partition-began": "cut from the hub",
    "partition-ended": "in touch again",
    "api-outage-began": "its API stopped to answer",
    "api-outage-ended": "its API answers again",
    "cluster-unavailable": "unavailable, by its agent",
    "cluster-unreachable": "given up by the hub",
    "cluster-available": "available again",
    "hub-lost": "lost",
    "hub-returned": "returned",
    "placement-decided": "decided",
    "placement-flapped": "back where it was",
    "placement-followed": "GitOps follows",
    "recovery-decided": "people bring back",
    "recovery-called-off": "nobody need bring back",
    "recovery-ends": "people move home",
}
"""Kind of event -> words."""


def counts_table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """VMs of each cluster by status; a status that nobody has is left out."""
    every = dict.fromkeys(status for each in counts.values() for status in each)
    shown = [status for status in every if any(each[status] for each in counts.values())]
    rows: list[tuple[Cell, ...]] = [
        (name, *(each[status] for status in shown)) for name, each in counts.items()
    ]
    return Table.of("VMs at the end", ("cluster", *shown), rows)


def happenings_table(clusters: Iterable[str], events: EventLog) -> Table:
    """Events counted by cluster; kinds that never occurred are left out."""
    counts = Counter(zip(events.cluster, events.kind, strict=True))
    shown = [kind for kind in _KINDS if kind in events.kind]
    rows: list[tuple[Cell, ...]] = [
        (name, *(counts[name, kind] for kind in shown)) for name in clusters
    ]
    return Table.of("What happened", ("cluster", *(_KINDS[kind] for kind in shown)), rows)


def hub_table(events: EventLog) -> Table:
    """What the hub learned and decided after the start, and when GitOps followed."""
    rows: list[tuple[Cell, ...]] = [
        (rough_duration(time_ms), _HUB_KINDS[kind], name, detail)
        for time_ms, kind, name, detail in zip(
            events.time_ms, events.kind, events.name, events.detail, strict=True
        )
        if time_ms and kind in _HUB_KINDS
    ]
    title = "What the hub saw and decided"
    if len(rows) > _SHOWN_ROWS:
        title += f": the first {_SHOWN_ROWS} of {len(rows)}"
    return Table.of(title, ("at", "event", "of", "detail"), rows[:_SHOWN_ROWS])


def losses_table(events: EventLog, until_ms: int) -> Table:
    """Each node loss: whom it hit, and how long until they ran again; the worst first."""
    outages = sorted(
        _outages(events, until_ms), key=lambda each: (-each.down_ms, -each.vms, each.time_ms)
    )
    rows: list[tuple[Cell, ...]] = [
        (
            rough_duration(each.time_ms),
            each.cluster,
            each.node,
            each.vms,
            rough_duration(each.longest_ms) if each.vms else "-",
            each.down_ms / HOUR_MS,
            each.still_down,
        )
        for each in outages[:_SHOWN_ROWS]
    ]
    columns = ("at", "cluster", "node", "VMs hit", "longest", "VM-hours", "still down")
    order = f"the costliest {len(rows)}" if len(outages) > len(rows) else "the costliest first"
    title = f"Node losses: {len(outages)}, {order}; how long their VMs were down"
    return Table.of(title, columns, rows)


@dataclass(slots=True)
class _Outage:
    """One node loss and its consequences."""

    time_ms: int
    cluster: str
    node: str
    vms: int = 0
    down_ms: int = 0
    """Sum over its VMs."""
    longest_ms: int = 0
    still_down: int = 0

    def ended(self, lost_ms: int, back_ms: int) -> None:
        self.down_ms += back_ms - lost_ms
        self.longest_ms = max(self.longest_ms, back_ms - lost_ms)


def _outages(log: EventLog, until_ms: int) -> list[_Outage]:
    """Node losses, from the log: who was lost with which node, and when it started again."""
    found: list[_Outage] = []
    latest: dict[tuple[str, str], _Outage] = {}
    down: dict[tuple[str, str], tuple[_Outage, int]] = {}
    columns = (log.time_ms, log.kind, log.cluster, log.name, log.node, log.detail)
    for time_ms, kind, cluster, name, node, detail in zip(*columns, strict=True):
        if kind == "node-lost":
            latest[cluster, node] = _Outage(time_ms, cluster, node)
            found.append(latest[cluster, node])
        elif kind == "vm-lost":
            latest[cluster, node].vms += 1
            down[cluster, name] = (latest[cluster, node], time_ms)
        elif kind == "vm-recovered":
            home = detail.partition(", ")[0].removeprefix("from ")
            if (home, name) in down:
                outage, lost_ms = down.pop((home, name))
                outage.ended(lost_ms, time_ms)
        elif kind in ("vm-started", "vm-stopped", "vm-ended") and (cluster, name) in down:
            outage, lost_ms = down.pop((cluster, name))
            outage.ended(lost_ms, time_ms)
    for outage, lost_ms in down.values():
        outage.ended(lost_ms, until_ms)
        outage.still_down += 1
    return found


def recoveries_table(recoveries: Iterable[Recovered]) -> Table:
    """Who went to another cluster, and what that cost: by workload and way, in the order begun."""
    ways: dict[tuple[str, str, str, bool], list[Recovered]] = {}
    for each in recoveries:
        ways.setdefault((each.workload, each.home, each.target, each.is_back), []).append(each)
    rows: list[tuple[Cell, ...]] = []
    for (workload, home, target, is_back), every in ways.items():
        downs = sorted(each.rto_ms for each in every if each.rto_ms is not None)
        ages = [each.rpo_ms for each in every if each.rpo_ms is not None]
        rows.append(
            (
                workload,
                f"{home} -> {target}" if home != target else home,
                "again" if home == target else "home" if is_back else "away",
                len(every),
                len(every) - len(downs),
                rough_duration(downs[len(downs) // 2]) if downs else "-",
                rough_duration(downs[-1]) if downs else "-",
                rough_duration(max(ages)) if ages else "-",
            )
        )
    columns = ("workload", "clusters", "way", "VMs", "not yet", "half down", "longest", "data lost")
    notes = (
        "half down, longest: until their guests served; data lost: what was written since the last "
        "copy, at most; -: they keep none.",
    )
    return Table("VMs that went to another cluster", columns, tuple(rows), notes)
