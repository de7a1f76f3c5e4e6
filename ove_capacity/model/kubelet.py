"""How a pool's kubelets are configured, as far as it changes what a node has to give."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.model.resources import Amounts

__all__ = ["KubeletConfig"]


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
    auto_sizing_reserved: bool | None = None
    """``autoSizingReserved``; None: as the release has it."""
    eviction_memory_bytes: int | None = None
    """``evictionHard["memory.available"]``; None: the kubelet's 100Mi."""
    max_pods: int = 250
