"""A Placement of Open Cluster Management: which clusters a workload goes to."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.model.pod import Toleration
from ove_capacity.model.selector import EVERYTHING, LabelSelector

__all__ = ["AddOnScore", "ClusterSelector", "DecisionGroup", "Placement", "PrioritizerWeight"]


@dataclass(frozen=True, slots=True)
class AddOnScore:
    """One score of the AddOnPlacementScores of a name."""

    resource: str
    score: str


@dataclass(frozen=True, slots=True)
class PrioritizerWeight:
    """One configured prioritizer."""

    name: str
    """A built-in (Balance, Steady, ResourceAllocatable…) or AddOn/<resource>/<score>."""
    weight: int = 1
    type: str | None = "BuiltIn"
    """BuiltIn or AddOn, as it is written; None: the whole scoreCoordinate is absent."""
    add_on: AddOnScore | None = None
    """Needed by the type AddOn; makes a built-in one that stands beside the default."""


@dataclass(frozen=True, slots=True)
class ClusterSelector:
    """Selects clusters; all of it must hold, and an empty one matches every cluster."""

    labels: LabelSelector = EVERYTHING
    claims: LabelSelector = EVERYTHING
    """Over ``status.clusterClaims``."""
    cel: tuple[str, ...] = ()
    """CEL expressions over ``managedCluster``."""


@dataclass(frozen=True, slots=True)
class DecisionGroup:
    """Chosen clusters that roll-outs take together."""

    name: str
    selector: ClusterSelector = ClusterSelector()


@dataclass(frozen=True, slots=True)
class Placement:
    """What the hub is asked to decide."""

    name: str
    namespace: str = "default"
    number_of_clusters: int | None = None
    """None: all that pass."""
    predicates: tuple[ClusterSelector, ...] = ()
    """ORed; () lets every cluster pass."""
    mode: str = "Additive"
    """Additive (also when empty) keeps Balance 1 and Steady 1 unless listed; Exact runs only what
    is listed."""
    prioritizers: tuple[PrioritizerWeight, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    cluster_sets: tuple[str, ...] = ()
    """Of those bound to the namespace; () takes all of them."""
    groups: tuple[DecisionGroup, ...] = ()
    clusters_per_group: int | str = "100%"
    """A number, or a share of those chosen."""
    is_disabled: bool = False
    """It is being deleted, or its annotation stops scheduling: what was decided stands."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"
