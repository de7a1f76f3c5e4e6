"""Which clusters does a Placement choose, and why these?"""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.errors import UnknownNameError
from ove_capacity.model.case import Case
from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.ocm import Decision, first_sync, managed_cluster
from ove_capacity.tables import Table

__all__ = ["FleetPlacement", "placement"]


@dataclass(frozen=True, slots=True)
class FleetPlacement:
    """Decisions of one or all Placements of a case, as the hub makes them at the start of a run."""

    decisions: tuple[Decision, ...]
    clusters: tuple[ManagedCluster, ...]
    """What the hub sees."""

    @property
    def is_decided(self) -> bool:
        """Whether every Placement chose a cluster."""
        return all(decision.clusters for decision in self.decisions)

    @property
    def tables(self) -> tuple[Table, ...]:
        """One table a Placement: feasible clusters by rank, score by prioritizer."""
        return tuple(table for decision in self.decisions for table in decision.tables)

    def to_dict(self) -> dict[str, object]:
        """For JSON output: Placement -> decision."""
        return {decision.placement: decision.to_dict() for decision in self.decisions}

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def placement(case: Case, name: str = "") -> FleetPlacement:
    """Decide one Placement (by name or ``namespace/name``), or all of them.

    Raises:
        UnknownNameError: the case has no such Placement.
    """
    decided = first_sync(case.fleet)
    wanted = tuple(
        decision for key, decision in decided.items() if name in ("", key, key.partition("/")[2])
    )
    if name and not wanted:
        raise UnknownNameError("Placement", name, decided)
    return FleetPlacement(wanted, tuple(managed_cluster(each) for each in case.fleet.clusters))
