"""Questions about a VMI that several parts of the rendering ask."""

from __future__ import annotations

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.model.vm import Domain, VmiSpec
from ove_capacity.quantity import Quantity

__all__ = [
    "has_vfio",
    "is_guaranteed",
    "is_secure_execution",
    "is_sev",
    "pool_threads",
    "wants_guaranteed",
]

_ZERO = Quantity(0)


def wants_guaranteed(domain: Domain) -> bool:
    """Whether requests equal limits for CPU and memory; a memory limit alone counts as both.

    Source: kubevirt v1.9.0 staging/src/kubevirt.io/api/core/v1/types.go, WantsToHaveQOSGuaranteed.
    """
    requests, limits = domain.resources.requests, domain.resources.limits
    memory = requests.get(MEMORY, _ZERO).nano
    memory_limit = limits.get(MEMORY, _ZERO).nano
    cpu = requests.get(CPU, _ZERO).nano
    same_memory = memory == memory_limit if memory else memory_limit != 0
    return same_memory and cpu != 0 and cpu == limits.get(CPU, _ZERO).nano


def is_guaranteed(domain: Domain) -> bool:
    """Whether KubeVirt makes every container Guaranteed: dedicated CPUs, or `wants_guaranteed`.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/renderresources.go, sidecarResources.
    """
    return domain.cpu.dedicated_cpu_placement or wants_guaranteed(domain)


def has_vfio(domain: Domain) -> bool:
    """Whether a GPU, a host device or an SR-IOV interface is passed through.

    Source: kubevirt v1.9.0 pkg/vmitrait/vmitrait.go, HasVFIO.
    """
    devices = domain.devices
    sriov = any(interface.binding == "sriov" for interface in devices.interfaces)
    return bool(devices.gpus or devices.host_devices or sriov)


def is_sev(domain: Domain, rules: Rules) -> bool:
    """Whether guest memory is encrypted by AMD SEV; SNP counts where the release knows it.

    Source: kubevirt v1.9.0 pkg/util/amd64.go, IsSEVVMI.
    """
    security = domain.launch_security
    if security is None:
        return False
    return security.kind == "sev" or (security.kind == "snp" and rules.snp_and_tdx)


def is_secure_execution(spec: VmiSpec) -> bool:
    """Whether the VM runs under IBM Secure Execution.

    Source: kubevirt v1.9.0 pkg/util/s390x.go, IsSecureExecutionVMI.
    """
    return spec.domain.launch_security is not None and spec.architecture == "s390x"


def pool_threads(domain: Domain, rules: Rules) -> int:
    """Threads of the supplemental IO pool, which need CPUs of their own.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/renderresources.go, getIOThreadsCount.
    """
    return domain.supplemental_pool_thread_count if rules.pool_threads_count else 0
