"""A run as tables: how the clusters stand, what still fits, what happened, what to doubt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ove_capacity.analysis.failover import ClusterFailover, Failover
from ove_capacity.analysis.headroom import ClusterHeadroom, Headroom
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.ocm import Decision
from ove_capacity.sim.run import Run
from ove_capacity.simtime import HOUR_MS, format_duration
from ove_capacity.tables import Cell, Table

__all__ = [
    "assumed_table",
    "clusters_table",
    "evidence_sentence",
    "fits_table",
    "happenings_table",
    "headline",
    "losses_table",
    "pending_table",
    "placements_table",
]

GUIDELINE_PERCENT = (20, 30)
"""The architecture's planning guideline for the share of the system."""

_SHAPES_ABREAST = 4
_SHOWN_ROWS = 12
_LONGEST_CELL = 28
_UNIT = re.compile(r"\d+[a-z]+")
_KINDS = {
    "node-lost": "nodes lost",
    "vm-lost": "VMs hit",
    "remediation-held-back": "repairs held back",
    "vm-started": "VM starts",
    "vm-pending": "VMs refused at first",
    "vm-preempted": "preempted",
    "vm-stopped": "stopped",
    "vm-ended": "ended",
}
"""Kind of event -> column."""


def clusters_table(run: Run, room: Headroom, losses: Failover) -> Table:
    """Each cluster as the run leaves it."""
    low, high = GUIDELINE_PERCENT
    rows = []
    for cluster in run.case.fleet.clusters:
        counts = run.counts[cluster.name]
        loss = losses.clusters[cluster.name]
        rows.append(
            (
                cluster.name,
                cluster.profile or "-",
                f"{loss.workers} of {len(cluster.workers)}",
                counts["running"],
                counts["pending"],
                counts["lost"],
                *_overhead(room.clusters[cluster.name]),
                _survives(loss),
            )
        )
    columns = ("cluster", "profile", "workers", "running", "pending", "lost", "overhead", "")
    notes = (
        "overhead: the share of the workers' CPU or memory, whichever is larger, that guests can "
        f"never use; the architecture plans {low}-{high} %.",
        "N+1: every VM is placed again after the loss of any one worker.",
    )
    return Table("Clusters at the end", (*columns, "N+1"), tuple(rows), notes)


def headline(run: Run, losses: Failover) -> str:
    """The run in a few sentences."""
    totals = Counter(str(vm.status) for vm in run.vms)
    states = [f"{totals[name]} {name}" for name in ("running", "pending", "lost") if totals[name]]
    weak = [
        each.cluster
        for each in losses.clusters.values()
        if each.workers and not each.survives_nodes
    ]
    sentences = [
        f"{run.case.name}: {format_duration(run.until_ms)} simulated with seed {run.case.seed}.",
        f"VMs at the end: {', '.join(states) or 'none'}.",
    ]
    if weak:
        sentences.append(f"The loss of one worker is not survived by: {', '.join(weak)}.")
    return " ".join(sentences)


def fits_table(room: Headroom) -> Table:
    """How many more VMs of each shape fit, and what runs out first."""
    clusters = [each for each in room.clusters.values() if each.fits and each.workers]
    shapes = list(dict.fromkeys(fit.shape for each in clusters for fit in each.fits))
    title = "What still fits: more VMs of each shape, each alone, and what runs out first"
    if len(shapes) > _SHAPES_ABREAST:
        listed = [
            (each.cluster, fit.shape, fit.count, _shortened(fit.binding))
            for each in clusters
            for fit in each.fits
        ]
        return Table.of(title, ("cluster", "shape", "more VMs", "runs out"), listed)
    rows = []
    for each in clusters:
        cells = {fit.shape: f"{fit.count} ({_shortened(fit.binding)})" for fit in each.fits}
        rows.append((each.cluster, *(cells.get(shape, "-") for shape in shapes)))
    return Table.of(title, ("cluster", *shapes), rows)


def placements_table(decisions: Sequence[Decision]) -> Table:
    """What the hub decided, best first, with the totals it compared."""
    rows = [
        (
            each.placement,
            ", ".join(each.clusters) or "NO CLUSTER",
            ", ".join(f"{name} {total:+d}" for name, total in each.totals.items()) or "-",
        )
        for each in decisions
    ]
    notes = [
        f"{each.placement} adds up {', '.join(f'{one.name} ×{one.weight}' for one in ran)}"
        for each in decisions
        if (ran := each.prioritizers)
    ]
    columns = ("placement", "goes to", "candidates by score")
    return Table("Placements the hub decides", columns, tuple(rows), tuple(notes))


def happenings_table(run: Run) -> Table:
    """Events counted by cluster; kinds that never occurred are left out."""
    counts = Counter(zip(run.events.cluster, run.events.kind, strict=True))
    shown = [kind for kind in _KINDS if kind in run.events.kind]
    rows = [
        (cluster.name, *(counts[cluster.name, kind] for kind in shown))
        for cluster in run.case.fleet.clusters
    ]
    return Table.of("What happened", ("cluster", *(_KINDS[kind] for kind in shown)), rows)


def losses_table(run: Run) -> Table:
    """Each node loss: whom it hit, and how long until they ran again; the worst first."""
    outages = sorted(_outages(run), key=lambda each: (-each.down_ms, -each.vms, each.time_ms))
    rows: list[tuple[Cell, ...]] = [
        (
            _rough(each.time_ms),
            each.cluster,
            each.node,
            each.vms,
            _rough(each.longest_ms) if each.vms else "-",
            each.down_ms / HOUR_MS,
            each.still_down,
        )
        for each in outages[:_SHOWN_ROWS]
    ]
    columns = ("at", "cluster", "node", "VMs hit", "longest down", "VM-hours down", "still down")
    title = f"Node losses: {len(outages)}, the costliest first"
    return Table.of(title, columns, rows)


def pending_table(run: Run) -> Table:
    """VMs that wait or are lost at the end, those with one reason together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for vm in run.vms:
        if vm.status in ("pending", "lost"):
            reason = vm.reason or (f"node {vm.node} is down and nothing restarts its VMs")
            groups.setdefault((vm.cluster, str(vm.status), reason), []).append(vm.key)
    rows = [
        (cluster, status.upper(), len(names), _few(names), reason)
        for (cluster, status, reason), names in groups.items()
    ]
    columns = ("cluster", "status", "VMs", "which", "why")
    return Table.of("VMs that do not run at the end", columns, rows)


def assumed_table(assumptions: Sequence[Assumption]) -> Table:
    """The numbers that rest on our judgement alone."""
    merged: dict[tuple[str, str, str], list[str]] = {}
    for each in assumptions:
        if each.evidence is Evidence.ASSUMED:
            key = (each.name, each.value, each.source)
            merged.setdefault(key, []).append(each.applies_to)
    rows = [
        (name, value, ", ".join(filter(None, applies)) or "all", source)
        for (name, value, source), applies in merged.items()
    ]
    shown = Table.of("Assumed by us; replace them with yours", _ASSUMED, rows[:_SHOWN_ROWS])
    if len(rows) <= _SHOWN_ROWS:
        return shown
    note = f"… and {len(rows) - _SHOWN_ROWS} more: `ove-capacity show` lists all"
    return Table(shown.title, shown.columns, shown.rows, (note,))


def evidence_sentence(assumptions: Sequence[Assumption]) -> str:
    """How many numbers the input does not give, by how well they are known."""
    if not assumptions:
        return "Every number was read from the input."
    classes = Counter(str(each.evidence) for each in assumptions)
    parts = ", ".join(f"{classes[kind]} {kind}" for kind in Evidence if classes[kind])
    return f"{len(assumptions)} numbers were not in the input: {parts}."


_ASSUMED = ("assumption", "value", "applies to", "why")


def _overhead(room: ClusterHeadroom) -> tuple[str, str]:
    percent = room.overhead_percent
    if percent is None:
        return "-", "no worker"
    low, high = GUIDELINE_PERCENT
    verdict = "below" if percent < low else "above" if percent > high else "within"
    return f"{percent:.1f} %", verdict


def _survives(loss: ClusterFailover) -> str:
    if not loss.workers:
        return "no worker"
    if loss.survives_nodes:
        return "yes"
    worst = max((len(each.not_returned) for each in loss.losses), default=0)
    return f"NO, {worst} VM{'s' if worst > 1 else ''}"


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


def _outages(run: Run) -> list[_Outage]:
    """Node losses, from the log: who was lost with which node, and when it started again."""
    found: list[_Outage] = []
    latest: dict[tuple[str, str], _Outage] = {}
    down: dict[tuple[str, str], tuple[_Outage, int]] = {}
    log = run.events
    columns = (log.time_ms, log.kind, log.cluster, log.name, log.node)
    for time_ms, kind, cluster, name, node in zip(*columns, strict=True):
        if kind == "node-lost":
            latest[cluster, node] = _Outage(time_ms, cluster, node)
            found.append(latest[cluster, node])
        elif kind == "vm-lost":
            latest[cluster, node].vms += 1
            down[cluster, name] = (latest[cluster, node], time_ms)
        elif kind in ("vm-started", "vm-stopped", "vm-ended") and (cluster, name) in down:
            outage, lost_ms = down.pop((cluster, name))
            outage.ended(lost_ms, time_ms)
    for outage, lost_ms in down.values():
        outage.ended(lost_ms, run.until_ms)
        outage.still_down += 1
    return found


def _rough(ms: int) -> str:
    """The two largest units: nobody reads the seconds of a day."""
    return "".join(_UNIT.findall(format_duration(ms))[:2])


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} …"
