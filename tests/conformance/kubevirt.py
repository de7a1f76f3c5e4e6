"""Launcher pods recorded from KubeVirt's own rendering."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ove_capacity.kubevirt.defaults import with_defaults
from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.overhead import memory_overhead
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.manifests.core import namespace_of
from ove_capacity.manifests.instancetypes import instancetype_of, preference_of
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.manifests.kubevirt_config import kubevirt_of, quota_of
from ove_capacity.model.pod import Affinity, Container, Pod, PodSpec
from ove_capacity.model.pod_requests import pod_limits, pod_requests, qos_class
from ove_capacity.model.resources import CPU, ResourceList
from ove_capacity.model.selector import NodeSelectorTerm, Requirement
from ove_capacity.model.virtualization import KubeVirt, NetworkAttachment
from ove_capacity.model.vm import Cpu, Memory, Resources, Vmi
from ove_capacity.quantity import Quantity
from tests.conformance.difference import first_difference

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _kubevirt(config: Mapping[str, Any]) -> KubeVirt:
    document = {
        "metadata": {"annotations": config.get("kubevirtAnnotations")},
        "spec": {"configuration": config["kubevirt"]},
    }
    return replace(
        kubevirt_of(document),
        arch=config["arch"],
        network_attachments=tuple(
            NetworkAttachment(nad["name"], nad["namespace"], nad.get("resourceName") or "")
            for nad in config.get("nads") or ()
        ),
        quotas=tuple(quota_of(quota) for quota in config.get("resourceQuotas") or ()),
        namespaces=dict(namespace_of(each) for each in config.get("namespaces") or ()),
        tsc_frequency_hz=config.get("tscFrequency"),
    )


def _merged(case: Mapping[str, Any]) -> Vmi:
    instancetype, preference = case.get("instancetype"), case.get("preference")
    return apply(
        virtual_machine_of({"kind": "VirtualMachineInstance", **case["vmi"]}).vmi,
        instancetype_of({"spec": instancetype}) if instancetype else None,
        preference_of({"spec": preference}) if preference else None,
        case["version"],
    )


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are neither unset nor zero nor empty, quantities as text."""
    return {
        key: str(value) if isinstance(value, Quantity) else value
        for key, value in fields.items()
        if value not in (None, "", 0, (), {}, [])
    }


def _cpu(cpu: Cpu) -> dict[str, Any]:
    fields = {
        "cores": cpu.cores,
        "sockets": cpu.sockets,
        "threads": cpu.threads,
        "maxSockets": cpu.max_sockets,
        "model": cpu.model,
        "features": [_said({"name": each.name, "policy": each.policy}) for each in cpu.features],
        "dedicatedCpuPlacement": cpu.dedicated_cpu_placement,
        "isolateEmulatorThread": cpu.isolate_emulator_thread,
        "realtime": _said({"mask": cpu.realtime.mask}) if cpu.realtime else None,
    }
    said = _said(fields)
    if cpu.numa_passthrough:
        said["numa"] = {"guestMappingPassthrough": {}}
    if cpu.realtime:
        said["realtime"] = _said({"mask": cpu.realtime.mask})
    return said


def _memory(memory: Memory) -> dict[str, Any] | None:
    reserved = {"addedOverhead": memory.added_overhead, "memLock": memory.mem_lock}
    fields = {
        "guest": memory.guest,
        "maxGuest": memory.max_guest,
        "hugepages": _said({"pageSize": memory.hugepages_page_size}),
        "reservedOverhead": _said(reserved),
    }
    return _said(fields) or None


def _texts(resources: ResourceList) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in resources.items()}


def _resources(resources: Resources) -> dict[str, Any]:
    fields = {
        "requests": _texts(resources.requests),
        "limits": _texts(resources.limits),
        "overcommitGuestOverhead": resources.overcommit_guest_overhead,
    }
    return _said(fields)


def _container(container: Container) -> dict[str, Any]:
    fields = {
        "name": container.name,
        "requests": _texts(container.requests),
        "limits": _texts(container.limits),
    }
    return {**fields, "restartPolicy": "Always"} if container.restart_always else fields


def _amounts(total: ResourceList) -> dict[str, int]:
    return {
        "cpu_milli" if name == CPU else name: quantity.milli if name == CPU else quantity.value
        for name, quantity in total.items()
    }


def _sum_texts(spec: PodSpec, total: ResourceList) -> dict[str, str]:
    """Sums as text: decimal when several containers add up, else as the one container has it."""
    sidecars = (each for each in spec.init_containers if each.restart_always)
    asking = Counter(name for each in (*spec.containers, *sidecars) for name in each.requests)
    summed = {
        name: Quantity(quantity.nano) if asking[name] > 1 else quantity
        for name, quantity in total.items()
    }
    return _texts(summed)


def _expressions(requirements: tuple[Requirement, ...]) -> list[dict[str, Any]]:
    return [
        {"key": each.key, "operator": each.operator, **_said({"values": list(each.values)})}
        for each in requirements
    ]


def _affinity(written: Mapping[str, Any] | None, affinity: Affinity) -> dict[str, Any]:
    """The affinity in the form in which it was written, with the node terms we added."""
    document = copy.deepcopy(dict(written or {}))
    if affinity.node_required is not None:
        node = document.setdefault("nodeAffinity", {})
        terms = node.setdefault(_REQUIRED, {}).setdefault("nodeSelectorTerms", [])
        terms += [{} for _ in affinity.node_required[len(terms) :]]
        for term, ours in zip(terms, affinity.node_required, strict=True):
            _add_expressions(term, ours)
    if affinity.node_preferred:
        node = document.setdefault("nodeAffinity", {})
        preferred = node.setdefault(_PREFERRED, [])
        for ours_preferred in affinity.node_preferred[len(preferred) :]:
            preference: dict[str, Any] = {}
            _add_expressions(preference, ours_preferred.term)
            preferred.append({"weight": ours_preferred.weight, "preference": preference})
    return document


def _add_expressions(term: dict[str, Any], ours: NodeSelectorTerm) -> None:
    had = len(term.get("matchExpressions") or ())
    added = _expressions(ours.match_expressions[had:])
    if added:
        term["matchExpressions"] = (term.get("matchExpressions") or []) + added


def _tolerations(pod: Pod) -> list[dict[str, Any]]:
    found = []
    for each in pod.spec.tolerations:
        fields = {
            "key": each.key,
            "operator": each.operator,
            "value": each.value,
            "effect": each.effect,
        }
        seconds = {} if each.seconds is None else {"tolerationSeconds": each.seconds}
        found.append(_said(fields) | seconds)
    return found


def _pod(written: Mapping[str, Any], pod: Pod) -> dict[str, Any]:
    spec = pod.spec
    requests, limits = pod_requests(spec), pod_limits(spec)
    always = {
        "containers": [_container(each) for each in spec.containers],
        "pod_requests": _amounts(requests),
        "pod_requests_str": _sum_texts(spec, requests),
        "pod_limits": _amounts(limits),
        "qosClass": qos_class(spec),
        "nodeSelector": dict(spec.node_selector),
        "terminationGracePeriodSeconds": spec.termination_grace_period_seconds,
    }
    when_any = {
        "initContainers": [_container(each) for each in spec.init_containers],
        "affinity": _affinity(written.get("affinity"), spec.affinity),
        "tolerations": _tolerations(pod),
        "emptyDirs": dict(spec.empty_dir_media),
        "priorityClassName": spec.priority_class_name,
        "schedulerName": spec.scheduler_name,
        "runtimeClassName": spec.runtime_class_name,
    }
    return always | _said(when_any)


def decide(case: Mapping[str, Any]) -> dict[str, Any]:
    """What we render for the case, in the form of its ``expected``."""
    kubevirt, release = _kubevirt(case["config"]), rules_of(case["version"])
    try:
        merged = _merged(case)
        pod = launcher_pod(merged, kubevirt, case["version"])
    except RenderError as error:
        return {"id": case["id"], "error": str(error)}
    spec = with_defaults(merged, kubevirt, release).spec
    domain = spec.domain
    return {
        "id": case["id"],
        "memory_overhead_bytes": memory_overhead(spec, kubevirt, release).value,
        "vmi_after_defaults": {
            "architecture": spec.architecture,
            "machineType": domain.machine_type,
            "cpu": _cpu(domain.cpu),
            "memory": _memory(domain.memory),
            "resources": _resources(domain.resources),
            "evictionStrategy": spec.eviction_strategy,
        },
        **_pod(case["vmi"]["spec"], pod),
    }


def _comparable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Of an error only that there is one; of an affinity nothing that is empty."""
    if "error" in answer:
        return {"error": True}
    comparable = dict(answer)
    if "affinity" in answer:
        comparable["affinity"] = _without_empty_lists(answer["affinity"])
    return comparable


def _without_empty_lists(value: Any) -> Any:
    """The value as the API server prints it back: an empty list or null is not there."""
    if isinstance(value, Mapping):
        kept = {key: _without_empty_lists(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [])}
    return [_without_empty_lists(item) for item in value] if isinstance(value, list) else value


def difference(expected: Mapping[str, Any], ours: Mapping[str, Any]) -> str | None:
    """The first disagreement, or None."""
    return first_difference(_comparable(expected), _comparable(ours))
