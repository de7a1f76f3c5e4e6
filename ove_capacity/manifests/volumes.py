"""Volumes that VMs bring along -> disks with a size."""

from __future__ import annotations

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.resources import AMOUNT_MAX
from ove_capacity.model.storage import Disk

__all__ = ["disk_of_claim", "disks_of_templates"]


def disk_of_claim(fields: Fields) -> Disk | None:
    """A DataVolume or a PersistentVolumeClaim; None when it names no size.

    A DataVolume without one takes the size of what it is copied from, which we do not see.
    """
    spec = fields.fields("spec")
    claim = next((spec.fields(key) for key in ("storage", "pvc") if key in spec), spec)
    size = claim.fields("resources").fields("requests").quantity("storage")
    if size is None:
        return None
    name = fields.fields("metadata").required_text("name")
    if not 0 < size.value <= AMOUNT_MAX:
        claim.error("must be more than zero, and less than we can count", "resources")
        return None
    return Disk(name, size.value, claim.text("storageClassName"))


def disks_of_templates(spec: Fields) -> tuple[Disk, ...]:
    """Of a VirtualMachine's ``dataVolumeTemplates``, those that say a size."""
    found = []
    for each in spec.each("dataVolumeTemplates"):
        disk = disk_of_claim(each)
        if disk is not None:
            found.append(disk)
    return tuple(found)
