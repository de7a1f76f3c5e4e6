"""One page for a board: each cluster, each question, and what would turn a NO into a yes."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ove_capacity.analysis import judge
from ove_capacity.analysis.applied import Applied
from ove_capacity.analysis.failover import failover
from ove_capacity.analysis.finding import NONE_KNOWN, Answer, Finding, Question, weakest
from ove_capacity.analysis.headroom import headroom
from ove_capacity.analysis.limits import limits
from ove_capacity.analysis.remedy import machines_for_guideline, machines_to_fit, what_lets_drain
from ove_capacity.analysis.settle import settle
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.sim.run import Run
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterVerdict", "Verdict", "verdict"]

_HEADS = {
    Question.FITS: "fits",
    Question.N_PLUS_1: "N+1",
    Question.WHILE_DRAINING: "N+1 draining",
    Question.GUIDELINE: "guideline",
    Question.STORAGE: "storage",
    Question.LIMITS: "limits",
    Question.AS_APPLIED: "as applied",
}
"""Question -> as a column is headed."""
_MEANINGS = {
    Question.FITS: "every listed VM has a node.",
    Question.N_PLUS_1: "any one worker may be lost.",
    Question.WHILE_DRAINING: "the same while another one is drained.",
    Question.GUIDELINE: "the system takes no more than planned.",
    Question.STORAGE: "disks below near-full.",
    Question.LIMITS: "addresses, what the vendor tested, and how far pools may grow.",
    Question.AS_APPLIED: "no error in what its manifests do to each other (`check`).",
}
_LETTERS = (
    "The letter is the weakest class of number that an answer rests on: (g) given in the input, "
    "(m) measured, (d) documented, (a) assumed."
)
_DOCUMENTED = (Question.LIMITS, Question.GUIDELINE, Question.AS_APPLIED)
_SHOWN_REPAIRS = 2


@dataclass(frozen=True, slots=True)
class ClusterVerdict:
    """One cluster's answers."""

    cluster: str
    profile: str
    findings: Mapping[Question, Finding] = field(default_factory=dict)
    """Every question."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "profile": self.profile,
            "verdict": {str(name): each.to_dict() for name, each in self.findings.items()},
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each cluster's answers, and what concerns them all."""

    clusters: Mapping[str, ClusterVerdict] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """VMs that are created nowhere, and errors in the hub's manifests."""

    @property
    def heads(self) -> Mapping[Question, str]:
        """The questions that were asked -> as a column is headed."""
        asked = {question for each in self.clusters.values() for question in each.findings}
        return {question: head for question, head in _HEADS.items() if question in asked}

    @property
    def is_no(self) -> bool:
        """Whether any question is answered with NO."""
        return bool(self.notes) or any(each.answer is Answer.NO for _, each in self._findings())

    @property
    def headline(self) -> str:
        """The answers counted, in a sentence."""
        answers = [each.answer for _, each in self._findings()]
        told = [
            f"{answers.count(kind)} {kind}"
            for kind in (Answer.YES, Answer.NO, Answer.DEPENDS, Answer.UNKNOWN)
            if answers.count(kind)
        ]
        return ", ".join(told) or "there is nothing to ask about"

    @property
    def grid(self) -> Table:
        """Clusters down, questions across."""
        rows = [
            (name, *(_cell(each.findings[question]) for question in self.heads))
            for name, each in self.clusters.items()
        ]
        return Table("Verdict", ("cluster", *self.heads.values()), tuple(rows), self._meanings())

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every finding in full, and the verdicts."""
        columns = ("cluster", "question", "answer", "detail", "binding", "change", "evidence")
        rows: list[tuple[Cell, ...]] = [
            (name, str(found.question), *found.to_dict().values())
            for name, found in self._findings()
        ]
        return (Table.of("Findings", columns, rows), self.grid)

    @property
    def sentences(self) -> list[str]:
        """What is not a plain yes, what binds and what would change it; alike clusters together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for question, head in self.heads.items():
            for name, each in self.clusters.items():
                found = each.findings[question]
                if not found.is_plain:
                    groups.setdefault((head, found.sentence), []).append(name)
        told = [f"{head}, {', '.join(names)}: {said}" for (head, said), names in groups.items()]
        return [*told, *self.notes]

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> verdict."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        bullets = [
            textwrap.fill(f"- {each}", 100, subsequent_indent="  ", break_on_hyphens=False)
            for each in self.sentences
        ]
        return "\n\n".join([self.grid.text(), "\n".join(["What is not a plain yes", *bullets])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        told = "".join(f"<li>{html.escape(each)}</li>" for each in self.sentences)
        return f"{self.grid.html()}<ul>{told}</ul>"

    def _meanings(self) -> tuple[str, ...]:
        asked = " ".join(f"{head}: {_MEANINGS[question]}" for question, head in self.heads.items())
        return (asked, _LETTERS)

    def _findings(self) -> list[tuple[str, Finding]]:
        return [
            (name, finding)
            for name, each in self.clusters.items()
            for finding in each.findings.values()
        ]


def verdict(
    subject: Case | Run, *, cluster: str = "", applied: Mapping[str, Applied] | None = None
) -> Verdict:
    """Every question about each cluster, or about one.

    Of a case: when its listed workloads are placed. Of a run: as it ended.

    Args:
        subject: a case or a run.
        cluster: its name; else all.
        applied: what checking the manifests found, by cluster, "" the hub; None: it is not asked.

    Raises:
        UnknownNameError: there is no such cluster.
    """
    run = settle(subject)
    room = headroom(run, cluster=cluster, shapes=()).clusters  # what else would fit is not asked
    losses = failover(run, cluster=cluster, while_drained=1, extras=False).clusters
    growth = limits(run, cluster=cluster, shapes=()).clusters
    found = {}
    for name in run.clusters(cluster):
        noun = run.case.fleet.cluster(name)
        fits, draining = judge.fits(run.vms_of(name)), judge.while_draining(losses[name])
        manifests = applied.get(name, Applied()) if applied is not None else None
        if fits.answer is Answer.NO:
            fits = replace(fits, change=_what_lets_fit(run, name, manifests))
        if draining.answer is Answer.NO:
            more = what_lets_drain(run, losses[name])
            draining = replace(draining, change=more or NONE_KNOWN)
        guideline = judge.guideline(room[name])
        if guideline.change:
            change = machines_for_guideline(run, name) or NONE_KNOWN
            guideline = replace(guideline, change=change)
        findings = (
            fits,
            judge.n_plus_1(losses[name], is_fenced=_is_fenced(run, noun)),
            draining,
            guideline,
            judge.storage(room[name]),
            judge.limits(room[name], growth[name]),
            *([judge.as_applied(manifests)] if manifests else []),
        )
        found[name] = ClusterVerdict(
            name, noun.profile, {each.question: _weighed(run, name, each) for each in findings}
        )
    return Verdict(found, (*_created_nowhere(run), *_of_hub(applied)))


def _is_fenced(run: Run, cluster: Cluster) -> bool:
    """Whether what was lost returns by itself; pods of Deployments need no fencing."""
    return cluster.remediation.kind != "none" or not run.vms_of(cluster.name)


def _what_lets_fit(run: Run, cluster: str, manifests: Applied | None) -> str:
    """Repairs of the manifests first: machines do not help a VM that nobody lets in."""
    repairs = list(manifests.vm_repairs[:_SHOWN_REPAIRS]) if manifests else []
    more = machines_to_fit(run, cluster)
    return "; ".join([*repairs, *([more] if more else [])]) or NONE_KNOWN


def _of_hub(applied: Mapping[str, Applied] | None) -> tuple[str, ...]:
    found = (applied or {}).get("", Applied())
    if not found.errors:
        return ()
    told = f"as applied, the hub: NO; {found.headline}. What binds: {found.worst}."
    return (f"{told} Repair: {found.repair}." if found.repair else told,)


def _weighed(run: Run, cluster: str, finding: Finding) -> Finding:
    # Tested maximums are read off the vendor's documentation, and so are guideline and schemas.
    documented = finding.question in _DOCUMENTED
    besides = (Evidence.DOCUMENTED,) if documented else ()
    return replace(finding, evidence=weakest(finding.question, cluster, run.assumptions, *besides))


def _created_nowhere(run: Run) -> tuple[str, ...]:
    log = run.events
    names = dict.fromkeys(
        name for kind, name in zip(log.kind, log.name, strict=True) if kind == "no-cluster"
    )
    return tuple(
        f"{name}: its Placement chose no cluster, so its VMs exist nowhere." for name in names
    )


def _cell(finding: Finding) -> str:
    if finding.answer in (Answer.NOTHING, Answer.UNKNOWN):
        return str(finding.answer)
    return f"{finding.answer} ({finding.evidence[0]})"
