"""``workloads``, arrivals and VM folders -> workloads of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.kubevirt import KINDS, virtual_machine_of
from ove_capacity.manifests.objects import FoundVm, Objects
from ove_capacity.manifests.running import Surroundings, UnusableVmError, priority_of, resolved
from ove_capacity.model.plan import Arrivals, Workload
from ove_capacity.model.vm import Matcher, VirtualMachine
from ove_capacity.scenario.compile.admission import is_stored, refusals
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.disks import Claims, disks_of, networks_of, networks_of_vm
from ove_capacity.scenario.compile.duration import duration_of
from ove_capacity.scenario.compile.recovery import recovery_of
from ove_capacity.scenario.compile.vm_object import (
    WORKLOAD_LABEL,
    created_object,
    shorthand_spec,
)
from ove_capacity.scenario.complaints import value_at
from ove_capacity.scenario.schema.event import ArrivalsSection
from ove_capacity.scenario.schema.workload import VmSection, WorkloadSection

__all__ = ["arrivals_of", "listed_vms", "workload_of"]

_VM_NAME_LABEL = "vm.kubevirt.io/name"
_SIZE_FIELDS = (
    "cpu",
    "memory",
    "dedicatedCpuPlacement",
    "hugepages",
    "isolateEmulatorThread",
    "guestMappingPassthrough",
    "realtime",
)


def _written(name: str, section: VmSection) -> VirtualMachine:
    """The VM that the shorthand stands for."""
    spec = shorthand_spec(name, section)
    labels = {WORKLOAD_LABEL: name, **section.labels}
    metadata = {"labels": labels, "annotations": section.annotations}
    vm = virtual_machine_of(
        {
            "kind": "VirtualMachine",
            "metadata": {"name": name, "namespace": section.namespace or "default"},
            "spec": {"template": {"metadata": metadata, "spec": spec}},
        }
    )
    instancetype = Matcher(section.instancetype) if section.instancetype else None
    preference = Matcher(section.preference) if section.preference else None
    return replace(vm, instancetype=instancetype, preference=preference)


def _from_template(name: str, section: VmSection, template: VirtualMachine) -> VirtualMachine:
    """The template with what the workload says on top."""
    said = _written(name, section).vmi
    base = template.vmi
    spec = replace(
        base.spec,
        node_selector={**base.spec.node_selector, **said.spec.node_selector},
        affinity=said.spec.affinity if section.anti_affinity else base.spec.affinity,
        eviction_strategy=said.spec.eviction_strategy or base.spec.eviction_strategy,
        priority_class_name=said.spec.priority_class_name or base.spec.priority_class_name,
    )
    vmi = replace(
        base,
        name=name,
        namespace=section.namespace or base.namespace,
        spec=spec,
        labels={**base.labels, **said.labels},
        annotations={**base.annotations, **said.annotations},
    )
    return replace(template, vmi=vmi)


def _template(
    context: Context, path: FieldPath, name: str, objects: tuple[Objects, ...]
) -> FoundVm | None:
    """The VM of that name, or namespace/name, among the manifests."""
    known: dict[str, FoundVm] = {}
    for each in reversed(objects):
        for found in each.vms:
            known[found.vm.vmi.key] = known[found.vm.vmi.name] = found
    if name not in known:
        names = sorted(key for key in known if "/" not in key)
        context.unknown((*path, "template"), "VirtualMachine", name, names)
        return None
    return known[name]


_Described = tuple[VirtualMachine, dict[str, Any]]
"""A VM, and its object as an API server is handed it."""


def _vm(
    context: Context,
    path: FieldPath,
    section: WorkloadSection | ArrivalsSection,
    around: Surroundings,
) -> _Described | None:
    """What the section describes; a contradiction within it is noted."""
    is_sized = section.cpu is not None or section.memory is not None
    origins = [
        name
        for name, given in (
            ("template", section.template),
            ("instancetype", section.instancetype),
            ("cpu and memory", is_sized or None),
        )
        if given is not None
    ]
    if len(origins) != 1:
        got = " and ".join(origins) or "none of them"
        context.error(path, f"needs one of template, instancetype, or cpu and memory (got {got})")
        return None
    if section.template is None:
        if section.instancetype is None and (section.cpu is None or section.memory is None):
            missing = "memory" if section.memory is None else "cpu"
            context.error(path, f"'{missing}' is missing")
            return None
        return _written(section.name, section), created_object(section, None)
    given = {field.alias or key for key, field in VmSection.model_fields.items()} & {
        type(section).model_fields[key].alias or key for key in section.model_fields_set
    }
    clashing = [name for name in (*_SIZE_FIELDS, "preference") if name in given]
    if clashing:
        context.error((*path, clashing[0]), "the template says this already")
        return None
    template = _template(context, path, section.template, tuple(around.objects))
    if template is None:
        return None
    vm = _from_template(section.name, section, template.vm)
    return vm, created_object(section, template.fields.value)


def _where(
    context: Context,
    path: FieldPath,
    section: WorkloadSection | ArrivalsSection,
    clusters: Mapping[str, Compiled],
) -> tuple[str, str] | None:
    """(cluster, placement key): one of them, checked."""
    if (section.cluster is None) == (section.placement is None):
        got = "neither" if section.cluster is None else "both"
        context.error(path, f"needs either cluster or placement (got {got})")
        return None
    if section.cluster is not None:
        if section.cluster in clusters:
            return section.cluster, ""
        context.unknown((*path, "cluster"), "cluster", section.cluster, clusters)
        return None
    keys = {each.name: each.key for each in context.hub.placements}
    keys |= {each.key: each.key for each in context.hub.placements}
    wanted = section.placement or ""
    if wanted not in keys:
        names = [each.name for each in context.hub.placements]
        context.unknown((*path, "placement"), "Placement", wanted, names)
        return None
    return "", keys[wanted]


def _surroundings(context: Context, cluster: str, clusters: Mapping[str, Compiled]) -> Surroundings:
    """Of a cluster, or, when a Placement decides, of the first one."""
    near = clusters[cluster] if cluster else next(iter(clusters.values()))
    own = (near.objects,) if cluster else ()
    rules = near.cluster.release.kubevirt_rules
    return Surroundings(rules, near.cluster.kubevirt, (*own, context.hub))


def workload_of(
    context: Context,
    path: FieldPath,
    section: WorkloadSection | ArrivalsSection,
    clusters: Mapping[str, Compiled],
) -> Workload | None:
    """The workload a section describes; None when it is wrong, which is noted."""
    where = _where(context, path, section, clusters)
    if where is None:
        return None
    around = _surroundings(context, where[0], clusters)
    described = _vm(context, path, section, around)
    if described is None:
        return None
    vm, resource = described
    try:
        vmi = resolved(vm, around)
        priority = priority_of(vmi.spec.priority_class_name, around.objects)
    except UnusableVmError as error:
        is_said = error.field and value_at(context.changed.document.value, (*path, error.field))
        context.error((*path, error.field) if is_said else path, str(error))
        return None
    listed = isinstance(section, WorkloadSection)
    total = section.total if isinstance(section, WorkloadSection) else None
    if isinstance(section, WorkloadSection) and total is not None:
        if section.count is not None:
            context.error((*path, "total"), "count and total exclude each other")
        if not where[1]:
            context.error((*path, "total"), "only a Placement splits a total; say count")
    count = 1 if section.count is None else section.count
    disks = disks_of(context, path, section, vm)
    near = [clusters[where[0]]] if where[0] else list(clusters.values())
    known = [network for each in near for network in each.cluster.vm_networks]
    return Workload(
        name=section.name,
        vmi=vmi,
        count=total or count,
        cluster=where[0],
        placement=where[1],
        total=total is not None or (not listed and bool(where[1])),
        at_ms=section.at if isinstance(section, WorkloadSection) else 0,
        lifetime=duration_of(section.lifetime),
        run_strategy=section.run_strategy,
        priority=priority.value if section.priority is None else section.priority,
        preemption_never=priority.preemption_never,
        labels=section.labels,
        disks=disks,
        networks=networks_of(context, path, section, vm, known),
        recovery=recovery_of(context, path, section, clusters, where[0], disks),
        refused=refusals(context, resource, near),
    )


def arrivals_of(
    context: Context,
    path: FieldPath,
    section: ArrivalsSection,
    clusters: Mapping[str, Compiled],
) -> Arrivals | None:
    """The stream a section describes; None when it is wrong, which is noted."""
    if section.every < 1:
        context.error((*path, "every"), "must be more than zero")
        return None
    workload = workload_of(context, path, section, clusters)
    if workload is None:
        return None
    return Arrivals(workload, section.every, section.start, section.until)


class _Listing:
    """The VMs of one cluster's folders, one workload each."""

    def __init__(self, context: Context, compiled: Compiled) -> None:
        self.context, self.compiled = context, compiled
        objects = (compiled.vms, compiled.objects, context.hub)
        cluster = compiled.cluster
        self.around = Surroundings(cluster.release.kubevirt_rules, cluster.kubevirt, objects)
        self.seen: set[str] = {
            f"{pod.namespace}/{pod.labels[_VM_NAME_LABEL]}"
            for pod in cluster.pods
            if _VM_NAME_LABEL in pod.labels
        }
        self.claims = Claims(objects)
        self.found: list[Workload] = []
        self.halted = 0

    def add(self, found: FoundVm, strategy: str) -> None:
        vm = found.vm
        if vm.vmi.key in self.seen:
            found.fields.warning(f"VM {vm.vmi.key} is there already; this one is left out")
            return
        self.seen.add(vm.vmi.key)
        try:
            vmi = resolved(vm, self.around)
            priority = priority_of(vmi.spec.priority_class_name, self.around.objects)
        except UnusableVmError as error:
            found.fields.warning(f"VM {vm.vmi.key} is left out: {error}")
            return
        written = vm.run_strategy or "Always"
        if strategy == "as-written" and written == "Halted":
            self.halted += 1
        self.found.append(
            Workload(
                name=vmi.name if vmi.namespace == "default" else vmi.key,
                vmi=vmi,
                count=vm.replicas,
                cluster=self.compiled.cluster.name,
                run_strategy=written if strategy == "as-written" else strategy,
                priority=priority.value,
                preemption_never=priority.preemption_never,
                labels=vm.labels,
                disks=self.claims.disks_of(vm),
                networks=networks_of_vm(vm, self.compiled.cluster.vm_networks),
                vm_names=(vmi.name,) if vm.replicas == 1 else (),
                refused=self._refused(found),
            )
        )

    def _refused(self, found: FoundVm) -> dict[str, str]:
        """Nobody refuses what a cluster has already."""
        if is_stored(found.fields.value):
            return {}
        return refusals(self.context, found.fields.value, [self.compiled])


def listed_vms(context: Context, compiled: Compiled) -> list[Workload]:
    """A workload for each VM of the cluster's folders; what cannot run is warned of."""
    section = context.scenario.clusters[compiled.cluster.name]
    if not compiled.vms.vms:
        return []
    strategy = "as-written"
    if any(folder.run_strategy == "Always" for folder in section.vms):
        strategy = "Always"
    listing = _Listing(context, compiled)
    order = {kind: index for index, kind in enumerate(KINDS)}
    for found in sorted(
        compiled.vms.vms, key=lambda each: order.get(str(each.fields.get("kind")), len(order))
    ):
        listing.add(found, strategy)
    if listing.halted:
        path = (*compiled.path, "vms")
        message = f"{listing.halted} VMs are written as halted; runStrategy: Always starts them"
        context.warn(path, message)
    if listing.claims.warning():
        context.warn((*compiled.path, "vms"), listing.claims.warning())
    return listing.found
