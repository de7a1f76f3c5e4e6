"""A cluster that joins the fleet while time goes on, and what must happen before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.managed_cluster import LEASE_SECONDS, ManagedCluster
from ove_capacity.model.plan import Duration

__all__ = ["Joining"]


@dataclass(frozen=True, slots=True)
class Joining:
    """A cluster that is asked for at a moment, and provisioned stage by stage."""

    cluster: Cluster
    """As it is when it is ready."""
    at_ms: int
    """When its manifests are committed."""
    stages: Mapping[str, Duration] = field(default_factory=dict)
    """Stage -> how long it takes here; left out: as `openshift.provisioning` says."""
    known: ManagedCluster | None = None
    """The ManagedCluster that its manifests hold; None: none does, and nothing but labels is."""

    @property
    def lease_seconds(self) -> int:
        """How often its agent tells the hub that it is there."""
        return self.known.lease_seconds if self.known else LEASE_SECONDS
