"""The state of a hub, of which a Placement's decision is a pure function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ove_capacity.model.managed_cluster import ManagedClusterSet, ManagedClusterSetBinding
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.inventory import Inventory

__all__ = ["Hub"]


@dataclass(frozen=True, slots=True)
class Hub:
    """What the placement controller reads."""

    inventory: Inventory
    cluster_sets: tuple[ManagedClusterSet, ...] = ()
    bindings: tuple[ManagedClusterSetBinding, ...] = ()
    decisions: Decisions = field(default_factory=Decisions)

    def decided(self, decisions: Decisions) -> Hub:
        """The same hub after these decisions."""
        return replace(self, decisions=decisions)
