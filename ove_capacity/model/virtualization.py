"""What rendering a launcher pod reads of the cluster: the KubeVirt CR, and objects beside it.

Defaults are KubeVirt's own, not those that OpenShift Virtualization writes into the CR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.resources import ResourceList
from ove_capacity.model.selector import Labels, LabelSelector
from ove_capacity.quantity import Quantity

__all__ = [
    "BindingPlugin",
    "Gates",
    "KubeVirt",
    "NetworkAttachment",
    "Quota",
    "SupportResources",
]


@dataclass(frozen=True, slots=True)
class Gates:
    """Feature gates named in ``developerConfiguration``."""

    enabled: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SupportResources:
    """``supportContainerResources[]``: what the CR sets for one type of container."""

    type: str
    """container-disk, virtiofs, sidecar, guest-console-log, hotplug-disk or vmexport."""
    requests: ResourceList = field(default_factory=FrozenMap)
    limits: ResourceList = field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        """Freeze the lists, so that the whole can be hashed."""
        object.__setattr__(self, "requests", FrozenMap(self.requests))
        object.__setattr__(self, "limits", FrozenMap(self.limits))


@dataclass(frozen=True, slots=True)
class BindingPlugin:
    """``network.binding.<name>``."""

    sidecar_image: str = ""
    """Set: each VM that uses the plugin gets a sidecar."""
    network_attachment_definition: str = ""
    memory_overhead: Quantity | None = None
    """``computeResourceOverhead.requests.memory``."""


@dataclass(frozen=True, slots=True)
class NetworkAttachment:
    """A NetworkAttachmentDefinition."""

    name: str
    namespace: str
    resource_name: str = ""
    """Its annotation ``k8s.v1.cni.cncf.io/resourceName``: the device a pod needs for it."""
    addresses: int | None = None
    """How many its configuration hands out; None: it hands out none, or somebody else does."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A ResourceQuota: the resources it bounds."""

    namespace: str
    hard: frozenset[str] = frozenset()
    """Names in ``spec.hard``."""


@dataclass(frozen=True, slots=True)
class KubeVirt:
    """``spec.configuration`` of the KubeVirt CR, and what is read beside it."""

    arch: str = "amd64"
    """Default architecture of the cluster."""
    cpu_allocation_ratio: int = 10
    """vCPUs per requested CPU; 0 is read as unset."""
    memory_overcommit: int = 100
    """Percent of guest memory per requested memory."""
    cpu_request: Quantity | None = None
    cpu_model: str = ""
    eviction_strategy: str = ""
    additional_guest_memory_overhead_ratio: str = ""
    """A float as text; empty: none."""
    use_emulation: bool = False
    gates: Gates = Gates()
    node_selectors: Labels = field(default_factory=FrozenMap)
    """``developerConfiguration.nodeSelectors``."""
    support_resources: tuple[SupportResources, ...] = ()
    serial_console_log_disabled: bool = False
    """``virtualMachineOptions.disableSerialConsoleLog`` is there, even as ``{}``."""
    default_runtime_class: str = ""
    vm_rollout_strategy: str = ""
    """LiveUpdate (also when empty, from v1.5 on) or Stage."""
    max_cpu_sockets: int | None = None
    max_guest: Quantity | None = None
    max_hotplug_ratio: int = 0
    """``liveUpdateConfiguration``; 0: KubeVirt's 4."""
    machine_types: Labels = field(default_factory=FrozenMap)
    """Architecture -> machine type, where the CR names one; key "": for every architecture."""
    default_network_interface: str = "bridge"
    """``network.defaultNetworkInterface``: bridge or masquerade."""
    binding_plugins: Mapping[str, BindingPlugin] = field(default_factory=FrozenMap)
    auto_cpu_limit_namespaces: LabelSelector | None = None
    """``autoCPULimitNamespaceLabelSelector``."""
    permitted_host_devices: frozenset[str] | None = None
    """Resource names of ``permittedHostDevices``; None: nothing is checked."""
    annotations: Labels = field(default_factory=FrozenMap)
    """Annotations of the CR itself."""
    network_attachments: tuple[NetworkAttachment, ...] | None = None
    """None: not known; then no network asks for a device, and none is missing."""
    quotas: tuple[Quota, ...] = ()
    namespaces: Mapping[str, Labels] = field(default_factory=FrozenMap)
    """Namespace -> its labels."""
    tsc_frequency_hz: int | None = None
    """Lowest TSC frequency that the nodes can scale to, when they expose one."""

    def __post_init__(self) -> None:
        """Freeze the maps, so that the whole can be hashed."""
        for name in ("node_selectors", "machine_types", "binding_plugins", "annotations"):
            object.__setattr__(self, name, FrozenMap(getattr(self, name)))
        namespaces = {name: FrozenMap(labels) for name, labels in self.namespaces.items()}
        object.__setattr__(self, "namespaces", FrozenMap(namespaces))

    def __hash__(self) -> int:
        # One configuration is looked up for each VM of a cluster: hash little, compare by identity.
        ratios = (self.cpu_allocation_ratio, self.memory_overcommit)
        return hash((self.arch, ratios, self.gates.enabled, self.namespaces))
