"""What runs beside VMs to manage a fleet: what manifests say of it, and what comes of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.resources import Amounts

__all__ = ["DeclaredService", "Management", "ServicePart"]


@dataclass(frozen=True, slots=True)
class DeclaredService:
    """One object that installs a service: what it says, part by part."""

    kind: str
    name: str
    place: str = ""
    """``file:line:column``."""
    replicas: Mapping[str, int] = field(default_factory=dict)
    """Part -> how many."""
    requests: Mapping[str, Amounts] = field(default_factory=dict)
    limits: Mapping[str, Amounts] = field(default_factory=dict)
    storage_bytes: Mapping[str, int] = field(default_factory=dict)
    """Part -> its volume, of each replica."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What else is read of it: ``availability``, ``ha``, ``retention`` …"""
    dropped: tuple[str, ...] = ()
    """Parts whose amounts are written where the API server drops them."""


@dataclass(frozen=True, slots=True)
class ServicePart:
    """One Deployment, StatefulSet or DaemonSet of a service."""

    service: str
    """The product: ``RHACM``."""
    name: str
    """As the product names it."""
    replicas: int
    """Pods; of a daemon, on each node."""
    requests: Amounts
    """Of one pod, as it takes effect: what the manifest says, else what is documented."""
    source: str
    """Of what is documented."""
    evidence: Evidence = Evidence.DOCUMENTED
    limits: Amounts = field(default_factory=dict)
    storage_bytes: int = 0
    """Of one replica, as it takes effect."""
    written_requests: Amounts = field(default_factory=dict)
    """As the manifest writes them, whether or not the API server keeps them."""
    written_limits: Amounts = field(default_factory=dict)
    written_replicas: int | None = None
    written_storage_bytes: int = 0
    documented_replicas: int = 1
    documented_requests: Amounts = field(default_factory=dict)
    documented_storage_bytes: int = 0
    is_daemon: bool = False
    """One on each worker."""


@dataclass(frozen=True, slots=True)
class Management:
    """The services of one cluster: of the hub, or of one that it manages."""

    parts: tuple[ServicePart, ...] = ()
    declared: tuple[DeclaredService, ...] = ()
    """The objects that they come from."""
