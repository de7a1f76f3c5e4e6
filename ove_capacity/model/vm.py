"""A VirtualMachineInstance as it is written: what KubeVirt reads when it makes the launcher pod.

Field names follow kubevirt.io/v1 in snake case. An absent field is ``None`` where KubeVirt tells
absent from zero, and zero or empty where it does not. Everything is hashable, so that VMs of one
shape can share one spec and one rendering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model import storage
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.pod import Affinity, SpreadConstraint, Toleration
from ove_capacity.model.resources import ResourceList
from ove_capacity.model.selector import Labels
from ove_capacity.quantity import Quantity

__all__ = [
    "AttachedDevice",
    "Cpu",
    "CpuFeature",
    "Devices",
    "Disk",
    "Domain",
    "Interface",
    "LaunchSecurity",
    "Matcher",
    "Memory",
    "Network",
    "Realtime",
    "Resources",
    "Tpm",
    "VirtualMachine",
    "Vmi",
    "VmiSpec",
    "Volume",
]


@dataclass(frozen=True, slots=True)
class CpuFeature:
    """A CPU feature and what is asked of it."""

    name: str
    policy: str = ""
    """require (also when empty), optional, disable, forbid or force."""


@dataclass(frozen=True, slots=True)
class Realtime:
    """``cpu.realtime``."""

    mask: str = ""


@dataclass(frozen=True, slots=True)
class Cpu:
    """``domain.cpu``."""

    cores: int = 0
    sockets: int = 0
    threads: int = 0
    max_sockets: int = 0
    model: str = ""
    features: tuple[CpuFeature, ...] = ()
    dedicated_cpu_placement: bool = False
    isolate_emulator_thread: bool = False
    numa_passthrough: bool = False
    """``numa.guestMappingPassthrough``: guest cells mirror the host's."""
    realtime: Realtime | None = None

    @property
    def vcpus(self) -> int:
        """Product of the topology fields that are set; 0 when none is.

        Source: kubevirt v1.9.0 pkg/util/hardware/hw_utils.go, GetNumberOfVCPUs.
        """
        if not (self.cores or self.sockets or self.threads):
            return 0
        return (self.cores or 1) * (self.sockets or 1) * (self.threads or 1)


@dataclass(frozen=True, slots=True)
class Memory:
    """``domain.memory``."""

    guest: Quantity | None = None
    max_guest: Quantity | None = None
    hugepages_page_size: str = ""
    """``2Mi``, ``1Gi``; empty: no hugepages."""
    added_overhead: Quantity | None = None
    """``reservedOverhead.addedOverhead``."""
    mem_lock: str = ""
    """``reservedOverhead.memLock``."""


@dataclass(frozen=True, slots=True)
class Resources:
    """``domain.resources``."""

    requests: ResourceList = field(default_factory=FrozenMap)
    limits: ResourceList = field(default_factory=FrozenMap)
    overcommit_guest_overhead: bool = False

    def __post_init__(self) -> None:
        """Freeze the lists, so that the whole can be hashed."""
        object.__setattr__(self, "requests", FrozenMap(self.requests))
        object.__setattr__(self, "limits", FrozenMap(self.limits))


@dataclass(frozen=True, slots=True)
class Interface:
    """``domain.devices.interfaces[]``."""

    name: str
    binding: str = "bridge"
    """bridge, masquerade, sriov, passt, passtBinding, slirp, macvtap …, or ``plugin``."""
    plugin: str = ""
    """Name of the network binding plugin: ``binding.name``."""
    model: str = ""
    """virtio (also when empty), e1000e …"""
    ports: int = 0
    """How many ports are listed."""


@dataclass(frozen=True, slots=True)
class AttachedDevice:
    """A GPU or host device."""

    name: str
    device_name: str = ""
    """Resource name of the device plugin; empty when a resource claim provides the device."""
    is_claimed: bool = False
    """Provided by a ResourceClaim (dynamic resource allocation)."""


@dataclass(frozen=True, slots=True)
class Disk:
    """``domain.devices.disks[]``."""

    name: str
    reservation: bool = False
    """``lun.reservation``: SCSI persistent reservation."""


@dataclass(frozen=True, slots=True)
class Tpm:
    """``domain.devices.tpm``."""

    enabled: bool | None = None
    persistent: bool | None = None


@dataclass(frozen=True, slots=True)
class Devices:
    """``domain.devices``."""

    interfaces: tuple[Interface, ...] = ()
    gpus: tuple[AttachedDevice, ...] = ()
    host_devices: tuple[AttachedDevice, ...] = ()
    disks: tuple[Disk, ...] = ()
    virtiofs: tuple[str, ...] = ()
    """Names of the filesystems shared by virtiofs."""
    tpm: Tpm | None = None
    autoattach_graphics_device: bool | None = None
    autoattach_pod_interface: bool | None = None
    autoattach_serial_console: bool | None = None
    autoattach_vsock: bool | None = None
    log_serial_console: bool | None = None


@dataclass(frozen=True, slots=True)
class LaunchSecurity:
    """``domain.launchSecurity``."""

    kind: str = ""
    """sev, snp or tdx; empty: none of them (Secure Execution on s390x)."""
    encrypted_state: bool = False
    """``sev.policy.encryptedState``: SEV-ES."""


@dataclass(frozen=True, slots=True)
class Domain:
    """``spec.domain``."""

    cpu: Cpu = Cpu()
    memory: Memory = Memory()
    resources: Resources = field(default_factory=Resources)
    devices: Devices = Devices()
    machine_type: str = ""
    hyperv: Mapping[str, bool] = field(default_factory=FrozenMap)
    """Feature of ``features.hyperv`` that is present -> whether it is on."""
    hyperv_passthrough: bool = False
    kernel_boot_container: bool = False
    """``firmware.kernelBoot.container`` names an image."""
    launch_security: LaunchSecurity | None = None
    io_threads_policy: str = ""
    supplemental_pool_thread_count: int = 0
    """``ioThreads.supplementalPoolThreadCount``."""

    def __post_init__(self) -> None:
        """Freeze the map, so that the whole can be hashed."""
        object.__setattr__(self, "hyperv", FrozenMap(self.hyperv))


@dataclass(frozen=True, slots=True)
class Network:
    """``spec.networks[]``."""

    name: str
    multus: str = ""
    """``[namespace/]name`` of a NetworkAttachmentDefinition; empty: the pod network."""
    is_claimed: bool = False
    """Provided by a ResourceClaim."""


@dataclass(frozen=True, slots=True)
class Volume:
    """``spec.volumes[]``."""

    name: str
    kind: str
    """The field of its source: containerDisk, persistentVolumeClaim, dataVolume …"""
    claim: str = ""
    """PVC or DataVolume name, where it has one."""
    hotpluggable: bool = False


@dataclass(frozen=True, slots=True)
class VmiSpec:
    """What VMs of one shape share. Share the object too: identity is compared first."""

    domain: Domain = field(default_factory=Domain)
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    architecture: str = ""
    eviction_strategy: str = ""
    """LiveMigrate, LiveMigrateIfPossible, External, None; empty: the cluster's."""
    termination_grace_period_seconds: int | None = None
    node_selector: Labels = field(default_factory=FrozenMap)
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    priority_class_name: str = ""
    scheduler_name: str = ""
    exec_probes: int = 0
    """How many of the liveness and the readiness probe run a command in the guest."""

    def __post_init__(self) -> None:
        """Freeze the map, so that the whole can be hashed."""
        object.__setattr__(self, "node_selector", FrozenMap(self.node_selector))

    def __hash__(self) -> int:
        # One spec is looked up for each of its VMs: hash what shapes usually differ in, no more.
        cpu, memory = self.domain.cpu, self.domain.memory
        topology = (cpu.cores, cpu.sockets, cpu.threads)
        return hash((topology, memory.guest, self.domain.resources.requests, self.node_selector))


@dataclass(frozen=True, slots=True)
class Vmi:
    """One VirtualMachineInstance; ``dataclasses.replace(vmi, name=…)`` makes its sisters."""

    name: str
    namespace: str = "default"
    spec: VmiSpec = field(default_factory=VmiSpec)
    labels: Labels = field(default_factory=FrozenMap)
    annotations: Labels = field(default_factory=FrozenMap)
    hostname: str = ""

    def __post_init__(self) -> None:
        """Freeze the maps, so that the whole can be hashed."""
        object.__setattr__(self, "labels", FrozenMap(self.labels))
        object.__setattr__(self, "annotations", FrozenMap(self.annotations))

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A reference to an instancetype or a preference."""

    name: str = ""
    """Empty: inferred from a volume."""
    kind: str = ""
    """Empty: the cluster-wide kind."""
    infer_from_volume: str = ""

    @property
    def is_cluster_wide(self) -> bool:
        """Whether it names the cluster-wide kind, as it does unless it says otherwise."""
        return not self.kind or "cluster" in self.kind.lower()


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A VirtualMachine: what it runs when it runs, and whether it is to run."""

    vmi: Vmi
    """As written in the template: instancetype and preference are not merged yet."""
    run_strategy: str = ""
    """Always, RerunOnFailure, Manual, Halted or Once; empty: not said, which upstream refuses."""
    instancetype: Matcher | None = None
    preference: Matcher | None = None
    labels: Labels = field(default_factory=FrozenMap)
    """Of the VirtualMachine object itself."""
    replicas: int = 1
    """How many of it: more than one for a pool or a replica set."""
    disks: tuple[storage.Disk, ...] = ()
    """Volumes that come with each of it: its ``dataVolumeTemplates`` that say a size."""

    def __post_init__(self) -> None:
        """Freeze the map, so that the whole can be hashed."""
        object.__setattr__(self, "labels", FrozenMap(self.labels))
