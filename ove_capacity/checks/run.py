"""Running rules, and what they found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.applied import Applied
from ove_capacity.checks.applied import applied
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.registry import RULES
from ove_capacity.checks.subject import Subject
from ove_capacity.tables import Table

__all__ = ["Checked", "run_rules"]

_ORDER = {severity: index for index, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What rules found; findings in the order of their places."""

    name: str
    """Of the scenario."""
    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    """Those that were run."""
    applied: Mapping[str, Applied] = field(default_factory=dict)
    """Cluster -> what was found of it; "" -> what is about all or none."""

    def count(self, severity: Severity) -> int:
        """How many findings of that severity."""
        return sum(each.severity is severity for each in self.findings)

    @property
    def is_ok(self) -> bool:
        """Whether there is no error."""
        return not self.count(Severity.ERROR)

    @property
    def counts(self) -> dict[str, int]:
        """Errors and warnings."""
        return {f"{each}s": self.count(each) for each in (Severity.ERROR, Severity.WARNING)}

    @property
    def summary(self) -> str:
        """``6 errors, 9 warnings``."""
        return self.headline.rpartition(", ")[0]

    @property
    def headline(self) -> str:
        """``6 errors, 9 warnings, 2 infos``."""
        words = zip(("error", "warning", "info"), Severity, strict=True)
        counts = [(self.count(severity), word) for word, severity in words]
        return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All findings, the worst first."""
        rows = [
            (
                str(each.severity),
                each.rule,
                each.problem.place,
                each.message,
                each.consequence,
                each.repair,
            )
            for each in sorted(self.findings, key=_by_severity)
        ]
        columns = ("severity", "rule", "place", "message", "consequence", "repair")
        return (Table.of(f"{self.name}: {self.headline}", columns, rows),)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "scenario": self.name,
            **{f"{severity}s": self.count(severity) for severity in Severity},
            "findings": [each.to_dict() for each in self.findings],
        }

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: {self.headline}", *map(_line, self.findings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def _by_severity(found: Finding) -> int:
    return _ORDER[found.severity or Severity.INFO]


def _line(found: Finding) -> str:
    return f"{found.problem.place}: {found.severity} [{found.rule}] {found.message}"


def _key(found: Finding) -> tuple[str, int, int, int, str, str]:
    """What orders findings; two with the same are one."""
    problem, order = found.problem, _by_severity(found)
    return problem.file, problem.line, problem.column, order, found.rule, found.message


def _found(rule: Rule, subject: Subject) -> Iterator[Finding]:
    for each in rule.find(subject):
        clusters = each.clusters or _listing(subject, each)
        yield replace(
            each, rule=rule.id, severity=each.severity or rule.severity, clusters=clusters
        )


def _listing(subject: Subject, found: Finding) -> tuple[str, ...]:
    """Clusters under which a finding's file stands; of the scenario's lines, whose they are."""
    if found.problem.file in subject.clusters_by_file:
        return subject.clusters_by_file[found.problem.file]
    within = found.problem.path.split(".")
    return tuple(name for name in within[1:2] if within[0] == "clusters")


def run_rules(subject: Subject, ids: Iterable[str] = (), name: str = "") -> Checked:
    """Run the rules of those ids, or all of them.

    A file that several clusters list is read for each: what is found alike is told once, with what
    it does to each of them.

    Raises:
        UnknownNameError: there is no such rule.
    """
    rules = tuple(RULES.get(each) for each in (tuple(ids) or RULES.names()))
    told: dict[tuple[str | int, ...], Finding] = {}
    for rule in rules:
        for each in _found(rule, subject):
            known = told.setdefault(_key(each), each)
            joined = known.consequence
            if each.consequence not in joined:
                joined = f"{joined}; {each.consequence}"
            clusters = tuple(dict.fromkeys((*known.clusters, *each.clusters)))
            told[_key(each)] = replace(known, consequence=joined, clusters=clusters)
    findings = sorted(told.values(), key=_key)
    title = name or (subject.scenario.name if subject.scenario else subject.file)
    return Checked(title, tuple(findings), rules, applied(findings, subject.clusters))
