"""VMs of all origins -> what they run: instancetype merged, priority known, rendering tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from ove_capacity.errors import ScenarioError, UnknownNameError, did_you_mean
from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.instancetypes import (
    common_instancetype,
    common_instancetypes,
    common_preference,
    instancetype_of,
    preference_of,
)
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.instancetype import Instancetype, Preference
from ove_capacity.model.pod import PriorityClass
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Matcher, VirtualMachine, Vmi

__all__ = [
    "PRIORITY_CLASSES",
    "Surroundings",
    "UnusableVmError",
    "instancetypes_of",
    "priority_of",
    "resolved",
]

T = TypeVar("T")

PRIORITY_CLASSES: Mapping[str, PriorityClass] = {
    "kubevirt-cluster-critical": PriorityClass(1_000_000_000),
    "openshift-user-critical": PriorityClass(1_000_000_000),
    "system-cluster-critical": PriorityClass(2_000_000_000),
    "system-node-critical": PriorityClass(2_000_001_000),
}
"""Those that every cluster with OpenShift Virtualization has."""


class UnusableVmError(Exception):
    """A VM that the cluster would refuse, or make no pod for; the message says why."""

    def __init__(self, message: str, field: str = "") -> None:
        """*field*: which of a workload's fields is to blame, if it is one."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a VM refers to."""

    rules: str
    kubevirt: KubeVirt
    objects: Sequence[Objects] = field(default_factory=tuple)
    """Nearest first: the VM folder's, the cluster's, the hub's."""


def _written(around: Surroundings, kind: str, matcher: Matcher, namespace: str) -> Fields | None:
    kind = kind.replace("Machine", "MachineCluster") if matcher.is_cluster_wide else kind
    for objects in around.objects:
        for each in objects.kubevirt_parts.get(kind, []):
            meta = each.fields("metadata")
            same = matcher.is_cluster_wide or (meta.text("namespace") or "default") == namespace
            if same and meta.text("name") == matcher.name:
                return each
    return None


def _instancetype(around: Surroundings, vm: VirtualMachine) -> Instancetype | None:
    matcher = vm.instancetype
    if matcher is None:
        return None
    if not matcher.name:
        raise UnusableVmError("its instancetype is inferred from a volume, which is not modelled")
    written = _written(around, "VirtualMachineInstancetype", matcher, vm.vmi.namespace)
    if written is not None:
        return instancetype_of(written)
    if not matcher.is_cluster_wide:
        raise UnusableVmError(f"there is no VirtualMachineInstancetype {matcher.name!r}")
    return common_instancetype(matcher.name)


def _preference(around: Surroundings, vm: VirtualMachine) -> Preference | None:
    matcher = vm.preference
    if matcher is None:
        return None
    if not matcher.name:
        raise UnusableVmError("its preference is inferred from a volume, which is not modelled")
    written = _written(around, "VirtualMachinePreference", matcher, vm.vmi.namespace)
    if written is not None:
        return preference_of(written)
    if not matcher.is_cluster_wide:
        raise UnusableVmError(f"there is no VirtualMachinePreference {matcher.name!r}")
    return common_preference(matcher.name)


def resolved(vm: VirtualMachine, around: Surroundings) -> Vmi:
    """What the VM runs, with instancetype and preference merged, and known to make a pod.

    Raises:
        UnusableVmError: it names what does not exist, or KubeVirt would not render it.
    """
    instancetype = _found("instancetype", _instancetype, around, vm)
    preference = _found("preference", _preference, around, vm)
    vmi = vm.vmi
    try:
        if instancetype is not None or preference is not None:
            vmi = apply(vmi, instancetype, preference, around.rules)
        launcher_pod(vmi, around.kubevirt, around.rules)
    except RenderError as error:
        raise UnusableVmError(str(error)) from None
    return vmi


def _found(
    field_name: str,
    find: Callable[[Surroundings, VirtualMachine], T | None],
    around: Surroundings,
    vm: VirtualMachine,
) -> T | None:
    """What a VM names in a field; that there is none is told of the field."""
    try:
        return find(around, vm)
    except (UnknownNameError, UnusableVmError) as error:
        raise UnusableVmError(str(error), field_name) from None


def instancetypes_of(objects: Sequence[Objects]) -> Mapping[str, Instancetype]:
    """Cluster-wide instancetypes: the common ones, and over them those of *objects*, nearest first.

    One that is wrong is left out here; the VMs that name it say what is wrong with it.
    """
    written: dict[str, Instancetype] = {}
    for each in reversed(objects):
        for found in each.kubevirt_parts.get("VirtualMachineClusterInstancetype", []):
            with suppress(ScenarioError):
                written[found.fields("metadata").text("name")] = instancetype_of(found)
    common = common_instancetypes()
    return FrozenMap({**common, **written}) if written else common


def priority_of(name: str, objects: Sequence[Objects]) -> PriorityClass:
    """The PriorityClass of that name, or the default one when *name* is empty.

    Raises:
        UnusableVmError: there is no such class, which the API server refuses.
    """
    if not name:
        defaults = (each.default_priority for each in objects)
        return next((each for each in defaults if each is not None), PriorityClass())
    known = dict(PRIORITY_CLASSES)
    for each in objects:
        known.update(each.priority_classes)
    if name not in known:
        guess = did_you_mean(name, known)
        hint = f"; did you mean {guess!r}?" if guess else ""
        raise UnusableVmError(f"there is no PriorityClass {name!r}{hint}", "priorityClass")
    return known[name]
