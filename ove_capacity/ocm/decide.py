"""A Placement's decision: filter, score, weigh, sort, take the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.predicates import feasible
from ove_capacity.ocm.prioritizers import PRIORITIZERS
from ove_capacity.tables import Cell, Table

__all__ = ["Decision", "PrioritizerScores", "decide", "weights"]

_ADD_ON = "AddOn/"


@dataclass(frozen=True, slots=True)
class PrioritizerScores:
    """What one prioritizer gave each feasible cluster."""

    name: str
    weight: int
    scores: Mapping[str, int] = field(default_factory=dict)
    """Cluster -> score, before the weight; a cluster left out counts 0."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which clusters a Placement goes to, and how that came about."""

    placement: str
    """``namespace/name``."""
    clusters: tuple[str, ...] = ()
    """The chosen ones, best first."""
    ranking: tuple[str, ...] = ()
    """All feasible ones, best first."""
    prioritizers: tuple[PrioritizerScores, ...] = ()
    """Those that ran, by name."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """Feasible cluster -> weighted sum, in the order of the ranking."""
    unscheduled: int = 0
    """Clusters asked for and not found."""
    left_out: tuple[str, ...] = ()
    """Clusters that match no predicate."""
    misconfigured: str = ""
    """Upstream's message when the Placement cannot be evaluated; nothing is chosen then."""
    warnings: tuple[str, ...] = ()

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
        if self.misconfigured:
            notes.append(f"misconfigured: {self.misconfigured}")
        if self.left_out:
            notes.append(f"match no predicate: {', '.join(self.left_out)}")
        if self.unscheduled:
            notes.append(f"{self.unscheduled} cluster decisions unscheduled")
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
            "weights": {each.name: each.weight for each in self.prioritizers},
            "totals": dict(self.totals),
            "unscheduled": self.unscheduled,
            "misconfigured": self.misconfigured,
            "warnings": list(self.warnings),
        }


def weights(placement: Placement) -> dict[str, int]:
    """Prioritizers that run, by name, with their weight.

    Additive keeps Balance 1 and Steady 1 beside what is listed; the last of two listings wins;
    weight 0 switches off.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, getWeights.
    """
    named = {} if placement.mode == "Exact" else {"Balance": 1, "Steady": 1}
    named |= {each.name: each.weight for each in placement.prioritizers}
    return {name: weight for name, weight in sorted(named.items()) if weight}


def decide(
    placement: Placement, clusters: Sequence[ManagedCluster], decisions: Decisions
) -> Decision:
    """Choose clusters as the hub's placement controller would, given all decisions so far.

    A stable sort by total, then by name; the first ``number_of_clusters`` are taken.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/schedule.go, Schedule.
    """
    candidates = feasible(placement, clusters)
    running = weights(placement)
    warnings = _not_modelled(placement, running)
    wrong = [name for name in running if not _known(name)]
    if wrong:
        message = f"incorrect builtin prioritizer: {wrong[0]}"
        return Decision(placement.key, misconfigured=message, warnings=warnings)
    scored = tuple(
        PrioritizerScores(name, weight, _score(name, placement, candidates, decisions))
        for name, weight in running.items()
    )
    totals = {
        cluster.name: sum(each.weight * each.scores.get(cluster.name, 0) for each in scored)
        for cluster in candidates
    }
    # Go compares strings as bytes.
    ranking = sorted(totals, key=lambda name: (-totals[name], name.encode()))
    wanted = placement.number_of_clusters
    chosen = ranking if wanted is None else ranking[: max(0, wanted)]
    return Decision(
        placement.key,
        tuple(chosen),
        tuple(ranking),
        scored,
        {name: totals[name] for name in ranking},
        0 if wanted is None else max(0, wanted - len(chosen)),
        tuple(cluster.name for cluster in clusters if cluster.name not in totals),
        warnings=warnings,
    )


def _known(name: str) -> bool:
    return name.startswith(_ADD_ON) or name in PRIORITIZERS


def _score(
    name: str, placement: Placement, candidates: Sequence[ManagedCluster], decisions: Decisions
) -> Mapping[str, int]:
    if name.startswith(_ADD_ON):
        # Without an AddOnPlacementScore upstream gives every cluster 0; we know of none.
        return {cluster.name: 0 for cluster in candidates}
    return PRIORITIZERS.get(name)(placement, candidates, decisions)


def _not_modelled(placement: Placement, running: Mapping[str, int]) -> tuple[str, ...]:
    found = [
        f"Placement {placement.key}: {name} counts 0, no AddOnPlacementScore is modelled yet"
        for name in running
        if name.startswith(_ADD_ON)
    ]
    if placement.cluster_sets:
        found.append(f"Placement {placement.key}: clusterSets are not modelled yet; ignored")
    if placement.tolerations:
        found.append(f"Placement {placement.key}: tolerations have no taint to meet; ignored")
    return tuple(found)
