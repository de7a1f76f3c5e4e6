"""A Placement of Open Cluster Management: which clusters a workload goes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from ove_capacity.model.pod import Toleration
from ove_capacity.model.resources import Amounts
from ove_capacity.model.selector import Labels, LabelSelector

__all__ = ["ManagedCluster", "Placement", "PrioritizerWeight"]


@dataclass(frozen=True, slots=True)
class PrioritizerWeight:
    """One configured prioritizer."""

    name: str
    """A built-in (Balance, Steady, ResourceAllocatable…) or AddOn/<resource>/<score>."""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Placement:
    """What the hub is asked to decide."""

    name: str
    namespace: str = "default"
    number_of_clusters: int | None = None
    """None: all that pass."""
    predicates: tuple[LabelSelector, ...] = ()
    """Label selectors, ORed; () lets every cluster pass."""
    mode: str = "Additive"
    """Additive keeps Balance 1 and Steady 1 unless listed; Exact runs only what is listed."""
    prioritizers: tuple[PrioritizerWeight, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    cluster_sets: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ManagedCluster:
    """A cluster as the hub knows it: labels and totals, no node."""

    name: str
    labels: Labels = field(default_factory=dict)
    capacity: Amounts = field(default_factory=dict)
    """``status.capacity``: ``cpu`` in milli-cores, memory in bytes."""
    allocatable: Amounts = field(default_factory=dict)
    """``status.allocatable``."""
