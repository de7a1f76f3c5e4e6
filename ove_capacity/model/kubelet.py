"""How a pool's kubelets are configured, as far as it changes what a node has to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.machine import Machine
from ove_capacity.model.resources import Amounts

__all__ = ["KubeletConfig", "NodeKubelet", "ReservedMemory"]


@dataclass(frozen=True, slots=True)
class ReservedMemory:
    """One entry of ``reservedMemory``: what the system keeps of a NUMA cell."""

    cell: int
    """``numaNode``."""
    limits: Amounts
    """``memory`` and ``hugepages-<size>``, in bytes."""


@dataclass(frozen=True, slots=True)
class KubeletConfig:
    """A KubeletConfig; the defaults are OpenShift's."""

    cpu_manager_policy: str = "none"
    """none or static."""
    memory_manager_policy: str = "None"
    """None or Static."""
    topology_manager_policy: str = "none"
    """none, best-effort, restricted or single-numa-node."""
    topology_manager_scope: str = "container"
    """container or pod."""
    reserved_cpus: int = 0
    """How many CPUs ``reservedSystemCPUs`` lists; 0: none are named."""
    system_reserved: Amounts | None = None
    """``systemReserved``, in milli-cores and bytes; None: OpenShift's."""
    kube_reserved: Amounts | None = None
    """``kubeReserved``, in milli-cores and bytes; None: nothing, as on OpenShift."""
    auto_sizing_reserved: bool | None = None
    """``autoSizingReserved``; None: as the release has it."""
    eviction_memory_bytes: int | None = None
    """``evictionHard["memory.available"]``; None: the kubelet's 100Mi."""
    max_pods: int = 250
    cpu_manager_policy_options: Mapping[str, str] = field(default_factory=dict)
    """``cpuManagerPolicyOptions``, as written: ``{"full-pcpus-only": "true"}``."""
    topology_manager_policy_options: Mapping[str, str] = field(default_factory=dict)
    """``topologyManagerPolicyOptions``, as written."""
    reserved_system_cpus: str = ""
    """``reservedSystemCPUs``, as written: ``0-1,64-65``."""
    reserved_memory: tuple[ReservedMemory, ...] = ()
    """``reservedMemory``."""
    workload_partitioning: bool = False
    """OpenShift's workload partitioning: the shared pool excludes the reserved CPUs."""

    @property
    def asks_cells(self) -> bool:
        """Whether a manager is on, so that the kubelet may refuse what the scheduler has bound."""
        return (
            self.cpu_manager_policy != "none"
            or self.memory_manager_policy != "None"
            or self.topology_manager_policy != "none"
        )


@dataclass(frozen=True, slots=True, eq=False)
class NodeKubelet:
    """What a node's kubelet is started with; nodes that are alike share one."""

    machine: Machine
    config: KubeletConfig
    kept: Amounts = field(default_factory=dict)
    """What kube, system and eviction keep, in milli-cores and bytes."""
