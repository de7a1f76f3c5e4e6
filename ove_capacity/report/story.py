"""A run as tables: how the clusters stand, what still fits, what happened, what to doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ove_capacity.analysis.cluster_failover import NOTHING_TO_LOSE, ClusterFailover
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.fits import Fit
from ove_capacity.analysis.headroom import ClusterHeadroom, Headroom
from ove_capacity.analysis.system_share import GUIDELINE_PERCENT, guideline_verdict
from ove_capacity.model import overview
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.ocm import Decision
from ove_capacity.sim.run import Run
from ove_capacity.simtime import format_duration
from ove_capacity.tables import Table

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.study.result import Standings

__all__ = [
    "assumed",
    "end_table",
    "evidence_sentence",
    "fits_table",
    "headline",
    "pending_table",
    "placements_table",
    "planned_table",
    "study_reading",
    "told_once",
]

_GIB = 1 << 30
_ABREAST = 6
_REFUSED = "refused"
_IN_WORDS = {"refused": "refused by admission"}
_SHOWN_NAMES = 8
_SHOWN_PLACES = 2
_SHOWN_SHAPES = 40
_SHOWN_ROWS = 12
_FITS_TITLE = "What still fits as planned: more VMs of each shape"


def planned_table(planned: Run, room: Headroom, losses: Failover) -> Table:
    """Each cluster with the listed VMs in place."""
    low, high = GUIDELINE_PERCENT
    rows = []
    for cluster in planned.case.fleet.clusters:
        counts = planned.counts[cluster.name]
        wanted = counts["running"] + counts["pending"] + counts["refused"]
        placed = "all" if counts["running"] == wanted else f"{counts['running']:,}"
        rows.append(
            (
                cluster.name,
                cluster.profile or "-",
                len(cluster.workers),
                wanted,
                placed if wanted else "-",
                *_overhead(room.clusters[cluster.name]),
                _survives(losses.clusters[cluster.name]),
            )
        )
    columns = ("cluster", "profile", "workers", "VMs", "placed", "overhead", "", "N+1")
    notes = (
        "overhead: the share of the workers' CPU or memory, whichever is larger, that guests can "
        f"never use; the architecture plans {low}-{high} %.",
        "N+1: every VM is placed again after the loss of any one worker.",
    )
    title = "Clusters as planned: the listed VMs in place, no other has come, nothing has failed"
    return Table(title, columns, tuple(rows), notes)


def end_table(run: Run, room: Headroom, losses: Failover) -> Table:
    """Each cluster as the run leaves it."""
    rows = []
    any_refused = any(each["refused"] for each in run.counts.values())
    for cluster in run.case.fleet.clusters:
        counts, left = run.counts[cluster.name], room.clusters[cluster.name]
        rows.append(
            (
                cluster.name,
                f"{left.workers} of {len(run.states[cluster.name].cluster.workers)}",
                counts["running"],
                counts["pending"],
                counts["lost"],
                *((counts["refused"],) if any_refused else ()),
                left.free[CPU] / 1000,
                left.free[MEMORY] / _GIB,
                _survives(losses.clusters[cluster.name]),
            )
        )
    refused = ("refused",) if any_refused else ()
    columns = ("cluster", "workers", "running", "pending", "lost", *refused)
    columns = (*columns, "free cores", "free GiB", "N+1")
    return Table("Clusters at the end of the run", columns, tuple(rows))


def headline(run: Run, losses: Failover) -> str:
    """The run in a few sentences; *losses* as planned."""
    totals = Counter(str(vm.status) for vm in run.vms)
    told = ("running", "pending", "lost", "stopped", "halted", "refused")
    shown = [name for name in told if totals[name] or (totals and name == "running")]
    states = [f"{totals[name] or 'none'} {_IN_WORDS.get(name, name)}" for name in shown]
    weak = [
        each.cluster
        for each in losses.clusters.values()
        if each.workers and not each.survives_nodes
    ]
    sentences = [
        f"{run.case.name}: {format_duration(run.until_ms)} simulated with seed {run.case.seed}.",
        f"VMs at the end: {', '.join(states) or 'none'}.",
    ]
    nowhere = dict.fromkeys(
        name
        for kind, name in zip(run.events.kind, run.events.name, strict=True)
        if kind == "no-cluster"
    )
    if nowhere:
        sentences.append(f"Created nowhere, as no cluster is chosen: {', '.join(nowhere)}.")
    if weak:
        sentences.append(f"As planned, one worker lost is not survived by: {', '.join(weak)}.")
    return " ".join(sentences)


def fits_table(room: Headroom, names: Iterable[str], *, hint: str = "") -> Table:
    """How many more VMs of each shape fit on the clusters of those names, in their order.

    The *hint* says who tells why none fits.
    """
    each_room = [room.clusters[name] for name in names]
    clusters = [each for each in each_room if each.fits and each.workers]
    title = f"{_FITS_TITLE}, each alone, and what runs out first"
    notes: tuple[str, ...] = (
        f"{_REFUSED}: no worker takes it, or admission does not let it in{hint}",
    )
    if len(clusters) > _ABREAST:
        listed = [(each.cluster, fit.shape, _fits(fit)) for each in clusters for fit in each.fits]
        refused = any(cells[-1] == _REFUSED for cells in listed)
        columns = ("cluster", "shape", "more VMs")
        return Table(title, columns, tuple(listed), notes if refused else ())
    answers = [{fit.shape: _fits(fit) for fit in each.fits} for each in clusters]
    rows: dict[tuple[str, ...], list[str]] = {}
    for shape in dict.fromkeys(shape for each in answers for shape in each):
        rows.setdefault(tuple(each.get(shape, "-") for each in answers), []).append(shape)
    merged = [(_some(names), *cells) for cells, names in rows.items()]
    if not any(_REFUSED in cells for cells in rows):
        notes = ()
    half = _SHOWN_SHAPES // 2
    if len(merged) > _SHOWN_SHAPES:
        notes += (f"{len(merged) - 2 * half:,} lines are left out: --format json tells all",)
        merged[half:-half] = [("…", *("" for _ in clusters))]
    return Table(title, ("shape", *(each.cluster for each in clusters)), tuple(merged), notes)


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
    notes += [
        f"{each.placement}: {each.conditions[-1].message}"
        for each in decisions
        if each.conditions and not each.clusters
    ]
    columns = ("placement", "goes to", "candidates by score")
    return Table("Placements the hub decides", columns, tuple(rows), tuple(notes))


def pending_table(run: Run) -> Table:
    """VMs that wait or are lost at the end, those with one reason together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for vm in run.vms:
        if vm.status in ("pending", "lost", "refused"):
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


def told_once(warnings: Iterable[str]) -> list[str]:
    """Each message once, behind the first places that it is told of; JSON has all of them."""
    places: dict[str, list[str]] = {}
    for each in warnings:
        place, dash, message = each.partition(" — ")
        places.setdefault(message if dash else each, []).append(place if dash else "")
    told = []
    for message, found in places.items():
        more = len(found) - _SHOWN_PLACES
        where = ", ".join(found[:_SHOWN_PLACES]) + (f" and {more:,} more" if more > 0 else "")
        told.append(f"{where} — {message}" if where else message)
    return told


def study_reading(found: Standings) -> list[str]:
    """What the columns of a study mean."""
    told = [
        "VM-hours down: VMs that should run and do not, as their cluster is lost, they are being "
        "started elsewhere, or no node takes them where they were sent (placed, not summed)",
        "against as written: the difference year by year; with 95 % confidence all the intervals "
        "hold; the same losses, partitions, upgrades and growth befall every policy",
        "moves: starts on a cluster that had not had the workload; flaps: of them, back within a "
        "day; homeless h: cluster-hours wanted and not had; doubled h: a cluster that was cut off "
        "ran the workload beside its replacement",
        "imbalance: between the fullest and the emptiest cluster, by CPU requested; spare: of one "
        "cluster's VMs, those that another one, not chosen, would take",
    ]
    if any(each.is_restless for each in found.scores):
        told.append(
            "a policy that never comes to rest moves at every sync, all the time: only where it "
            "stood after ten syncs is counted"
        )
    return told


def _overhead(room: ClusterHeadroom) -> tuple[str, str]:
    percent = room.overhead_percent
    return "-" if percent is None else f"{percent:.1f} %", guideline_verdict(percent)


def _survives(loss: ClusterFailover) -> str:
    if not loss.workers:
        return "no worker"
    if not loss.vms:
        return NOTHING_TO_LOSE
    if loss.survives_nodes:
        return "yes"
    worst = max((len(each.not_returned) for each in loss.losses), default=0)
    return f"NO, {worst} {loss.counted}{'s' if worst > 1 else ''}"


def _fits(fit: Fit) -> str:
    """``22 (cpu)``; a reason in words is no budget."""
    if " " in fit.binding:
        return str(fit.count) if fit.count else _REFUSED
    return f"{fit.count} ({fit.binding})"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    listed = ", ".join(names[:_SHOWN_NAMES])
    return f"{listed} and {more:,} more" if more > 0 else listed


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} …"
