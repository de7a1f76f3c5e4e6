"""How far CPUs and memory of a VM may be hot-plugged, when nobody said."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Cpu, Memory, VmiSpec
from ove_capacity.quantity import Notation, Quantity

__all__ = ["with_hotplug_limits"]

_MAX_VCPUS = 512
_BLOCK_BYTES = 2 << 20
_LARGE_BLOCK_BYTES = 1 << 30
_MIN_GUEST_BYTES = 1 << 30
_DEFAULT_RATIO = 4


def _max_sockets(cpu: Cpu, kubevirt: KubeVirt) -> int:
    if cpu.max_sockets:
        return cpu.max_sockets
    if kubevirt.max_cpu_sockets:
        return max(kubevirt.max_cpu_sockets, cpu.sockets)
    sockets = cpu.sockets * (kubevirt.max_hotplug_ratio or _DEFAULT_RATIO)
    # sic: a part of the topology that is not set counts as 0 here, and so lifts the cap
    if sockets * cpu.cores * cpu.threads > _MAX_VCPUS:
        return max(_MAX_VCPUS // (cpu.cores * cpu.threads), cpu.sockets)
    return sockets


def _can_grow(spec: VmiSpec, guest: Quantity, most: Quantity) -> bool:
    domain = spec.domain
    large = domain.memory.hugepages_page_size == "1Gi"
    block = _LARGE_BLOCK_BYTES if large else _BLOCK_BYTES
    return (
        domain.cpu.realtime is None
        and not domain.cpu.numa_passthrough
        and domain.launch_security is None
        and spec.architecture == "amd64"
        and guest.nano <= most.nano
        and guest.value % block == 0
        and most.value % block == 0
        and guest.value >= _MIN_GUEST_BYTES
    )


def _max_guest(spec: VmiSpec, kubevirt: KubeVirt) -> Quantity | None:
    memory: Memory = spec.domain.memory
    if memory.max_guest is not None or memory.guest is None:
        return memory.max_guest
    ratio = kubevirt.max_hotplug_ratio or _DEFAULT_RATIO
    most = kubevirt.max_guest or Quantity.of(memory.guest.value * ratio, Notation.BINARY)
    return most if _can_grow(spec, memory.guest, most) else None


def with_hotplug_limits(spec: VmiSpec, kubevirt: KubeVirt, rules: Rules) -> VmiSpec:
    """Fill in maxSockets and maxGuest; neither changes what the pod asks for.

    Source: kubevirt v1.9.0 pkg/defaults/defaults.go, setupHotplug;
    pkg/liveupdate/memory/memory.go, ValidateLiveUpdateMemory.
    """
    live = kubevirt.vm_rollout_strategy in ("", "LiveUpdate")
    if not (rules.hotplug_defaults and live) or spec.architecture == "arm64":
        return spec
    domain = spec.domain
    cpu = replace(domain.cpu, max_sockets=_max_sockets(domain.cpu, kubevirt))
    memory = replace(domain.memory, max_guest=_max_guest(spec, kubevirt))
    return replace(spec, domain=replace(domain, cpu=cpu, memory=memory))
