"""A case: everything a simulation needs, in integers, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from ove_capacity.model import overview
from ove_capacity.model.assumption import Assumption
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.joining import Joining
from ove_capacity.model.origin import Origin
from ove_capacity.model.plan import Plan
from ove_capacity.model.policy import Policy
from ove_capacity.tables import Table

__all__ = ["Case", "Provenance"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Enough to run the case again. No wall time: same seed, same bytes."""

    package_version: str
    scenario_sha256: str
    seed: int
    releases: tuple[tuple[str, str], ...] = ()
    """(cluster, ``OpenShift 4.15 / Kubernetes 1.28 / KubeVirt v1.1.0``)."""


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """Fleet (what exists), plan (what happens), policy (what rules)."""

    name: str
    fleet: Fleet
    plan: Plan
    policy: Policy = field(default_factory=Policy)
    seed: int = 0
    provenance: Provenance | None = None
    assumptions: tuple[Assumption, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    joinings: tuple[Joining, ...] = ()
    """Clusters that are not there yet, and are asked for while time goes on."""
    origins: tuple[Origin, ...] = ()
    """Where each number of each cluster came from."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """What exists, what is to happen and what was assumed; empty tables are left out."""
        every = (
            overview.fleet_table(self.fleet),
            overview.pools_table(self.fleet),
            overview.storage_table(self.fleet),
            overview.networks_table(self.fleet),
            overview.workloads_table(self.plan),
            overview.recoveries_table(self.plan),
            overview.placements_table(self.fleet.placements),
            overview.losses_table(self.plan),
            overview.fleet_losses_table(self.plan),
            overview.changes_table(self.plan),
            overview.joinings_table(self.joinings),
            overview.assumptions_table(self.assumptions, self.fleet),
        )
        return tuple(table for table in every if table.rows)

    def __repr__(self) -> str:
        clusters, workloads = len(self.fleet.clusters), len(self.plan.workloads)
        return f"<Case {self.name}: {clusters} clusters, {workloads} workloads, seed {self.seed}>"

    def _repr_html_(self) -> str:
        warnings = Table("Warnings", ("warning",), tuple((each,) for each in self.warnings))
        shown = (*self.tables, warnings) if self.warnings else self.tables
        return "".join(table.html() for table in shown)
