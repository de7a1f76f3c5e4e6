"""Disks of VMs, and the storage systems of a cluster that hold them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Disk", "StorageSystem"]


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk of a VM that a persistent volume holds."""

    name: str
    size_bytes: int
    storage_class: str = ""
    """Empty: the cluster's default class."""


@dataclass(frozen=True, slots=True)
class StorageSystem:
    """Raw capacity behind one or more storage classes of a cluster."""

    name: str
    raw_bytes: int
    """Of all its devices together."""
    replicas: int = 3
    """Copies kept of each byte."""
    near_full_percent: int = 75
    """How full it may be before it warns: Ceph's near-full ratio as OpenShift Data Foundation sets
    it (ocs-operator api/v1/storagecluster_types.go)."""
    medium: str = ""
    """SSD, NVMe …, as written."""
    classes: tuple[str, ...] = ()
    """Storage classes it serves; the first serves disks that name none. Empty: every class."""
    held_bytes: int = 0
    """Volumes that exist already and are nobody's of the scenario."""

    @property
    def usable_bytes(self) -> int:
        """What volumes may hold together: raw / replicas x near-full, rounded down."""
        return self.raw_bytes * self.near_full_percent // (100 * self.replicas)

    def serves(self, storage_class: str) -> bool:
        """Whether a disk of that class lies here."""
        return not storage_class or not self.classes or storage_class in self.classes
