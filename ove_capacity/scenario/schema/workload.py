"""``workloads``: which VMs run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from ove_capacity.scenario.schema.drawn import Constant
from ove_capacity.scenario.schema.recovery import RecoverySection
from ove_capacity.scenario.schema.section import (
    AmountOfMemory,
    Count,
    Flag,
    LabelMap,
    Milliseconds,
    Name,
    OneAlone,
    Percent,
    PositiveCount,
    Section,
    Shorthand,
    Text,
    one_or_many,
)

__all__ = [
    "DiskSection",
    "NetworkName",
    "UsageSection",
    "VmSection",
    "WorkloadSection",
]


class DiskSection(Section):
    """A disk of a VM that a persistent volume holds."""

    name: Name | None = None
    """``disk-0``, ``disk-1`` … when left out."""
    size: AmountOfMemory
    """How large it is: ``60Gi``."""
    storage_class: Text = Field(default="", alias="storageClass")
    """Left out: the cluster's default class."""


class NetworkName(Section):
    """A network that a VM has an interface on."""

    name: Name
    """Of its NetworkAttachmentDefinition, as ``name`` or ``namespace/name``."""


class UsageSection(Section):
    """What VMs use of what they are given."""

    cpu: Percent | None = None
    """``30%`` of their vCPUs."""
    memory: Percent | None = None
    """``70%`` of the guest's memory."""


def _disk(value: Any) -> Any:
    return value if isinstance(value, dict) else {"size": value}


def _network(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


_SIZE: dict[str, Any] = {"type": ["string", "number"], "examples": ["60Gi"]}
_Disk = Annotated[DiskSection, BeforeValidator(_disk), Shorthand(_SIZE)]
_Network = Annotated[NetworkName, BeforeValidator(_network), Shorthand({"type": "string"})]


class VmSection(Section):
    """What each VM of a workload looks like: from a template, an instancetype, or a size."""

    template: Text | None = None
    """Name of a VirtualMachine among the manifests, as ``name`` or ``namespace/name``."""
    instancetype: Name | None = None
    """A VirtualMachineClusterInstancetype among the manifests, or a common one: ``u1.medium``."""
    preference: Name | None = None
    """A VirtualMachineClusterPreference: ``rhel.9``."""
    cpu: Annotated[int, Field(strict=True, ge=1, le=1024)] | None = None
    """vCPUs of the guest."""
    memory: AmountOfMemory | None = None
    """Memory of the guest."""
    dedicated_cpu_placement: Flag = Field(default=False, alias="dedicatedCpuPlacement")
    """Whether each vCPU gets a CPU of its own."""
    isolate_emulator_thread: Flag = Field(default=False, alias="isolateEmulatorThread")
    """Whether QEMU's own thread gets a CPU beside them; it needs dedicatedCpuPlacement."""
    guest_mapping_passthrough: Flag = Field(default=False, alias="guestMappingPassthrough")
    """Whether the guest sees the NUMA cells that its vCPUs are on; it needs dedicatedCpuPlacement
    and hugepages."""
    realtime: Flag = False
    """Whether its vCPUs run in real time; it needs dedicatedCpuPlacement."""
    hugepages: Literal["2Mi", "1Gi"] | None = None
    """Page size that backs the guest's memory."""
    namespace: Name | None = None
    """Namespace of the VMs; ``default`` when left out."""
    labels: LabelMap = Field(default_factory=dict)
    """Labels of the VMs."""
    annotations: LabelMap = Field(default_factory=dict)
    """Annotations of the VMs, which KubeVirt reads some of."""
    node_selector: LabelMap = Field(default_factory=dict, alias="nodeSelector")
    """Labels that a node must have."""
    anti_affinity: Literal["hostname", "preferred-hostname", "zone", "preferred-zone"] | None = (
        Field(default=None, alias="antiAffinity")
    )
    """Keep the VMs of this workload apart: strictly, or if possible."""
    eviction_strategy: (
        Literal["LiveMigrate", "LiveMigrateIfPossible", "External", "None"] | None
    ) = Field(default=None, alias="evictionStrategy")
    """What happens to them when their node is drained."""
    priority: Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)] | None = None
    """Instead of the class's."""
    priority_class: Name | None = Field(default=None, alias="priorityClass")
    """A PriorityClass among the manifests, or one of Kubernetes' own."""
    lifetime: Constant | None = None
    """How long a VM runs; left out: until the end."""
    run_strategy: Literal["Always", "RerunOnFailure", "Manual", "Once", "Halted"] = Field(
        default="Always", alias="runStrategy"
    )
    """Whether they start, and start again."""
    usage: UsageSection | None = None
    """What they use of what they are given."""
    recovery: RecoverySection | None = None
    """How they come back on another cluster when theirs is lost; left out: they do not, unless a
    Placement moves them, and then without data."""
    disks: Annotated[tuple[_Disk, ...], BeforeValidator(one_or_many), OneAlone()] | None = None
    """Persistent disks of each VM: ``60Gi``, ``[60Gi, 200Gi]``; left out: the template's."""
    networks: Annotated[tuple[_Network, ...], BeforeValidator(one_or_many), OneAlone()] | None = (
        None
    )
    """Secondary networks on which each VM has an address; left out: the template's."""

    not_modelled: ClassVar[frozenset[str]] = frozenset({"usage"})


class WorkloadSection(VmSection):
    """VMs that are alike, from the start or from a given time."""

    name: Name
    """Its VMs are named after it: ``web-0``."""
    cluster: Name | None = None
    """The cluster they run on, or …"""
    placement: Name | None = None
    """… the Placement that decides, as ``name`` or ``namespace/name``."""
    count: Count | None = None
    """How many, on each cluster the Placement selects; 1 when left out."""
    total: PositiveCount | None = None
    """How many in all: split over the selected clusters in decision order."""
    at: Milliseconds = 0
    """When they start; left out: at once."""
