"""A run as tables: how the clusters stand, what still fits, what happened, what to doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ove_capacity.analysis.failover import ClusterFailover, Failover
from ove_capacity.analysis.headroom import ClusterHeadroom, Fit, Headroom
from ove_capacity.model import overview
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.cluster import Fleet
from ove_capacity.ocm import Decision
from ove_capacity.sim.run import Run
from ove_capacity.simtime import format_duration
from ove_capacity.tables import Table

__all__ = [
    "assumed",
    "clusters_table",
    "evidence_sentence",
    "fits_table",
    "headline",
    "pending_table",
    "placements_table",
]

_GUIDELINE_PERCENT = (20, 30)
"""The architecture's planning guideline for the share of the system."""

_ABREAST = 6
_REFUSED = "refused"
_SHOWN_ROWS = 12


def clusters_table(run: Run, room: Headroom, losses: Failover) -> Table:
    """Each cluster as the run leaves it."""
    low, high = _GUIDELINE_PERCENT
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
    told = ("running", "pending", "lost", "stopped", "halted")
    states = [f"{totals[name]} {name}" for name in told if totals[name]]
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


def fits_table(room: Headroom, names: Iterable[str]) -> Table:
    """How many more VMs of each shape fit on the clusters of those names, in their order."""
    each_room = [room.clusters[name] for name in names]
    clusters = [each for each in each_room if each.fits and each.workers]
    title = "What still fits: more VMs of each shape, each alone, and what runs out first"
    notes = (f"{_REFUSED}: no worker takes it, whatever room there is; `explain` says why",)
    if len(clusters) > _ABREAST:
        listed = [(each.cluster, fit.shape, _fits(fit)) for each in clusters for fit in each.fits]
        return Table(title, ("cluster", "shape", "more VMs"), tuple(listed), notes)
    shapes = dict.fromkeys(fit.shape for each in clusters for fit in each.fits)
    rows: dict[tuple[str, ...], list[str]] = {}
    for shape in shapes:
        answers = ({fit.shape: _fits(fit) for fit in each.fits} for each in clusters)
        rows.setdefault(tuple(each.get(shape, "-") for each in answers), []).append(shape)
    columns = ("shape", *(each.cluster for each in clusters))
    merged = tuple((", ".join(names), *cells) for cells, names in rows.items())
    refused = any(_REFUSED in cells for cells in rows)
    return Table(title, columns, merged, notes if refused else ())


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


def assumed(assumptions: Sequence[Assumption], fleet: Fleet) -> list[str]:
    """The numbers that rest on our judgement alone, one sentence each."""
    ours = [each for each in assumptions if each.evidence is Evidence.ASSUMED]
    rows = overview.assumptions_table(ours, fleet).rows
    told = [
        f"{name} = {value} ({where}): {why}" for name, value, where, _, why in rows[:_SHOWN_ROWS]
    ]
    more = len(rows) - _SHOWN_ROWS
    return [*told, f"{more} more: `ove-capacity show` tells all"] if more > 0 else told


def evidence_sentence(assumptions: Sequence[Assumption]) -> str:
    """How many numbers the input does not give, by how well they are known."""
    if not assumptions:
        return "Every number was read from the input."
    classes = Counter(str(each.evidence) for each in assumptions)
    parts = ", ".join(f"{classes[kind]} {kind}" for kind in Evidence if classes[kind])
    return f"{len(assumptions)} numbers were not in the input: {parts}."


def _overhead(room: ClusterHeadroom) -> tuple[str, str]:
    percent = room.overhead_percent
    if percent is None:
        return "-", "no worker"
    low, high = _GUIDELINE_PERCENT
    verdict = "below" if percent < low else "above" if percent > high else "within"
    return f"{percent:.1f} %", verdict


def _survives(loss: ClusterFailover) -> str:
    if not loss.workers:
        return "no worker"
    if loss.survives_nodes:
        return "yes"
    worst = max((len(each.not_returned) for each in loss.losses), default=0)
    return f"NO, {worst} VM{'s' if worst > 1 else ''}"


def _fits(fit: Fit) -> str:
    """``22 (cpu)``; a reason in words is no budget."""
    if " " in fit.binding:
        return str(fit.count) if fit.count else _REFUSED
    return f"{fit.count} ({fit.binding})"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} …"
