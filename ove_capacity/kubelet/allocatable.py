"""What of a machine pods may ask for: capacity, less what the system and the kubelet keep."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.kubelet.auto_sizing import auto_sizing
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    HUGEPAGES_PREFIX,
    MEMORY,
    PODS,
    Amounts,
)
from ove_capacity.quantity import NANO, Quantity
from ove_capacity.releases import Release

__all__ = ["EVICTION_MEMORY_BYTES", "NodeAllocatable", "node_allocatable", "system_reserved"]

_MIB, _GIB = 1 << 20, 1 << 30
_NANO_PER_MILLI = NANO // 1000

EVICTION_MEMORY_BYTES = 100 * _MIB
"""The kubelet's own ``memory.available`` threshold: OpenShift sets none."""

_EVICTION_NODEFS = 0.10000000149011612
"""Ten percent, as the kubelet's 32-bit float holds it."""

_RESERVED = {CPU: 500 * _NANO_PER_MILLI, MEMORY: 1 * _GIB, EPHEMERAL_STORAGE: 1 * _GIB}
"""OpenShift's ``systemReserved``; CPU in billionths of a core."""

_MCO = "openshift/machine-config-operator templates/*/kubelet.yaml"
_KUBELET = "kubelet default; openshift-docs nodes-nodes-resources-configuring"


@dataclass(frozen=True, slots=True)
class NodeAllocatable:
    """What pods may ask for, and the assumptions that led to it."""

    amounts: Amounts
    assumptions: tuple[Assumption, ...]
    kept: Amounts
    """CPU (milli-cores, a part of one rounded up) and memory (bytes) that system, kube and eviction
    keep."""
    eviction_bytes: int
    """Memory that is not allocatable because the kubelet would evict first."""


def _assume(name: str, value: str, source: str, evidence: Evidence) -> Assumption:
    return Assumption(f"node.{name}", value, source, evidence)


def _written(config: KubeletConfig, cpus: int) -> dict[str, int] | None:
    """What the configuration itself reserves; None when it is silent."""
    if config.reserved_cpus:
        given = dict(config.system_reserved or {})
        reserved = _RESERVED | given | {CPU: config.reserved_cpus * NANO}
        assert config.reserved_cpus <= cpus
        return reserved
    if config.system_reserved is None:
        return None
    given = dict(config.system_reserved)
    if CPU in given:
        given[CPU] *= _NANO_PER_MILLI
    return _RESERVED | given


def system_reserved(
    cpus: int, usable_bytes: int, release: Release, config: KubeletConfig, *, is_master: bool
) -> tuple[dict[str, int], tuple[Assumption, ...]]:
    """What the system keeps of a node: CPU in billionths of a core, the rest in bytes.

    Source: openshift/machine-config-operator templates/*/kubelet.yaml (systemReserved) and
    templates/common/_base/files/kubelet-auto-sizing.yaml; an explicit systemReserved wins.
    """
    written = _written(config, cpus)
    if written is not None and not config.auto_sizing_reserved:
        return written, ()
    sizing = auto_sizing(release.openshift, release.created_on)
    automatic = config.auto_sizing_reserved
    if automatic is None:
        automatic = sizing.is_default and not is_master
    reserved, source = dict(_RESERVED), _MCO
    if automatic:
        reserved[CPU] = sizing.cpu_nano(cpus)
        reserved[MEMORY] = sizing.memory_bytes(usable_bytes)
        source = "autoSizingReserved, openshift/machine-config-operator kubelet-auto-sizing.yaml"
    evidence = Evidence.MEASURED if automatic else Evidence.DOCUMENTED
    size = f"{cpus} CPUs, {usable_bytes / _GIB:.0f} GiB"
    role = "masters" if is_master else "workers"
    cpu, memory = Quantity(reserved[CPU]), reserved[MEMORY] // _MIB
    assumed = (
        _assume(f"system_reserved.cpu ({role}, {size})", str(cpu), source, evidence),
        _assume(f"system_reserved.memory ({role}, {size})", f"{memory}Mi", source, evidence),
    )
    return reserved, assumed


def node_allocatable(
    capacity: Amounts, release: Release, config: KubeletConfig, *, is_master: bool = False
) -> NodeAllocatable:
    """What pods may ask for of a machine: CPU in milli-cores, the rest in bytes or pieces.

    *capacity* is what the operating system sees. Hugepages come out of memory; ``pods`` is the
    configured maximum; devices pass through.

    Source: kubernetes v1.34.1 pkg/kubelet/cm/node_container_manager_linux.go, GetNodeAllocatable-
    Reservation, and pkg/kubelet/nodestatus/setters.go, MachineInfo.
    """
    cpus = capacity.get(CPU, 0) // 1000
    memory = capacity.get(MEMORY, 0)
    reserved, assumed = system_reserved(cpus, memory, release, config, is_master=is_master)
    eviction = config.eviction_memory_bytes
    if eviction is None:
        eviction = EVICTION_MEMORY_BYTES
        assumed += (
            _assume("eviction_hard.memory_available", "100Mi", _KUBELET, Evidence.DOCUMENTED),
        )
    hugepages = sum(n for name, n in capacity.items() if name.startswith(HUGEPAGES_PREFIX))
    for name, amount in (config.kube_reserved or {}).items():
        reserved[name] += amount * (_NANO_PER_MILLI if name == CPU else 1)
    kept = {CPU: -(-reserved[CPU] // _NANO_PER_MILLI), MEMORY: reserved[MEMORY] + eviction}
    cpu_nano = capacity.get(CPU, 0) * _NANO_PER_MILLI - reserved[CPU]
    found = dict(capacity)
    found[CPU] = max(0, Quantity(cpu_nano).milli)
    found[MEMORY] = max(0, memory - reserved[MEMORY] - eviction - hugepages)
    if EPHEMERAL_STORAGE in found:
        storage = found[EPHEMERAL_STORAGE]
        threshold = int(storage * _EVICTION_NODEFS)
        found[EPHEMERAL_STORAGE] = max(0, storage - threshold - reserved[EPHEMERAL_STORAGE])
    found[PODS] = config.max_pods
    if config.max_pods == KubeletConfig().max_pods:
        assumed += (_assume("max_pods", "250", _MCO, Evidence.DOCUMENTED),)
    return NodeAllocatable(found, assumed, kept, min(eviction, memory))
