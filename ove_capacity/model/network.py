"""Networks of a cluster as budgets of addresses."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClusterNetwork", "Route", "VmNetwork"]


@dataclass(frozen=True, slots=True)
class ClusterNetwork:
    """The pod network: one range, cut into a slice a node."""

    cidr: str
    """``10.128.0.0/14``."""
    host_prefix: int
    """Length of each node's slice: 23."""
    max_nodes: int
    """Slices in the range."""
    addresses_per_node: int
    """Addresses that pods of one node may have."""


@dataclass(frozen=True, slots=True)
class VmNetwork:
    """A secondary network that VMs have interfaces on."""

    name: str
    """Of its NetworkAttachmentDefinition: ``name`` or ``namespace/name``."""
    addresses: int | None = None
    """Addresses for VMs; None: not known."""
    held: int = 0
    """Of these, taken by what is not in the scenario."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where the mesh of a cluster sends requests for a host: one way of a VirtualService."""

    host: str
    match: str
    """What requests must look like; empty: all that no way before took."""
    service: str
    """``namespace/name`` of the Service that they go to; a host outside the cluster as it is."""
    weight_percent: int = 100
    """Share of these requests."""
