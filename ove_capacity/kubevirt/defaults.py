"""What KubeVirt's webhook writes into a VirtualMachineInstance before it is rendered."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.hotplug import with_hotplug_limits
from ove_capacity.kubevirt.rules import Rules
from ove_capacity.model.resources import CPU, MEMORY, ResourceList
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Cpu, CpuFeature, Domain, Interface, Memory, Network, Vmi, VmiSpec
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["overcommitted", "page_size", "with_default_interface", "with_defaults"]

_ZERO = Quantity(0)
_DEFAULT_CPU_REQUEST = Quantity.parse("100m")
_MACHINE_TYPES = {"arm64": "virt", "s390x": "s390-ccw-virtio"}
_HYPERV_REQUIRES = (
    ("evmcs", "vapic"),
    ("ipi", "vpindex"),
    ("tlbflush", "vpindex"),
    ("synictimer", "synic"),
    ("synic", "vpindex"),
)


def page_size(text: str) -> Quantity | None:
    """The size of a hugepage; None when the text is no quantity.

    Source: kubevirt v1.9.0 pkg/defaults/defaults.go, setGuestMemory.
    """
    try:
        return Quantity.parse(text) if text else None
    except QuantityError:
        return None


def overcommitted(memory: Quantity, percent: int) -> Quantity:
    """What is requested for *memory* when *percent* of it may be promised, rounded down.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/renderresources.go, WithMemoryRequests.
    """
    if percent in (0, 100):
        return memory
    return Quantity.of(memory.value * 100 // percent, memory.notation)


def _requests(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> ResourceList:
    requests, limits = dict(domain.resources.requests), domain.resources.limits
    if limits.get(CPU, _ZERO).nano and not requests.get(CPU, _ZERO).nano:
        requests[CPU] = limits[CPU]
    if not rules.late_memory_request:
        if limits.get(MEMORY, _ZERO).nano and not requests.get(MEMORY, _ZERO).nano:
            requests[MEMORY] = limits[MEMORY]
        if MEMORY not in requests:
            memory = domain.memory.guest
            if memory is None:
                memory = page_size(domain.memory.hugepages_page_size)
            if memory is not None and memory.value > 0:
                requests[MEMORY] = overcommitted(memory, kubevirt.memory_overcommit)
    asked = kubevirt.cpu_request or _DEFAULT_CPU_REQUEST
    if asked.nano != _DEFAULT_CPU_REQUEST.nano and not domain.cpu.dedicated_cpu_placement:
        requests.setdefault(CPU, asked)
    return requests


def _guest(domain: Domain, rules: Rules) -> Quantity | None:
    guest = domain.memory.guest
    if guest is not None or not rules.guest_memory_from_requests:
        return guest
    for resources in (domain.resources.requests, domain.resources.limits):
        if resources.get(MEMORY, _ZERO).nano:
            return resources[MEMORY]
    return page_size(domain.memory.hugepages_page_size)


def _memory(domain: Domain, rules: Rules) -> Memory:
    """Memory with its guest size, and without what the release's API does not know."""
    memory = replace(domain.memory, guest=_guest(domain, rules))
    if rules.reserved_overhead:
        return memory
    return replace(memory, added_overhead=None, mem_lock="")


def _topology(cpu: Cpu, resources_of: tuple[ResourceList, ResourceList]) -> Cpu:
    """Sockets from the CPU limit or request, when no part of the topology is set."""
    if cpu.cores or cpu.sockets or cpu.threads:
        return cpu
    for resources in resources_of:
        if CPU in resources:
            return replace(cpu, sockets=resources[CPU].value, cores=1, threads=1)
    return replace(cpu, sockets=1, cores=1, threads=1)


def _hyperv(domain: Domain) -> Domain:
    """Enable what Hyper-V features depend on; evmcs needs the CPU feature vmx."""
    states = dict(domain.hyperv)
    for feature, required in _HYPERV_REQUIRES:
        if not states.get(feature):
            continue
        if not states.setdefault(required, True):
            # sic: the first dependency that was switched off ends it, vmx included
            return replace(domain, hyperv=states)
    cpu = domain.cpu
    if states.get("evmcs"):
        vmx = CpuFeature("vmx", "require")
        features = tuple(vmx if known.name == "vmx" else known for known in cpu.features)
        cpu = replace(cpu, features=features if vmx in features else (*features, vmx))
    return replace(domain, hyperv=states, cpu=cpu)


def _cpu_model(cpu: Cpu, architecture: str, kubevirt: KubeVirt) -> Cpu:
    if cpu.model:
        return cpu
    if architecture == "arm64":
        return replace(cpu, model="host-passthrough")
    return replace(cpu, model=kubevirt.cpu_model or "host-model")


def _machine_type(architecture: str, kubevirt: KubeVirt, rules: Rules) -> str:
    """The cluster's machine type for all architectures (key ``""``), for this one, or built in."""
    configured = kubevirt.machine_types.get("") or kubevirt.machine_types.get(architecture)
    if not configured and architecture == "s390x" and not rules.s390x_machine_type:
        return "q35"
    return configured or _MACHINE_TYPES.get(architecture, "q35")


def with_default_interface(spec: VmiSpec, binding: str) -> VmiSpec:
    """Attach the pod network when nothing is said of networks.

    Source: kubevirt v1.9.0 pkg/network/vmispec/defaults.go, SetDefaultNetworkInterface.
    """
    devices = spec.domain.devices
    if devices.interfaces or spec.networks or devices.autoattach_pod_interface is False:
        return spec
    devices = replace(devices, interfaces=(Interface("default", binding),))
    return replace(
        spec, domain=replace(spec.domain, devices=devices), networks=(Network("default"),)
    )


def with_defaults(vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> Vmi:
    """The VMI as the mutating webhook leaves it; instancetype and preference are merged already.

    Source: kubevirt v1.1.0 pkg/virt-api/webhooks/defaults.go, SetDefaultVirtualMachineInstance;
    v1.9.0 pkg/defaults/defaults.go, SetDefaultVirtualMachineInstance.
    """
    spec = vmi.spec
    architecture = spec.architecture or kubevirt.arch
    domain = spec.domain
    requests = _requests(domain, kubevirt, rules)
    domain = replace(
        domain,
        machine_type=domain.machine_type or _machine_type(architecture, kubevirt, rules),
        resources=replace(domain.resources, requests=requests),
    )
    domain = replace(
        domain,
        memory=_memory(domain, rules),
        cpu=_topology(domain.cpu, (domain.resources.limits, domain.resources.requests)),
    )
    domain = _hyperv(domain)
    domain = replace(domain, cpu=_cpu_model(domain.cpu, architecture, kubevirt))
    spec = replace(
        spec,
        domain=domain,
        architecture=architecture,
        eviction_strategy=spec.eviction_strategy or kubevirt.eviction_strategy or "None",
    )
    spec = with_default_interface(spec, kubevirt.default_network_interface)
    return replace(vmi, spec=with_hotplug_limits(spec, kubevirt, rules))
