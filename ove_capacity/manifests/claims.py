"""The disks of VMs that exist: what each brings along, and claims that stand beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ove_capacity.model.storage import Disk
from ove_capacity.model.vm import VirtualMachine

__all__ = ["claimed_disks"]

_CLAIMING = ("dataVolume", "persistentVolumeClaim")


def claimed_disks(
    vm: VirtualMachine, claims: Iterable[Mapping[str, Disk]], taken: set[str]
) -> tuple[tuple[Disk, ...], tuple[str, ...]]:
    """(the disks of a VM, ``namespace/name`` of its claims whose size nobody says).

    Args:
        vm: the VM.
        claims: by ``namespace/name``, nearest first.
        taken: claims of VMs before it, whose disks they are; gets those of this one.
    """
    known = list(claims)
    found = {disk.name: disk for disk in vm.disks}
    unsized = []
    for volume in vm.vmi.spec.volumes:
        key = f"{vm.vmi.namespace}/{volume.claim}"
        if volume.kind not in _CLAIMING or volume.claim in found or key in taken:
            continue
        disk = next((each[key] for each in known if key in each), None)
        # Replicas share a claim; what each has for itself comes from its template.
        if disk is None or vm.replicas != 1:
            unsized.append(key)
        else:
            found[disk.name] = disk
        taken.add(key)
    return tuple(found.values()), tuple(unsized)
