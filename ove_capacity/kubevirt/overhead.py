"""Memory that the launcher pod needs beside the guest's own."""

from __future__ import annotations

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import has_vfio, is_guaranteed, is_sev
from ove_capacity.model.resources import MEMORY
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, VmiSpec
from ove_capacity.quantity import Notation, Quantity

__all__ = ["memory_overhead"]

_MIB = 1 << 20
_GIB_IN_MIB = 1024
_VCPU_MIB = 8
_IO_THREAD_MIB = 8
_ARM64_MIB = 128
_DOWNWARD_METRICS_MIB = 1
_PROBE_MIB = 10
_PROBES_MIB = 100
_SEV_MIB = 256
_TPM_MIB = 53
_GUARANTEED_MIB = 100


def _mib(count: int) -> Quantity:
    return Quantity.of(count * _MIB, Notation.BINARY)


def _kilo(quantity: Quantity) -> int:
    """Decimal kilobytes, rounded up."""
    return -(-quantity.value // 1000)


def _devices_mib(spec: VmiSpec, kubevirt: KubeVirt, rules: Rules) -> int:
    """Everything that depends on what the VM has, but for pinning and networks."""
    domain = spec.domain
    total = _VCPU_MIB * max(1, domain.cpu.vcpus) + _IO_THREAD_MIB
    if domain.devices.autoattach_graphics_device is not False:
        total += rules.video_mib
    if (spec.architecture if rules.architecture_of_vmi else kubevirt.arch) == "arm64":
        total += _ARM64_MIB
    if has_vfio(domain):
        total += _GIB_IN_MIB
    if any(volume.kind == "downwardMetrics" for volume in spec.volumes):
        total += _DOWNWARD_METRICS_MIB
    if spec.exec_probes:
        total += _PROBES_MIB + _PROBE_MIB * spec.exec_probes
    if is_sev(domain, rules):
        total += _SEV_MIB
    tpm = domain.devices.tpm
    if tpm is not None and (tpm.enabled is not False or not rules.tpm_can_be_disabled):
        total += _TPM_MIB
    return total + rules.passt_interface_mib * sum(
        interface.binding == "passt" and not interface.ports
        for interface in domain.devices.interfaces
    )


def _multiplied(overhead: Quantity, ratio: str) -> Quantity | None:
    """The overhead times the ratio, in whole decimal kilobytes; None if the ratio is no number."""
    try:
        extra = int(float(_kilo(overhead)) * (float(ratio) - 1.0))
    except (OverflowError, ValueError):
        return None
    return overhead + Quantity.of(extra * 1000)


def _networks(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> Quantity:
    """Overhead of network bindings: passt once, each plugin once."""
    total = Quantity(0)
    interfaces = domain.devices.interfaces
    if any(interface.binding == "passtBinding" for interface in interfaces):
        total += _mib(rules.passt_binding_mib)
    if rules.plugin_overhead:
        for name in dict.fromkeys(interface.plugin for interface in interfaces):
            plugin = kubevirt.binding_plugins.get(name)
            if plugin is not None and plugin.memory_overhead is not None:
                total += plugin.memory_overhead
    return total


def memory_overhead(spec: VmiSpec, kubevirt: KubeVirt, rules: Rules) -> Quantity:
    """Overhead of a VMI whose defaults are set, with the notation upstream gives it.

    Source: kubevirt v1.1.0 pkg/virt-controller/services/renderresources.go, GetMemoryOverhead;
    v1.9.0 pkg/hypervisor/kvm/hypervisorbackend.go, GetMemoryOverhead, and
    pkg/network/resources/memory.go, Calculate.
    """
    domain = spec.domain
    request = domain.resources.requests.get(MEMORY, Quantity(0))
    overhead = Quantity.of(_kilo(request) * 1000 // 512)
    overhead += _mib(rules.fixed_overhead_mib + _devices_mib(spec, kubevirt, rules))
    guaranteed = _mib(_GUARANTEED_MIB if is_guaranteed(domain) else 0)
    if rules.ratio_last:
        overhead += guaranteed
    if domain.memory.added_overhead is not None:
        overhead += domain.memory.added_overhead
    ratio = kubevirt.additional_guest_memory_overhead_ratio
    if ratio:
        multiplied = _multiplied(overhead, ratio)
        if multiplied is None:
            # sic: upstream returns here, before the 100 Mi of releases that add them last
            return overhead + _networks(domain, kubevirt, rules)
        overhead = multiplied
    if not rules.ratio_last:
        overhead += guaranteed
    return overhead + _networks(domain, kubevirt, rules)
