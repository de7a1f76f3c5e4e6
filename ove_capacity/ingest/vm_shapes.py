"""VMs that ask a cluster for the same -> shapes, in the scenario's own words where they suffice.

What the launcher pod asks for is the judge: a VM is written short only if the short form asks for
the same; otherwise the scenario refers to the object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ove_capacity.ingest.odd_vms import check_units
from ove_capacity.ingest.sketch import Value, memory_text
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.manifests.claims import claimed_disks
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.manifests.objects import FoundVm
from ove_capacity.manifests.running import (
    PRIORITY_CLASSES,
    Surroundings,
    UnusableVmError,
    priority_of,
    resolved,
)
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.model.storage import Disk
from ove_capacity.model.vm import VirtualMachine, Vmi

__all__ = ["Shape", "Shapes"]

_OF_ONE_VM = ("kubevirt.io/domain", "kubevirt.io/vm", "vm.kubevirt.io/name")
_PAGE_SIZES = ("2Mi", "1Gi")
_STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Once", "Halted")
_EVICTIONS = ("LiveMigrate", "LiveMigrateIfPossible", "External", "None")
_SAME_NAME = "vm"
_MACHINE_TYPE = "machine-type.node.kubevirt.io/"
_SLIVER = 200
"""One part in so many of a pod's memory may differ: the overhead of a device or two."""


@dataclass(slots=True)
class Shape:
    """VMs that are alike."""

    vms: list[FoundVm]
    run_strategy: str
    said: Mapping[str, Value]
    """Fields of a workload: its size, or the object that it is like."""
    template: FoundVm | None
    """That object, when the size alone would not make the same pod."""
    is_rough: bool = False
    """The size alone would not make the same pod, and there is no object to refer to."""

    @property
    def count(self) -> int:
        """Machines, replicas counted."""
        return sum(found.vm.replicas for found in self.vms)

    @property
    def title(self) -> str:
        """A short name: of its only object, of its instancetype, or by its size."""
        if len(self.vms) == 1:
            return self.vms[0].vm.vmi.name
        if "instancetype" in self.said:
            return str(self.said["instancetype"])
        domain = self.vms[0].vm.vmi.spec.domain
        cpus = self.said.get("cpu", domain.cpu.vcpus or 1)
        memory = str(self.said.get("memory", domain.memory.guest or "")).removesuffix("B")
        return f"vm-{cpus}cpu-{memory.lower()}" if memory else self.vms[0].vm.vmi.name


def _labels(vmi: Vmi) -> dict[str, str]:
    """Labels that more than one VM may have."""
    return {
        key: value
        for key, value in sorted(vmi.labels.items())
        if key not in _OF_ONE_VM and value != vmi.name
    }


def _selects(found: FoundVm) -> bool:
    spec = found.vm.vmi.spec
    affinity = spec.affinity
    return bool(spec.spread) or affinity is not None


@dataclass(slots=True)
class Shapes:
    """Groups VMs as they come."""

    around: Surroundings
    labels_matter: bool = False
    """Whether some VM selects others by labels."""
    is_alone: bool = False
    """The scenario can refer to no object: size has to do."""
    unsized: list[str] = field(default_factory=list)
    """Claims of the VMs whose size no object says."""
    _taken: set[str] = field(default_factory=set)
    _found: dict[object, Shape] = field(default_factory=dict)

    @classmethod
    def of(cls, around: Surroundings, vms: Sequence[FoundVm], *, is_alone: bool = False) -> Shapes:
        """Ready to group these."""
        return cls(around, any(_selects(found) for found in vms), is_alone)

    @property
    def shapes(self) -> list[Shape]:
        """Those with the most VMs first, then as they came."""
        return sorted(self._found.values(), key=lambda shape: -shape.count)

    def add(self, found: FoundVm, run_strategy: str) -> tuple[str, ...]:
        """Put a VM with those like it; returns networks of it that had to be left out.

        Raises:
            UnusableVmError: it names what does not exist, or KubeVirt would make no pod of it.
            UnitMissingError: its memory or a disk of it is a few bytes.
        """
        if run_strategy not in _STRATEGIES:
            raise UnusableVmError(f"runStrategy {run_strategy} is not modelled")
        vm, missing = self._without_unknown_networks(found.vm)
        own = vm.disks
        vm = replace(vm, disks=self._disks(vm))
        vmi = resolved(vm, self.around)
        check_units(vm, vmi)
        priority_of(vmi.spec.priority_class_name, self.around.objects)
        labels = _labels(vmi) if self.labels_matter else {}
        demand = self._demand(vmi, labels)
        if self.is_alone:
            said, is_rough = self._alone(vm, vmi, labels, demand)
            key: object = (run_strategy, repr(said), is_rough)
            self._put(key, Shape([], run_strategy, said, None, is_rough), found)
            return missing
        short = self._short(vm, vmi, labels, demand)
        if short is not None:
            said = short | _disks(vm)
            self._put((run_strategy, repr(said)), Shape([], run_strategy, said, None), found)
            return missing
        if missing:
            listed = ", ".join(missing)
            raise UnusableVmError(
                f"it needs the NetworkAttachmentDefinition {listed}, which is not among the objects"
            )
        eviction = vmi.spec.eviction_strategy
        guest = (vmi.spec.domain.cpu.vcpus, vmi.spec.domain.memory.guest, eviction)
        sizes = tuple((disk.size_bytes, disk.storage_class) for disk in vm.disks)
        likes = (tuple(labels.items()), repr(demand), sizes)
        key = (run_strategy, vmi.namespace, guest, likes)
        said = {"template": vmi.key} | (_disks(vm) if vm.disks != own else {})
        self._put(key, Shape([], run_strategy, said, found), found)
        return missing

    def _disks(self, vm: VirtualMachine) -> tuple[Disk, ...]:
        """What it brings along, and its claims among the objects."""
        claims = (each.claims for each in self.around.objects)
        found, unsized = claimed_disks(vm, claims, self._taken)
        self.unsized += unsized
        return found

    def _put(self, key: object, shape: Shape, found: FoundVm) -> None:
        self._found.setdefault(key, shape).vms.append(found)

    def _alone(
        self, vm: VirtualMachine, vmi: Vmi, labels: Mapping[str, str], demand: _Demand
    ) -> tuple[dict[str, Value], bool]:
        """The VM in a workload's own fields, and whether they ask for something else than it."""
        bare = replace(self.around, objects=())
        merged = replace(vm, vmi=vmi, instancetype=None, preference=None)
        for one in (vm, merged):
            said = self._short(one, vmi, labels, demand, bare)
            if said is not None:
                return self._with_priority(said, vmi), False
        rough = _said(merged, vmi, labels)
        if rough is None or not self._is_accepted(rough, bare):
            raise UnusableVmError("what it asks for cannot be said without its object")
        return self._with_priority(rough, vmi), True

    @staticmethod
    def _is_accepted(said: Mapping[str, Value], around: Surroundings) -> bool:
        try:
            resolved(_written(said), around)
        except UnusableVmError:
            return False
        return True

    def _with_priority(self, said: dict[str, Value], vmi: Vmi) -> dict[str, Value]:
        """The value instead of a class that only the cluster has."""
        name = vmi.spec.priority_class_name
        if name in PRIORITY_CLASSES:
            return said
        said.pop("priorityClass", None)
        value = priority_of(name, self.around.objects).value
        return said | {"priority": value} if value else said

    def _without_unknown_networks(
        self, vm: VirtualMachine
    ) -> tuple[VirtualMachine, tuple[str, ...]]:
        """The VM as far as its networks are known: dumps of VMs seldom hold their definitions."""
        known = {
            f"{each.namespace}/{each.name}"
            for each in self.around.kubevirt.network_attachments or ()
        }
        spec, namespace = vm.vmi.spec, vm.vmi.namespace
        missing = {
            network.name: network.multus
            if "/" in network.multus
            else f"{namespace}/{network.multus}"
            for network in spec.networks
            if network.multus
        }
        missing = {name: target for name, target in missing.items() if target not in known}
        if not missing:
            return vm, ()
        devices = spec.domain.devices
        left = tuple(each for each in devices.interfaces if each.name not in missing)
        slim = replace(
            spec,
            networks=tuple(each for each in spec.networks if each.name not in missing),
            domain=replace(spec.domain, devices=replace(devices, interfaces=left)),
        )
        named = tuple(sorted(set(missing.values())))
        return replace(vm, vmi=replace(vm.vmi, spec=slim)), named

    def _demand(self, vmi: Vmi, labels: Mapping[str, str]) -> _Demand:
        same = replace(vmi, name=_SAME_NAME, hostname="", labels=labels)
        return _Demand.of(launcher_pod(same, self.around.kubevirt, self.around.rules).spec)

    def _short(
        self,
        vm: VirtualMachine,
        vmi: Vmi,
        labels: Mapping[str, str],
        demand: _Demand,
        around: Surroundings | None = None,
    ) -> dict[str, Value] | None:
        """The VM in a workload's own fields; None when they would ask for something else."""
        said = _said(vm, vmi, labels)
        if said is None:
            return None
        try:
            again = resolved(_written(said), around or self.around)
        except UnusableVmError:
            return None
        same = self._demand(replace(again, annotations=vmi.annotations), labels)
        return said if same.is_like(demand) else None


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a pod asks of a cluster."""

    memory_nano: int
    others: tuple[tuple[str, int], ...]
    """Every other resource -> amount in billionths."""
    where: str
    """Everything that decides on which nodes it may run."""

    @classmethod
    def of(cls, spec: PodSpec) -> _Demand:
        requests = {name: each.nano for name, each in pod_requests(spec).items()}
        selector = {
            key: value
            for key, value in sorted(spec.node_selector.items())
            if not key.startswith(_MACHINE_TYPE)
        }
        where = (
            *(selector, spec.affinity, spec.tolerations, spec.spread, spec.priority),
            *(spec.priority_class_name, spec.scheduler_name, spec.runtime_class_name),
        )
        memory = requests.pop(MEMORY, 0)
        return cls(memory, tuple(sorted(requests.items())), repr(where))

    def is_like(self, other: _Demand) -> bool:
        """The same, but for a sliver of memory."""
        near = abs(self.memory_nano - other.memory_nano) * _SLIVER <= other.memory_nano
        return near and (self.others, self.where) == (other.others, other.where)


def _said(vm: VirtualMachine, vmi: Vmi, labels: Mapping[str, str]) -> dict[str, Value] | None:
    """Fields of a workload for the VM; None when there is no word for what it is."""
    said: dict[str, Value] = {}
    domain = vm.vmi.spec.domain
    matchers = [matcher for matcher in (vm.instancetype, vm.preference) if matcher is not None]
    if any(not (each.is_cluster_wide and each.name) for each in matchers):
        return None
    if vm.instancetype is not None:
        said["instancetype"] = vm.instancetype.name
    else:
        asked = domain.resources.requests
        memory = domain.memory.guest or asked.get(MEMORY)
        cpus = domain.cpu.vcpus or (asked[CPU].value if CPU in asked else 1)
        if memory is None or memory.value <= 0:
            return None
        said |= {"cpu": cpus, "memory": memory_text(memory.value)}
    if vm.preference is not None:
        said["preference"] = vm.preference.name
    if domain.cpu.dedicated_cpu_placement:
        said["dedicatedCpuPlacement"] = True
    pages = domain.memory.hugepages_page_size
    if pages in _PAGE_SIZES:
        said["hugepages"] = pages
    spec = vm.vmi.spec
    if vmi.namespace != "default":
        said["namespace"] = vmi.namespace
    if spec.node_selector:
        said["nodeSelector"] = dict(sorted(spec.node_selector.items()))
    if spec.eviction_strategy in _EVICTIONS:
        said["evictionStrategy"] = spec.eviction_strategy
    if spec.priority_class_name:
        said["priorityClass"] = spec.priority_class_name
    if labels:
        said["labels"] = dict(labels)
    return said


def _disks(vm: VirtualMachine) -> dict[str, Value]:
    """The disks that come with the VM, as a workload says them."""
    said: list[Value] = []
    for disk in vm.disks:
        size = memory_text(disk.size_bytes)
        named = {"size": size, "storageClass": disk.storage_class}
        said.append(named if disk.storage_class else size)
    return {"disks": said} if said else {}


def _written(said: Mapping[str, Value]) -> VirtualMachine:
    """The VM that these fields of a workload stand for."""
    domain: dict[str, Any] = {}
    if "cpu" in said:
        domain = {"cpu": {"cores": said["cpu"]}, "memory": {"guest": said["memory"]}}
    if "dedicatedCpuPlacement" in said:
        domain.setdefault("cpu", {})["dedicatedCpuPlacement"] = True
    if "hugepages" in said:
        domain.setdefault("memory", {})["hugepages"] = {"pageSize": said["hugepages"]}
    spec: dict[str, Any] = {"domain": domain}
    for field_name, key in (
        ("nodeSelector", "nodeSelector"),
        ("evictionStrategy", "evictionStrategy"),
        ("priorityClass", "priorityClassName"),
    ):
        if field_name in said:
            spec[key] = said[field_name]
    body: dict[str, Any] = {"template": {"metadata": {}, "spec": spec}}
    for field_name in ("instancetype", "preference"):
        if field_name in said:
            body[field_name] = {"name": said[field_name]}
    meta = {"name": _SAME_NAME, "namespace": said.get("namespace", "default")}
    return virtual_machine_of({"kind": "VirtualMachine", "metadata": meta, "spec": body})
