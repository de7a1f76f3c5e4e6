"""Names in VMs that lead nowhere: instancetypes, preferences, classes, networks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, gathered, launched_vms
from ove_capacity.checks.subject import Subject
from ove_capacity.errors import UnknownNameError, did_you_mean
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.instancetypes import common_preference
from ove_capacity.manifests.running import PRIORITY_CLASSES

__all__ = ["NAME_RULES"]

_REFUSED = ("is refused", "are refused")
_CLUSTER_WIDE = "VirtualMachineCluster"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A name that a VM object says."""

    kind: str
    name: str
    path: FieldPath
    """In the object."""
    known: Collection[str]


def _near(subject: Subject, vm: Launched, kind: str) -> list[str]:
    """Names of a kind that the VM may use: its cluster's and the hub's; of its namespace."""
    spaces = ("",) if kind.startswith(_CLUSTER_WIDE) or "Class" in kind else (vm.vmi.namespace,)
    return [
        each.name
        for each in subject.of_kind(kind)
        if each.cluster in (vm.cluster.name, "")
        and (spaces == ("",) or (each.namespace or "default") in spaces)
    ]


def _matched(subject: Subject, vm: Launched) -> Iterator[_Wanted]:
    """What a VM's instancetype and preference name."""
    manifest = vm.vm.manifest
    assert manifest is not None
    is_pool = manifest.kind == "VirtualMachinePool"
    base: FieldPath = ("spec", "virtualMachineTemplate", "spec") if is_pool else ("spec",)
    for field, short in (("instancetype", "Instancetype"), ("preference", "Preference")):
        name = manifest.get(*base, field, "name")
        if not isinstance(name, str) or not name:
            continue
        kind = str(manifest.get(*base, field, "kind") or f"{_CLUSTER_WIDE}{short}")
        whole = "VirtualMachine" + ("Cluster" if "cluster" in kind.lower() else "") + short
        known: list[str] = _near(subject, vm, whole)
        if whole == f"{_CLUSTER_WIDE}Instancetype":
            known += list(vm.cluster.instancetypes)
        elif whole == f"{_CLUSTER_WIDE}Preference":
            known += _common(name)
        yield _Wanted(whole, name, (*base, field, "name"), known)


def _common(name: str) -> list[str]:
    try:
        common_preference(name)
    except UnknownNameError:
        return []
    return [name]


def _unresolved(subject: Subject) -> Iterator[Finding]:
    """An instancetype, a preference or a priority class that is not there refuses the VM.

    Source: kubevirt v1.1.0 pkg/virt-api/webhooks/validating-webhook/admitters/vms-admitter.go;
    kubernetes v1.28 plugin/pkg/admission/priority; the common instancetypes and preferences are
    those that OpenShift Virtualization deploys.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            manifest = vm.vm.manifest
            if manifest is None:
                continue
            for wanted in _matched(subject, vm):
                if wanted.name not in wanted.known:
                    guess = did_you_mean(wanted.name, wanted.known)
                    said = f"there is no {wanted.kind} {wanted.name}"
                    problem = manifest.problem(said, *wanted.path, suggestion=guess)
                    yield Finding(problem, severity=None if vm.is_used else Severity.WARNING), vm
            name = vm.vmi.spec.priority_class_name
            known = [*PRIORITY_CLASSES, *_near(subject, vm, "PriorityClass")]
            if name and name not in known:
                yield (
                    vm.finding(subject, f"there is no PriorityClass {name}", "priorityClassName"),
                    vm,
                )

    yield from gathered(found(), *_REFUSED)


def _unknown_networks(subject: Subject) -> Iterator[Finding]:
    """A pod whose network Multus does not find is never made ready: it waits in ContainerCreating.

    What a workload names is refused by loading already, where the networks of a cluster are listed.

    Source: k8snetworkplumbingwg/multus-cni v4.0.2 pkg/k8sclient/k8sclient.go, GetNetworkDelegates.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            for index, network in enumerate(vm.vmi.spec.networks):
                space, _, name = network.multus.rpartition("/")
                space = space or vm.vmi.namespace
                if not name or (space, name) in _networks(subject, vm.cluster.name):
                    continue
                said = f"there is no NetworkAttachmentDefinition {space}/{name} among the manifests"
                yield vm.finding(subject, said, "networks", index), vm

    yield from gathered(found(), "never starts", "never start", "unless it is made elsewhere, ")


def _networks(subject: Subject, cluster: str) -> frozenset[tuple[str, str]]:
    return frozenset(
        (each.namespace or "default", each.name)
        for each in subject.of_kind("NetworkAttachmentDefinition")
        if each.cluster in (cluster, "")
    )


def _unknown_storage(subject: Subject) -> Iterator[Finding]:
    """A claim of a class that is not there is never bound, and its VM never starts.

    Told only where the manifests, or the scenario's storage, list classes at all.

    Source: kubernetes v1.28 pkg/controller/volume/persistentvolume/pv_controller.go.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            known = [each.name for each in subject.of_kind("StorageClass")]
            known += [name for system in vm.cluster.storage for name in system.classes]
            for disk in vm.workload.disks:
                if known and disk.storage_class and disk.storage_class not in known:
                    guess = did_you_mean(disk.storage_class, known)
                    said = f"disk {disk.name}: there is no storage class {disk.storage_class}"
                    said += f"; did you mean {guess!r}?" if guess else ""
                    yield vm.finding(subject, said, "volumes"), vm

    yield from gathered(found(), "never starts", "never start")


NAME_RULES = (
    Rule("name-unknown", "Names that lead nowhere", Severity.ERROR, _unresolved),
    Rule("network-unknown", "Networks that are not there", Severity.WARNING, _unknown_networks),
    Rule("storage-class-unknown", "Classes that are not there", Severity.ERROR, _unknown_storage),
)
"""What VMs name."""
