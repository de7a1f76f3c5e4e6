"""Disks and secondary networks of a workload: what it says, or what its VM brings along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ove_capacity.manifests.claims import claimed_disks
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.network import VmNetwork
from ove_capacity.model.storage import Disk
from ove_capacity.model.vm import VirtualMachine
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.workload import VmSection

__all__ = ["Claims", "disks_of", "networks_of", "networks_of_vm"]

_SHOWN = 5


@dataclass(slots=True)
class Claims:
    """The disks of listed VMs; a volume that two of them share is the first one's."""

    objects: Sequence[Objects]
    """Nearest first."""
    taken: set[str] = field(default_factory=set)
    unsized: list[str] = field(default_factory=list)
    """Claims whose size nobody says."""

    def disks_of(self, vm: VirtualMachine) -> tuple[Disk, ...]:
        """What the VM brings along, and claims that stand among the manifests."""
        claims = (each.claims for each in self.objects)
        found, unsized = claimed_disks(vm, claims, self.taken)
        self.unsized += unsized
        return found

    def warning(self) -> str:
        """What is not counted, "" if nothing."""
        if not self.unsized:
            return ""
        shown = ", ".join(self.unsized[:_SHOWN]) + (" …" if len(self.unsized) > _SHOWN else "")
        return f"{len(self.unsized)} volumes of VMs are of unknown size and not counted: {shown}"


def disks_of(
    context: Context, path: FieldPath, section: VmSection, vm: VirtualMachine
) -> tuple[Disk, ...]:
    """The section's disks, which replace those of its template."""
    if section.disks is None:
        return vm.disks
    found: dict[str, Disk] = {}
    for index, each in enumerate(section.disks):
        name = each.name or f"disk-{index}"
        if name in found:
            context.error((*path, "disks", index), f"there is a disk {name!r} already")
        found[name] = Disk(name, each.size, each.storage_class)
    return tuple(found.values())


def networks_of_vm(vm: VirtualMachine, known: Iterable[VmNetwork]) -> tuple[str, ...]:
    """The networks that a VM has by Multus, as the cluster names them, each once."""
    names = [each.name for each in known]
    used = (each.multus for each in vm.vmi.spec.networks if each.multus)
    namespace = vm.vmi.namespace
    every = (_named(each, namespace, names) or _whole(each, namespace) for each in used)
    return tuple(dict.fromkeys(every))


def networks_of(
    context: Context,
    path: FieldPath,
    section: VmSection,
    vm: VirtualMachine,
    known: Sequence[VmNetwork],
) -> tuple[str, ...]:
    """The section's networks, which replace those of its template; an unknown one is noted."""
    if section.networks is None:
        return networks_of_vm(vm, known)
    names = [each.name for each in known]
    found = []
    for index, each in enumerate(section.networks):
        name = _named(each.name, vm.vmi.namespace, names)
        if name is None:
            context.unknown((*path, "networks", index), "network", each.name, names)
        elif name in found:
            context.error((*path, "networks", index), f"{each.name!r} is there already")
        else:
            found.append(name)
    return tuple(found)


def _whole(name: str, namespace: str) -> str:
    return name if "/" in name else f"{namespace}/{name}"


def _named(name: str, namespace: str, known: Sequence[str]) -> str | None:
    """The known name that *name* stands for, seen from a namespace."""
    wanted = (name, _whole(name, namespace), name.rpartition("/")[2])
    return next((each for each in wanted if each in known), None)
