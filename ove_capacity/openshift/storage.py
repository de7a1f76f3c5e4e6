"""What OpenShift Data Foundation makes of the disks of a cluster's storage machines."""

from __future__ import annotations

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.storage import StorageSystem

__all__ = ["storage_assumptions", "storage_of_machines"]

_REPLICAS_SOURCE = "red-hat-storage/ocs-operator controllers/defaults/defaults.go, DeviceSetReplica"
_NEAR_FULL_SOURCE = "red-hat-storage/ocs-operator api/v1/storagecluster_types.go, nearFullRatio"


def storage_of_machines(
    name: str, machines: int, disk_bytes: int, medium: str = ""
) -> StorageSystem:
    """All disks of the storage machines as one system, each byte kept three times.

    Source: red-hat-storage/ocs-operator controllers/defaults/defaults.go, DeviceSetReplica; that
    the whole disk of a machine is Ceph's is ours: a profile names one disk a machine.
    """
    return StorageSystem(name, machines * disk_bytes, medium=medium)


def storage_assumptions(
    system: StorageSystem, cluster: str, *, replicas: bool = True, near_full: bool = True
) -> tuple[Assumption, ...]:
    """What nobody said of a storage system, as entries of the ledger.

    Source: red-hat-storage/ocs-operator controllers/defaults/defaults.go and
    api/v1/storagecluster_types.go.
    """
    entries = (
        (replicas, "replicas", str(system.replicas), _REPLICAS_SOURCE),
        (near_full, "near_full_percent", str(system.near_full_percent), _NEAR_FULL_SOURCE),
    )
    return tuple(
        Assumption(f"storage.{name}", value, source, Evidence.DOCUMENTED, cluster)
        for is_default, name, value, source in entries
        if is_default
    )
