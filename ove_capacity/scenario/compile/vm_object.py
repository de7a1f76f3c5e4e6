"""The VirtualMachine object that a section of the scenario stands for, as one would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ove_capacity.scenario.schema.event import ArrivalsSection
from ove_capacity.scenario.schema.workload import VmSection, WorkloadSection

__all__ = ["WORKLOAD_LABEL", "created_object", "shorthand_spec"]

WORKLOAD_LABEL = "ove-capacity/workload"
"""By which the VMs of a workload know each other, for anti-affinity."""

_TOPOLOGY = {"hostname": "kubernetes.io/hostname", "zone": "topology.kubernetes.io/zone"}


def created_object(
    section: WorkloadSection | ArrivalsSection, template: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The object that an API server is handed for the first VM of a section.

    Args:
        section: a workload, or a stream of VMs that arrive.
        template: the object it is made from, as written; None when the section sizes the VM.
    """
    base = _sized(section) if template is None else template
    metadata = {**_mapping(base.get("metadata")), "name": f"{section.name}-0"}
    metadata["namespace"] = section.namespace or metadata.get("namespace") or "default"
    labels = {**_mapping(metadata.get("labels")), **section.labels}
    if labels:
        metadata["labels"] = labels
    return _with_template({**base, "metadata": metadata}, section)


def shorthand_spec(name: str, section: VmSection) -> dict[str, Any]:
    """The spec of the VMI, as far as the section's own words say it."""
    spec: dict[str, Any] = {"domain": _domain(section)}
    if section.anti_affinity is not None:
        spec["affinity"] = _anti_affinity(name, section.anti_affinity)
    if section.node_selector:
        spec["nodeSelector"] = section.node_selector
    if section.eviction_strategy is not None:
        spec["evictionStrategy"] = section.eviction_strategy
    if section.priority_class is not None:
        spec["priorityClassName"] = section.priority_class
    return spec


def _anti_affinity(name: str, rule: str) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchLabels": {WORKLOAD_LABEL: name}},
        "topologyKey": _TOPOLOGY[rule.removeprefix("preferred-")],
    }
    if rule.startswith("preferred-"):
        preferred = [{"weight": 100, "podAffinityTerm": term}]
        return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def _domain(section: VmSection) -> dict[str, Any]:
    cpu: dict[str, Any] = {}
    if section.cpu is not None:
        cpu["cores"] = section.cpu
    if section.dedicated_cpu_placement:
        cpu["dedicatedCpuPlacement"] = True
    if section.isolate_emulator_thread:
        cpu["isolateEmulatorThread"] = True
    if section.guest_mapping_passthrough:
        cpu["numa"] = {"guestMappingPassthrough": {}}
    if section.realtime:
        cpu["realtime"] = {}
    memory: dict[str, Any] = {}
    if section.memory is not None:
        memory["guest"] = str(section.memory)
    if section.hugepages is not None:
        memory["hugepages"] = {"pageSize": section.hugepages}
    return {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}


def _sized(section: WorkloadSection | ArrivalsSection) -> dict[str, Any]:
    """The object of a section that says the size itself, or by an instancetype."""
    spec: dict[str, Any] = {"runStrategy": section.run_strategy}
    for key in ("instancetype", "preference"):
        if name := getattr(section, key):
            spec[key] = {"name": name}
    spec["template"] = {"spec": {"domain": {}}}
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "spec": spec}


def _with_template(
    resource: dict[str, Any], section: WorkloadSection | ArrivalsSection
) -> dict[str, Any]:
    """With what the section says of the VMI within: labels, selectors, affinity, strategy."""
    spec = _mapping(resource.get("spec"))
    template = spec.get("template")
    if not isinstance(template, Mapping):
        return resource
    metadata = dict(_mapping(template.get("metadata")))
    labels = {**_mapping(metadata.get("labels")), **section.labels}
    if labels:
        metadata["labels"] = labels
    annotations = {**_mapping(metadata.get("annotations")), **section.annotations}
    if annotations:
        metadata["annotations"] = annotations
    inner = dict(_mapping(template.get("spec")))
    said = shorthand_spec(section.name, section)
    inner["domain"] = {**_mapping(inner.get("domain")), **said.pop("domain")}
    if "nodeSelector" in said:
        said["nodeSelector"] = {**_mapping(inner.get("nodeSelector")), **said["nodeSelector"]}
    changed = {**template, "metadata": metadata, "spec": {**inner, **said}}
    return {**resource, "spec": {**spec, "template": changed}}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
