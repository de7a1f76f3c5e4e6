"""A node as the scheduler knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.kubelet import NodeKubelet
from ove_capacity.model.resources import Amounts
from ove_capacity.model.selector import Labels
from ove_capacity.model.topology import Topology

__all__ = ["HOSTNAME_LABEL", "REGION_LABEL", "ZONE_LABEL", "Node", "NodeImage", "Taint"]

HOSTNAME_LABEL = "kubernetes.io/hostname"
ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods away that do not tolerate it."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"
    """NoSchedule, PreferNoSchedule or NoExecute."""


@dataclass(frozen=True, slots=True)
class NodeImage:
    """A container image present on a node, under all its names."""

    names: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of a cluster."""

    name: str
    capacity: Amounts = field(default_factory=dict)
    """What the machine has; ``cpu`` in milli-cores, memory in bytes."""
    allocatable: Amounts = field(default_factory=dict)
    """What pods may ask for in sum."""
    labels: Labels = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    """Cordoned."""
    images: tuple[NodeImage, ...] = ()
    pool: str = ""
    """Machine pool it belongs to: worker, master, storage …"""
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: Amounts = field(default_factory=dict)
    """Requests of the platform's own pods on it, summed; ``pods`` counts them."""
    virtualization: Amounts = field(default_factory=dict)
    """Of these, what OpenShift Virtualization's own pods ask for, where it is known apart."""
    services: Amounts = field(default_factory=dict)
    """Of these, what daemons of the services that manage the fleet ask for."""
    eviction_bytes: int | None = None
    """Memory below which its kubelet evicts, a part of what is not allocatable; None: allocatable
    was read off the machine, and nothing tells the parts apart."""

    topology: Topology | None = None
    """Its processors; None: not known."""
    kubelet: NodeKubelet | None = None
    """What its kubelet admits pods by, after the scheduler; None: node totals are all there is."""

    @property
    def is_worker(self) -> bool:
        """Whether it carries the worker role, the population that headroom and failover count."""
        return "node-role.kubernetes.io/worker" in self.labels
