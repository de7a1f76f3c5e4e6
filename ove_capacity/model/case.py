"""A case: everything a simulation needs, in integers, frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from ove_capacity.model.assumption import Assumption
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.plan import Plan
from ove_capacity.model.policy import Policy

__all__ = ["Case", "Provenance"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Enough to run the case again. No wall time: same seed, same bytes."""

    package_version: str
    scenario_sha256: str
    seed: int
    releases: tuple[tuple[str, str], ...] = ()
    """(cluster, ``OpenShift 4.15 / Kubernetes 1.28 / KubeVirt v1.1.0``)."""


@dataclass(frozen=True, slots=True)
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
