"""``storage`` and ``network`` of a cluster: what is counted beside its machines."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ove_capacity.scenario.schema.section import (
    AmountOfMemory,
    AmountOrNone,
    Count,
    Name,
    PositiveCount,
    Section,
    Shorthand,
    Text,
    WholePercent,
)

__all__ = [
    "ClusterNetworkSection",
    "NetworkSection",
    "StorageSection",
    "VmNetworkSection",
    "VmNetworks",
]


class StorageSection(Section):
    """One storage system, as Ceph or an array: the raw capacity behind some storage classes."""

    raw: AmountOfMemory | None = None
    """Of all its devices together; left out: of the profile's storage machines."""
    replicas: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    """Copies kept of each byte; 1 for an array that says what is usable."""
    near_full: WholePercent = Field(default=75, alias="nearFull")
    """Percent of what is raw at which it is full enough to warn."""
    medium: Text = ""
    """SSD, NVMe …"""
    classes: tuple[Name, ...] = ()
    """Storage classes it serves, the default one first; left out: every class."""
    held: AmountOrNone = 0
    """Volumes that exist already and belong to no VM of the scenario."""


class ClusterNetworkSection(Section):
    """The pod network, as in an install-config."""

    cidr: Name | None = None
    """Its range; ``10.128.0.0/14`` when left out."""
    host_prefix: Annotated[int, Field(strict=True, ge=1, le=128)] | None = Field(
        default=None, alias="hostPrefix"
    )
    """Length of each node's slice of it; 23 when left out, 64 of IPv6."""


class VmNetworkSection(Section):
    """A network that VMs have interfaces on, beside the pod network."""

    range: Name | None = None
    """``10.100.0.0/24``, less the gateway; or ``10.100.0.10-10.100.0.99``; or …"""
    addresses: PositiveCount | None = None
    """… how many addresses there are for VMs."""
    held: Count = 0
    """Of these, taken by what is not in the scenario."""


def _vm_network(value: Any) -> Any:
    return {"range": value} if isinstance(value, str) else value


VmNetworks = dict[
    str,
    Annotated[VmNetworkSection, BeforeValidator(_vm_network), Shorthand({"type": "string"})],
]
"""By the name of the NetworkAttachmentDefinition, ``name`` or ``namespace/name``."""


class NetworkSection(Section):
    """Addresses of a cluster."""

    cluster_network: ClusterNetworkSection = Field(
        default=ClusterNetworkSection(), alias="clusterNetwork"
    )
    """The pod network; left out: OpenShift's default."""
    vm_networks: VmNetworks = Field(default_factory=dict, alias="vmNetworks")
    """Secondary networks: ``{vlan100: 10.100.0.0/24}``."""
