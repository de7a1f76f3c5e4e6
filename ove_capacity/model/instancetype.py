"""Instancetypes size a VM, preferences fill in where it is silent: instancetype.kubevirt.io."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.selector import Labels
from ove_capacity.model.vm import AttachedDevice, CpuFeature, LaunchSecurity, Realtime, Tpm
from ove_capacity.quantity import Quantity

__all__ = ["Instancetype", "Preference"]


@dataclass(frozen=True, slots=True)
class Instancetype:
    """The spec of a VirtualMachineInstancetype; None and empty: not said."""

    cpu_guest: int
    """vCPUs."""
    memory_guest: Quantity
    cpu_model: str | None = None
    dedicated_cpu_placement: bool | None = None
    isolate_emulator_thread: bool | None = None
    numa_passthrough: bool | None = None
    realtime: Realtime | None = None
    max_sockets: int | None = None
    overcommit_percent: int = 0
    """Memory requests are lower than guest memory by so much."""
    hugepages_page_size: str = ""
    max_guest: Quantity | None = None
    gpus: tuple[AttachedDevice, ...] = ()
    host_devices: tuple[AttachedDevice, ...] = ()
    io_threads_policy: str = ""
    supplemental_pool_thread_count: int | None = None
    launch_security: LaunchSecurity | None = None
    node_selector: Labels = field(default_factory=FrozenMap)
    scheduler_name: str = ""
    annotations: Labels = field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        """Freeze the maps, so that the whole can be hashed."""
        object.__setattr__(self, "node_selector", FrozenMap(self.node_selector))
        object.__setattr__(self, "annotations", FrozenMap(self.annotations))


@dataclass(frozen=True, slots=True)
class Preference:
    """The spec of a VirtualMachinePreference, as far as it changes what a pod asks for."""

    cpu_topology: str = ""
    """sockets (also when empty), cores, threads, spread, any; or preferSockets …"""
    spread_across: str = ""
    """SocketsCores (also when empty), CoresThreads or SocketsCoresThreads."""
    spread_ratio: int | None = None
    """``cpu.spreadOptions.ratio``."""
    spread_socket_to_core_ratio: int = 0
    """``preferSpreadSocketToCoreRatio``, the older field."""
    cpu_features: tuple[CpuFeature, ...] = ()
    tpm: Tpm | None = None
    interface_model: str = ""
    autoattach_graphics_device: bool | None = None
    autoattach_pod_interface: bool | None = None
    autoattach_serial_console: bool | None = None
    hyperv: Mapping[str, bool] = field(default_factory=FrozenMap)
    """Feature of ``features.preferredHyperv`` that is present -> whether it is on."""
    machine_type: str = ""
    architecture: str = ""
    termination_grace_period_seconds: int | None = None
    launch_security: LaunchSecurity | None = None
    annotations: Labels = field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        """Freeze the maps, so that the whole can be hashed."""
        object.__setattr__(self, "hyperv", FrozenMap(self.hyperv))
        object.__setattr__(self, "annotations", FrozenMap(self.annotations))
