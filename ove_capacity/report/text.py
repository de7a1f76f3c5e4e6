"""Results as plain text of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ove_capacity.analysis.failover import failover
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.headroom import Headroom, headroom
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import workload_names
from ove_capacity.model.case import Case
from ove_capacity.model.overview import assumptions_table
from ove_capacity.report import room as room_tables
from ove_capacity.report import story
from ove_capacity.report.cells import cell_tables
from ove_capacity.sim import overview
from ove_capacity.sim.joined import joined_table
from ove_capacity.sim.run import Run
from ove_capacity.sim.scaling import scaling_table
from ove_capacity.tables import Table

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.fleet_failover_result import FleetFailover
    from ove_capacity.analysis.fragmentation import Fragmentation
    from ove_capacity.analysis.hub_load import HubLoad
    from ove_capacity.analysis.ladder import Ladder
    from ove_capacity.analysis.limits import Limits
    from ove_capacity.analysis.study.result import Standings
    from ove_capacity.analysis.verdict import Verdict

__all__ = [
    "failover_text",
    "fleet_failover_text",
    "fragmentation_text",
    "headroom_text",
    "hub_load_text",
    "limits_text",
    "origins_text",
    "show_text",
    "simulate_text",
    "study_text",
    "validate_text",
    "verdict_text",
]

_WIDTH = 100


def simulate_text(run: Run) -> str:
    """What an architect reads first: the plan, how each cluster ends, why, and what to doubt."""
    case, planned, shapes = run.case, settle(run.case), workload_names(run.case)
    room, losses = headroom(planned, shapes=shapes), failover(planned, budget=0, extras=False)
    clusters = [cluster.name for cluster in case.fleet.clusters]
    sections: list[str | Table] = [
        textwrap.fill(story.headline(run, losses), _WIDTH, break_on_hyphens=False),
        story.planned_table(planned, room, losses),
        story.fits_table(room, clusters, hint="; `headroom` says why"),
        story.end_table(run, headroom(run, shapes=()), failover(run, budget=0, extras=False)),
        story.placements_table(list(run.placements.values())),
        overview.happenings_table(clusters, run.events),
        overview.losses_table(run.events, run.until_ms),
        overview.recoveries_table(run.recoveries),
        overview.hub_table(run.events),
        joined_table(run.events),
        scaling_table(list(run.scaling.values())),
        story.pending_table(run),
        story.evidence_sentence(run.assumptions),
        _bullets(
            "Assumed by us; replace them with yours", story.assumed(run.assumptions, case.fleet)
        ),
        _bullets(f"Warnings: {len(run.warnings)}", story.told_once(run.warnings)),
        _provenance(case),
    ]
    return _page(sections)


def headroom_text(case: Case, room: Headroom, ladder: Ladder | None = None) -> str:
    """What is left and what still fits, then what it rests on."""
    names = list(room.clusters)
    empty = [each.cluster for each in room.clusters.values() if not each.workers]
    notes = [note for each in room.clusters.values() for note in each.notes]
    notes += [f"{name} has no worker in service: nothing fits there" for name in empty]
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: headroom with the listed VMs in place, seed {case.seed}.",
            *room_tables.steps_tables(room),
            room_tables.shares_table(room),
            story.fits_table(room, names),
            _bullets("Refused, by what most workers say", room_tables.refused(room)),
            room_tables.budgets_table(room),
            room_tables.ladder_table(ladder) if ladder else "",
            _bullets("Fits, but is not tested", room_tables.untested(room)),
            room_tables.tested_sentence(room),
            _bullets("Not counted", notes),
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def failover_text(case: Case, found: Failover) -> str:
    """Which losses are survived, who would not return, and what would help."""
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: failover with the listed VMs in place, seed {case.seed}.",
            str(found),
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def fleet_failover_text(case: Case, found: FleetFailover) -> str:
    """Which clusters may be lost, who comes back where and when, and the way home."""
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: failover between clusters, the listed VMs in place, seed {case.seed} "
            f"and following.",
            str(found),
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def fragmentation_text(case: Case, found: Fragmentation) -> str:
    """What NUMA cells have left, what would free more, and the split of memory at boot."""
    every = list(found.clusters.values())
    notes = [f"{each.cluster}: {note}" for each in every for note in each.notes if each.rooms]
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: NUMA cells with the listed VMs in place, seed {case.seed}.",
            _bullets("Answers", [each.answer for each in every]),
            *(table for each in every for table in cell_tables(each)),
            _bullets("Not asked", notes),
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def limits_text(case: Case, found: Limits) -> str:
    """What each limit still allows, how many VMs until nothing is added, and who waits."""
    every = list(found.clusters.values())
    scaled = [each for each in every if each.rooms]
    still = ", ".join(each.cluster for each in every if not each.rooms)
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: limits of the autoscaler with the listed VMs in place, "
            f"seed {case.seed}.",
            _bullets("Room to grow", [each.answer for each in scaled]),
            _bullets("Refused", _by_cluster((c.cluster, why) for c in scaled for why in c.refused)),
            *found.tables,
            _bullets("Notes", _by_cluster((c.cluster, note) for c in scaled for note in c.notes)),
            f"Nothing scales {still}." if still else "",
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def hub_load_text(case: Case, found: HubLoad) -> str:
    """What managing the fleet asks for, as written and as documented, and where it stands."""
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: what managing the fleet costs, seed {case.seed}.",
            textwrap.fill(found.answer, _WIDTH),
            *found.tables,
            _bullets("Notes", found.notes),
            _bullets("Sources", found.sources),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def study_text(case: Case, found: Standings) -> str:
    """Which policy is better, by how much, why, and what it rests on."""
    assumed = story.assumed(found.assumptions, case.fleet)
    return _page(
        [
            textwrap.fill(f"{case.name}: {found.answer}.", _WIDTH, break_on_hyphens=False),
            *found.tables,
            _bullets("How to read it", story.study_reading(found)),
            _bullets("Assumed by us; replace them with yours", assumed),
            story.evidence_sentence((*case.assumptions, *found.assumptions)),
            _provenance(case),
        ]
    )


def verdict_text(case: Case, found: Verdict) -> str:
    """A page for a board: the verdicts, what is not a plain yes, what it rests on."""
    warned = len(case.warnings)
    return _page(
        [
            f"{case.name}: {_count(len(found.clusters), 'cluster')} with the listed VMs in place. "
            f"Answers: {found.headline}.",
            found.grid,
            _bullets("What is not a plain yes", found.sentences),
            story.evidence_sentence(case.assumptions),
            f"{_count(warned, 'warning')}: `validate` tells them." if warned else "",
            _provenance(case),
        ]
    )


def show_text(case: Case) -> str:
    """The case before it is simulated."""
    heading = f"{case.name}: seed {case.seed}"
    numbers = assumptions_table(case.assumptions, case.fleet)
    told = [
        f"{name} = {value} ({where}), {evidence}: {source}"
        for name, value, where, evidence, source in numbers.rows
    ]
    sections = [table for table in case.tables if table.title != numbers.title]
    return _page(
        [
            heading,
            *sections,
            _bullets(numbers.title, told),
            _bullets(f"Warnings: {len(case.warnings)}", story.told_once(case.warnings)),
            _provenance(case),
        ]
    )


def origins_text(case: Case) -> str:
    """Where each number of each cluster came from, cluster by cluster."""
    sections = [f"{case.name}: scenario > manifest > profile > release default > assumed"]
    for cluster in case.fleet.clusters:
        told = [
            f"{each.name} = {each.value} ({each.level}: {each.place})"
            for each in case.origins
            if each.cluster == cluster.name
        ]
        sections.append(_bullets(cluster.name, told))
    return _page([*sections, _provenance(case)])


def validate_text(case: Case, file: str) -> str:
    """That the input is right, and what was understood of it."""
    counts = (
        f"{file} is valid: {_count(len(case.fleet.clusters), 'cluster')}, "
        f"{_count(sum(len(each.nodes) for each in case.fleet.clusters), 'node')}, "
        f"{_count(len(case.plan.workloads) + len(case.plan.arrivals), 'workload')}, "
        f"{_count(len(case.fleet.placements), 'placement')}."
    )
    return _page(
        [
            counts,
            story.evidence_sentence(case.assumptions),
            _bullets(f"Warnings: {len(case.warnings)}", story.told_once(case.warnings)),
        ]
    )


def _page(sections: Iterable[str | Table]) -> str:
    parts = []
    for section in sections:
        if isinstance(section, Table):
            if section.rows:
                parts.append(section.text(_WIDTH))
        elif section:
            parts.append(section)
    return "\n\n".join(parts)


def _bullets(title: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    lines = [title]
    for sentence in sentences:
        lines += textwrap.wrap(
            sentence, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
    return "\n".join(lines)


def _by_cluster(told: Iterable[tuple[str, str]]) -> list[str]:
    """Each sentence once, behind the clusters that it is told of."""
    found: dict[str, list[str]] = {}
    for cluster, sentence in told:
        found.setdefault(sentence, []).append(cluster)
    return [f"{', '.join(clusters)}: {sentence}" for sentence, clusters in found.items()]


def _provenance(case: Case) -> str:
    known = case.provenance
    if known is None:
        return ""
    releases = dict.fromkeys(text for _, text in known.releases)
    lines = [
        f"ove-capacity {known.package_version}, scenario sha256 {known.scenario_sha256[:12]}, "
        f"seed {known.seed}, ties {case.policy.tie}, nodesScored {case.policy.nodes_scored}",
        *releases,
    ]
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
