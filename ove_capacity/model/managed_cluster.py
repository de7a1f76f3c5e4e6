"""What the hub knows: clusters, the sets they form, scores of add-ons, decisions that stand.

Times are milliseconds since 1970, as the hub's objects tell them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ove_capacity.model.resources import Amounts
from ove_capacity.model.selector import Labels, LabelSelector

__all__ = [
    "LEASE_SECONDS",
    "AddOnPlacementScore",
    "ClusterTaint",
    "HubObjects",
    "ManagedCluster",
    "ManagedClusterSet",
    "ManagedClusterSetBinding",
    "PlacementDecision",
]


LEASE_SECONDS = 60
"""Default of ``spec.leaseDurationSeconds``."""


@dataclass(frozen=True, slots=True)
class ClusterTaint:
    """What keeps Placements away from a cluster."""

    key: str
    effect: str = "NoSelect"
    """NoSelect, NoSelectIfNew (whoever is there may stay) or PreferNoSelect (keeps nobody away)."""
    value: str = ""
    added_ms: int = 0
    """``timeAdded``, from which tolerationSeconds count."""


@dataclass(frozen=True, slots=True)
class ManagedCluster:
    """A cluster as the hub knows it: labels and totals, no node."""

    name: str
    labels: Labels = field(default_factory=dict)
    capacity: Amounts = field(default_factory=dict)
    """``status.capacity``: ``cpu`` in milli-cores, memory in bytes."""
    allocatable: Amounts = field(default_factory=dict)
    """``status.allocatable``."""
    taints: tuple[ClusterTaint, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    """``status.clusterClaims`` by name."""
    approximate: Mapping[str, float] = field(default_factory=dict)
    """Allocatable as upstream's float, where that is not the one of the whole amount."""
    is_deleting: bool = False
    lease_seconds: int = LEASE_SECONDS
    """``spec.leaseDurationSeconds``: how often its agent tells the hub that it is there."""
    document: Mapping[str, Any] = field(default_factory=dict)
    """The object as it was read, which CEL expressions see; empty: made from the rest."""


@dataclass(frozen=True, slots=True)
class ManagedClusterSet:
    """Clusters that are handed to namespaces together."""

    name: str
    selector_type: str = "ExclusiveClusterSetLabel"
    """ExclusiveClusterSetLabel (also when empty) or LabelSelector."""
    selector: LabelSelector | None = None
    """Of the type LabelSelector; None matches nothing."""


@dataclass(frozen=True, slots=True)
class ManagedClusterSetBinding:
    """Lets the Placements of a namespace choose from the set of the same name."""

    name: str
    namespace: str = "default"


@dataclass(frozen=True, slots=True)
class AddOnPlacementScore:
    """What an add-on says of one cluster, for Placements to weigh."""

    name: str
    cluster: str
    """Its namespace."""
    scores: tuple[tuple[str, int], ...] = ()
    """(score, value); of two with the same name the last counts."""
    valid_until_ms: int | None = None
    """None: for ever."""


@dataclass(frozen=True, slots=True)
class PlacementDecision:
    """One page, of at most 100 clusters, of what was decided for a Placement."""

    name: str
    namespace: str = "default"
    placement: str = ""
    """Its label: whose decision it is; empty: nobody's, which still counts for Balance."""
    group_name: str = ""
    group_index: str = "0"
    clusters: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """``namespace/placement``."""
        return f"{self.namespace}/{self.placement}"


@dataclass(frozen=True, slots=True)
class HubObjects:
    """What was read of a hub beside its Placements."""

    managed_clusters: tuple[ManagedCluster, ...] = ()
    """Of clusters that the fleet has; their totals are those of the fleet's nodes."""
    cluster_sets: tuple[ManagedClusterSet, ...] = ()
    bindings: tuple[ManagedClusterSetBinding, ...] = ()
    add_on_scores: tuple[AddOnPlacementScore, ...] = ()
    decisions: tuple[PlacementDecision, ...] = ()
    binds_all: bool = False
    """Every namespace may choose from every cluster, whatever is bound: an assumption."""

    @property
    def latest_ms(self) -> int:
        """The latest moment that any of it tells of: it was read then or later."""
        return max((t.added_ms for each in self.managed_clusters for t in each.taints), default=0)
