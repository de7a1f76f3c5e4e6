"""A Placement's decision, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ocm.conditions import MISCONFIGURED, SUCCESS, Condition, Status
from ove_capacity.ocm.groups import DecidedGroup
from ove_capacity.tables import Cell, Table

__all__ = ["Decision", "FilterResult", "PrioritizerScores"]


_SUCCESS = Status()


@dataclass(frozen=True, slots=True)
class PrioritizerScores:
    """What one prioritizer gave each feasible cluster."""

    name: str
    weight: int
    scores: Mapping[str, int] = field(default_factory=dict)
    """Cluster -> score, before the weight; a cluster left out counts 0."""


@dataclass(frozen=True, slots=True)
class FilterResult:
    """Which clusters were left after a filter, and those before it."""

    name: str
    """The filters so far: ``Predicate,TaintToleration``."""
    clusters: Sequence[str]
    """By name."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which clusters a Placement goes to, and how that came about."""

    placement: str
    """``namespace/name``."""
    clusters: tuple[str, ...] = ()
    """The chosen ones, best first."""
    ranking: Sequence[str] = ()
    """All feasible ones, best first."""
    prioritizers: tuple[PrioritizerScores, ...] = ()
    """Those that ran, by name."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """Feasible cluster -> weighted sum, in the order of the ranking."""
    unscheduled: int = 0
    """Clusters asked for and not found."""
    available: Sequence[str] = ()
    """Clusters of its sets, by name."""
    left_out: Sequence[str] = ()
    """Those that match no predicate."""
    repelled: Sequence[str] = ()
    """Clusters that match, and whose taints it does not tolerate."""
    status: Status = _SUCCESS
    bound: tuple[str, ...] = ()
    """Sets bound to its namespace."""
    eligible: tuple[str, ...] = ()
    """Those of them that it may choose from."""
    filters: tuple[FilterResult, ...] = ()
    groups: tuple[DecidedGroup, ...] = ()
    conditions: tuple[Condition, ...] = ()
    requeue_ms: int | None = None
    """From now until it is decided again by itself, when a toleration expires; None: never."""
    error: str = ""
    """What the sync failed with, though it decided: it is tried again, ever more slowly."""
    warnings: tuple[str, ...] = ()

    @property
    def misconfigured(self) -> str:
        """Upstream's message when the Placement cannot be evaluated; nothing is chosen then."""
        return self.status.message if self.status.code == MISCONFIGURED else ""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Feasible clusters by rank, with the score of each prioritizer."""
        named = tuple(f"{each.name} ×{each.weight}" for each in self.prioritizers)
        columns = ("cluster", "chosen", "total", *named)
        rows: list[tuple[Cell, ...]] = [
            (name, name in self.clusters, self.totals[name], *self._scores(name))
            for name in self.ranking
        ]
        return (Table(f"Placement {self.placement}", columns, tuple(rows), self._notes()),)

    def _scores(self, cluster: str) -> tuple[int, ...]:
        return tuple(each.scores.get(cluster, 0) for each in self.prioritizers)

    def _notes(self) -> tuple[str, ...]:
        notes = list(self.warnings)
        if self.status.code != SUCCESS:
            first_line = self.status.message.partition("\n")[0]
            notes.append(f"{self.status.code.lower()}: {first_line}")
        if self.conditions and not self.clusters and not (self.available and notes):
            notes.append(self.conditions[-1].message)
        if self.left_out:
            notes.append(f"match no predicate: {', '.join(self.left_out)}")
        if self.repelled:
            notes.append(f"have a taint that is not tolerated: {', '.join(self.repelled)}")
        if self.unscheduled:
            notes.append(f"{self.unscheduled} cluster decisions unscheduled")
        if self.requeue_ms is not None:
            notes.append(f"decided again in {self.requeue_ms / 1000:g} s, as a toleration expires")
        return tuple(notes)

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "decisions": list(self.clusters),
            "ranking": list(self.ranking),
            "scores": {each.name: dict(each.scores) for each in self.prioritizers},
            "weights": self._weights(),
            "totals": dict(self.totals),
            "unscheduled": self.unscheduled,
            "left_out": list(self.left_out),
            "repelled": list(self.repelled),
            "misconfigured": self.misconfigured,
            "conditions": [
                {"type": c.type, "status": str(c.is_true), "reason": c.reason, "message": c.message}
                for c in self.conditions
            ],
            "groups": [
                {"name": g.name, "clusters": list(g.clusters), "decisions": list(g.decisions)}
                for g in self.groups
            ],
            "requeue_ms": self.requeue_ms,
            "warnings": list(self.warnings),
        }

    def _weights(self) -> dict[str, int]:
        """Of a prioritizer that runs twice the sum: its scores are the same each time."""
        found: dict[str, int] = {}
        for each in self.prioritizers:
            found[each.name] = found.get(each.name, 0) + each.weight
        return found
