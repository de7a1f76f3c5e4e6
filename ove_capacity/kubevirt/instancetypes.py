"""Merging an instancetype and a preference into a VirtualMachineInstance."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TypeVar

from ove_capacity.kubevirt.defaults import with_default_interface
from ove_capacity.kubevirt.preferences import with_autoattach, with_preference
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.kubevirt.rules import Rules, rules_of
from ove_capacity.model.instancetype import Instancetype, Preference
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.model.vm import Cpu, Devices, Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Quantity

__all__ = ["apply"]

V = TypeVar("V")

_SPREAD_RATIO = 2
_THREADS_PER_CORE = 2


def _conflicts(spec: VmiSpec, wanted: Instancetype, rules: Rules) -> list[str]:
    """Fields that both the VM and the instancetype set."""
    domain = spec.domain
    cpu, memory, resources = domain.cpu, domain.memory, domain.resources
    both = {
        "domain.resources.requests.cpu": CPU in resources.requests,
        "domain.resources.limits.cpu": CPU in resources.limits,
        "domain.resources.requests.memory": MEMORY in resources.requests,
        "domain.resources.limits.memory": MEMORY in resources.limits,
        "domain.cpu.sockets": cpu.sockets,
        "domain.cpu.cores": cpu.cores,
        "domain.cpu.threads": cpu.threads,
        "domain.cpu.model": cpu.model and wanted.cpu_model is not None,
        "domain.cpu.dedicatedCPUPlacement": cpu.dedicated_cpu_placement
        and wanted.dedicated_cpu_placement is not None,
        "domain.cpu.isolateEmulatorThread": cpu.isolate_emulator_thread
        and wanted.isolate_emulator_thread is not None,
        "domain.cpu.numa": cpu.numa_passthrough and wanted.numa_passthrough is not None,
        "domain.cpu.realtime": cpu.realtime is not None and wanted.realtime is not None,
        "domain.memory": memory != Memory() and not rules.instancetype_adds_to_memory,
        "domain.memory.guest": memory.guest is not None,
        "domain.memory.hugepages": memory.hugepages_page_size and wanted.hugepages_page_size,
        "domain.memory.maxGuest": memory.max_guest is not None and wanted.max_guest is not None,
        "domain.devices.gpus": domain.devices.gpus and wanted.gpus,
        "domain.devices.hostDevices": domain.devices.host_devices and wanted.host_devices,
        "domain.ioThreadsPolicy": domain.io_threads_policy and wanted.io_threads_policy,
        "domain.ioThreads.supplementalPoolThreadCount": rules.instancetype_io_threads
        and domain.supplemental_pool_thread_count
        and wanted.supplemental_pool_thread_count is not None,
        "domain.launchSecurity": domain.launch_security is not None
        and wanted.launch_security is not None,
        "nodeSelector": spec.node_selector and wanted.node_selector,
        "schedulerName": spec.scheduler_name and wanted.scheduler_name,
    }
    return [name for name, is_set in both.items() if is_set]


def _spread(vcpus: int, preference: Preference) -> tuple[int, int, int]:
    """Sockets, cores and threads of a topology spread over two or three of them."""
    ratio = preference.spread_ratio
    if ratio is None:
        ratio = preference.spread_socket_to_core_ratio or _SPREAD_RATIO
    if ratio <= 0:
        raise RenderError(f"a preference spreads vCPUs with ratio {ratio}; it must be at least 1")
    match preference.spread_across:
        case "CoresThreads":
            return 1, vcpus // ratio, ratio
        case "SocketsCoresThreads":
            return vcpus // _THREADS_PER_CORE // ratio, ratio, _THREADS_PER_CORE
        case _:
            return vcpus // ratio, ratio, 1


def _topology(vcpus: int, preference: Preference, rules: Rules) -> tuple[int, int, int]:
    """Sockets, cores and threads."""
    wanted = preference.cpu_topology
    if rules.topology_short_names:
        if vcpus == 1:
            return 1, 1, 1
        wanted = {"cores": "preferCores", "threads": "preferThreads", "spread": "preferSpread"}.get(
            wanted, wanted
        )
    else:
        preference = replace(preference, spread_ratio=None, spread_across="")
    match wanted:
        case "preferCores":
            return 1, vcpus, 1
        case "preferThreads":
            return 1, 1, vcpus
        case "preferSpread":
            return _spread(vcpus, preference)
        case "" | "preferSockets" | "preferAny":
            return vcpus, 1, 1
        case _:
            # sic: early releases leave one CPU to a VM whose topology they do not know
            return (vcpus, 1, 1) if rules.topology_short_names else (1, 1, 1)


def _either(wanted: V | None, own: V) -> V:
    return own if wanted is None else wanted


def _sized_cpu(cpu: Cpu, wanted: Instancetype, preference: Preference, rules: Rules) -> Cpu:
    sockets, cores, threads = _topology(wanted.cpu_guest, preference, rules)
    max_sockets = wanted.max_sockets if rules.instancetype_hotplug_limits else None
    return replace(
        cpu,
        sockets=sockets,
        cores=cores,
        threads=threads,
        model=_either(wanted.cpu_model, cpu.model),
        dedicated_cpu_placement=_either(
            wanted.dedicated_cpu_placement, cpu.dedicated_cpu_placement
        ),
        isolate_emulator_thread=_either(
            wanted.isolate_emulator_thread, cpu.isolate_emulator_thread
        ),
        numa_passthrough=_either(wanted.numa_passthrough, cpu.numa_passthrough),
        realtime=wanted.realtime or cpu.realtime,
        max_sockets=_either(max_sockets, cpu.max_sockets),
    )


def _float32(number: float) -> float:
    """The nearest 32-bit float."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _reduced(guest: Quantity, percent: int) -> Quantity:
    """Guest memory less *percent*, in 32-bit floats as upstream computes it."""
    share = _float32(1.0 - _float32(percent / 100.0))
    return Quantity.of(int(_float32(_float32(float(guest.value)) * share)), guest.notation)


def _sized_memory(domain: Domain, wanted: Instancetype, rules: Rules) -> tuple[Memory, Resources]:
    guest, memory, resources = wanted.memory_guest, domain.memory, domain.resources
    if wanted.overcommit_percent > 0:
        request = _reduced(guest, wanted.overcommit_percent)
        resources = replace(resources, requests={**resources.requests, MEMORY: request})
    max_guest = wanted.max_guest if rules.instancetype_hotplug_limits else None
    memory = replace(
        memory,
        guest=guest,
        hugepages_page_size=wanted.hugepages_page_size or memory.hugepages_page_size,
        max_guest=max_guest or memory.max_guest,
    )
    return memory, resources


def _sized(spec: VmiSpec, wanted: Instancetype, preference: Preference, rules: Rules) -> VmiSpec:
    domain = spec.domain
    memory, resources = _sized_memory(domain, wanted, rules)
    devices: Devices = replace(
        domain.devices,
        gpus=wanted.gpus or domain.devices.gpus,
        host_devices=wanted.host_devices or domain.devices.host_devices,
    )
    threads = wanted.supplemental_pool_thread_count if rules.instancetype_io_threads else None
    domain = replace(
        domain,
        cpu=_sized_cpu(domain.cpu, wanted, preference, rules),
        memory=memory,
        resources=resources,
        devices=devices,
        io_threads_policy=wanted.io_threads_policy or domain.io_threads_policy,
        supplemental_pool_thread_count=domain.supplemental_pool_thread_count
        if threads is None
        else threads,
        launch_security=wanted.launch_security or domain.launch_security,
    )
    return replace(
        spec,
        domain=domain,
        node_selector=spec.node_selector or wanted.node_selector,
        scheduler_name=wanted.scheduler_name or spec.scheduler_name,
    )


def _annotated(vmi: Vmi, wanted: Instancetype) -> Vmi:
    differing = [
        key for key, value in wanted.annotations.items() if vmi.annotations.get(key, value) != value
    ]
    if differing:
        raise RenderError(f"annotations that the instancetype sets otherwise: {differing}")
    return replace(vmi, annotations={**wanted.annotations, **vmi.annotations})


def apply(
    vmi: Vmi,
    instancetype: Instancetype | None,
    preference: Preference | None,
    rules: str,
    *,
    default_network_interface: str = "bridge",
) -> Vmi:
    """The VMI that a VirtualMachine with an instancetype and a preference starts.

    Raises:
        RenderError: the VM sets a field that the instancetype sets, too; names all of them.
        ValueError: *rules* is not a KubeVirt version.

    Source: kubevirt v1.1.0 pkg/instancetype/instancetype.go, ApplyToVmi; v1.9.0
    pkg/instancetype/apply/vmi.go, ApplyToVMI; pkg/virt-controller/watch/vm/vm.go.
    """
    release = rules_of(rules)
    if instancetype is None and preference is None:
        return vmi
    spec = vmi.spec
    wishes = preference or Preference()
    spec = with_default_interface(with_autoattach(spec, wishes), default_network_interface)
    vmi = replace(vmi, spec=spec)
    if instancetype is not None:
        if both := _conflicts(spec, instancetype, release):
            raise RenderError(f"set by the VM and by its instancetype: {', '.join(both)}")
        vmi = _annotated(vmi, instancetype)
        vmi = replace(vmi, spec=_sized(spec, instancetype, wishes, release))
    return with_preference(vmi, wishes, release)
