"""``clusters`` and ``platform``: what exists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ove_capacity.scenario.schema.autoscaling import Autoscaler
from ove_capacity.scenario.schema.budget import NetworkSection, StorageSection
from ove_capacity.scenario.schema.section import (
    AmountOfCpu,
    AmountOfMemory,
    AmountOrNone,
    Count,
    Flag,
    LabelMap,
    Milliseconds,
    Name,
    OneAlone,
    PageSize,
    Paths,
    PositiveCount,
    Section,
    Shorthand,
    Text,
    in_order,
    one_or_many,
)

__all__ = [
    "Allocatable",
    "Assume",
    "AssumeOfFleet",
    "CellSection",
    "ClusterSection",
    "Kubelet",
    "NodeSection",
    "Platform",
    "PlatformPods",
    "PoolSection",
    "ReservedMemorySection",
    "SchedulerSection",
    "SystemReserved",
    "TaintSection",
    "VmFolder",
]


class Platform(Section):
    """Releases. OpenShift 4.y brings Kubernetes 1.(y+13) and KubeVirt 1.(y-14)."""

    openshift: Text | None = None
    """The release the cluster runs: ``"4.15"``."""
    created_on: Text | None = Field(default=None, alias="createdOn")
    """The release it was installed with, when it was upgraded since: defaults depend on both."""
    kubevirt: Text | None = None
    """KubeVirt's version, when it is not the one of that OpenShift release."""


class Assume(Section):
    """What neither the manifests nor the nodes say, and the scenario supplies; each is reported."""

    virtualization: Literal["installed"] | None = None
    """Nodes carry the labels and devices of OpenShift Virtualization even if they, or the manifests
    of the cluster, do not say so."""
    node_labels: LabelMap = Field(default_factory=dict, alias="nodeLabels")
    """Labels of every worker."""
    hugepages: dict[PageSize, Count] = Field(default_factory=dict)
    """Pages of each size on every worker of a cluster whose profile names the size, not a count."""
    admission: Literal["on", "off"] | None = None
    """"off": VMs that the clusters' own policies refuse come into being all the same."""


class AssumeOfFleet(Assume):
    """What is assumed of all clusters, and of their hub."""

    placement_binding: Literal["all"] | None = Field(default=None, alias="placementBinding")
    """all: Placements choose from every cluster though no ManagedClusterSetBinding says so."""
    management: Literal["hub", "all", "off"] = "all"
    """Where services stand as pods, as long as no list of pods says what runs there: all: on the
    hub's machines and on those of every other cluster (agents, log collectors, policy engines,
    proxies of the mesh); hub: on the hub's alone; off: nowhere."""


class TaintSection(Section):
    """A taint, as in a Node."""

    key: Name
    """As ``node-role.kubernetes.io/infra``."""
    value: Text = ""
    """Often left out."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What it does to pods that do not tolerate it."""


class Allocatable(Section):
    """What a machine offers to pods, read off its Node object."""

    cpu: AmountOfCpu | None = None
    """CPUs that pods may ask for."""
    memory: AmountOfMemory | None = None
    """Memory that pods may ask for."""
    storage: AmountOfMemory | None = None
    """Ephemeral storage."""
    pods: PositiveCount | None = None
    """How many pods the node takes."""


class PlatformPods(Section):
    """What the platform's own pods ask for on one machine, in sum."""

    cpu: AmountOfCpu | None = None
    """The sum of their CPU requests."""
    memory: AmountOfMemory | None = None
    """The sum of their memory requests."""
    pods: Count = 0
    """How many they are."""
    virtualization: Flag = False
    """Whether those of OpenShift Virtualization are among them; otherwise its share is added."""


class CellSection(Section):
    """One NUMA cell of a machine."""

    memory: AmountOrNone
    """All its memory, that in hugepages too; 0 where none is plugged in or switched on."""
    hugepages: dict[PageSize, Count] = Field(default_factory=dict)
    """Pages by size, reserved here at boot."""


class NodeSection(Section):
    """One machine of a pool. What is left out comes from the profile."""

    cpu: AmountOfCpu | None = None
    """CPUs (threads) that the operating system sees; or say sockets, cores and threads."""
    memory: AmountOfMemory | None = None
    """RAM that the operating system sees: of 256 GiB built in about 251Gi."""
    hugepages: dict[PageSize, Count] = Field(default_factory=dict)
    """Pages by size, reserved at boot: ``{1Gi: 64}``."""
    storage: AmountOfMemory | None = None
    """Size of the disk that holds ephemeral storage."""
    sockets: PositiveCount | None = None
    """CPU sockets; with cores and threads it says how many CPUs there are."""
    cells_per_socket: PositiveCount | None = Field(default=None, alias="cellsPerSocket")
    """NUMA cells of each socket; 1 when left out."""
    cores: PositiveCount | None = None
    """Cores of each socket."""
    threads: Annotated[int, Field(strict=True, ge=1, le=8)] | None = None
    """Threads of each core: 2 with hyper-threading."""
    devices: dict[str, Count] = Field(default_factory=dict)
    """Extended resources: ``{nvidia.com/A100: 2}``."""
    devices_by_cell: dict[str, tuple[Count, ...]] = Field(
        default_factory=dict, alias="devicesByCell"
    )
    """Extended resources that sit at NUMA cells, from cell 0 on: ``{nvidia.com/A100: [2, 0]}``."""
    cells: tuple[CellSection, ...] = ()
    """Memory and pages of each NUMA cell, from cell 0 on; left out: split evenly. Cells beyond
    those of the processors have memory only."""
    caches_per_cell: PositiveCount | None = Field(default=None, alias="cachesPerCell")
    """Last-level caches that share the cores of a cell, as AMD's CCX; left out, or 1: one a socket,
    as the kubelet takes a cache that serves a whole cell."""
    distances: tuple[tuple[Count, ...], ...] = ()
    """From each cell to each, as the firmware says: ``[[10, 21], [21, 10]]``; left out: 10 to
    itself, 20 to any other."""
    interleaved: Flag = False
    """Whether CPUs are numbered in turn over the cells, and not cell by cell."""
    allocatable: Allocatable = Allocatable()
    """Measured; left out: what the kubelet's configuration and the release leave of it."""


class PoolSection(Section):
    """Machines that are alike."""

    count: Annotated[int, Field(strict=True, ge=0, le=20_000)] | None = None
    """How many; left out: as many as the profile says."""
    min: Count | None = None
    """The fewest machines the autoscaler leaves, as a MachineAutoscaler's minReplicas."""
    max: Count | None = None
    """The most machines the autoscaler makes, as its maxReplicas."""
    node: NodeSection = NodeSection()
    """What each machine has."""
    labels: LabelMap = Field(default_factory=dict)
    """Labels of its nodes."""
    taints: tuple[TaintSection, ...] | None = None
    """Left out: masters and storage nodes have theirs, others none."""
    zones: tuple[Name, ...] = ()
    """Zones over which the machines are spread, in turn."""
    virtualization: Flag | None = None
    """Whether VMs may run here; left out: on workers."""
    role: Name | None = None
    """master, worker, storage, infra, or a role of your own; left out: the pool's name."""
    platform: Annotated[tuple[PlatformPods, ...], BeforeValidator(one_or_many), OneAlone()] = ()
    """Measured pods of the platform; several: of the machines in turn. Left out: assumed."""

    machine_set: Name | None = Field(default=None, alias="machineSet")
    """The MachineSet that makes its machines, as objects name it; left out: one of its name."""
    node_startup_timeout: Milliseconds | None = Field(default=None, alias="nodeStartupTimeout")
    """A MachineHealthCheck replaces a machine that has had no node for so long; none if left out
    and no object says it."""

    _ordered = model_validator(mode="after")(in_order)


class SystemReserved(Section):
    """``systemReserved``."""

    cpu: AmountOfCpu | None = None
    """CPUs kept for the system."""
    memory: AmountOfMemory | None = None
    """Memory kept for the system."""


class ReservedMemorySection(Section):
    """One entry of ``reservedMemory``."""

    numa_node: Count = Field(alias="numaNode")
    """The NUMA cell."""
    limits: dict[Name, AmountOfMemory]
    """``memory`` and ``hugepages-<size>`` that the system keeps there."""


class Kubelet(Section):
    """A KubeletConfig of the workers, by Kubernetes' own field names."""

    cpu_manager_policy: Literal["none", "static"] | None = Field(
        default=None, alias="cpuManagerPolicy"
    )
    """static: pinned VMs get CPUs of their own."""
    memory_manager_policy: Literal["None", "Static"] = Field(
        default="None", alias="memoryManagerPolicy"
    )
    """Static: memory is promised per NUMA cell."""
    topology_manager_policy: Literal["none", "best-effort", "restricted", "single-numa-node"] = (
        Field(default="none", alias="topologyManagerPolicy")
    )
    """How strictly CPUs, memory and devices must come from one NUMA cell."""
    topology_manager_scope: Literal["container", "pod"] = Field(
        default="container", alias="topologyManagerScope"
    )
    """Whether containers, or pods as a whole, are aligned."""
    cpu_manager_policy_options: LabelMap = Field(
        default_factory=dict, alias="cpuManagerPolicyOptions"
    )
    """As ``{full-pcpus-only: "true"}``."""
    topology_manager_policy_options: LabelMap = Field(
        default_factory=dict, alias="topologyManagerPolicyOptions"
    )
    """As ``{prefer-closest-numa-nodes: "true"}``."""
    reserved_memory: tuple[ReservedMemorySection, ...] = Field(default=(), alias="reservedMemory")
    """What the Static memory manager keeps of each cell: in sum systemReserved, kubeReserved and
    the eviction threshold, or the kubelet does not start."""
    reserved_system_cpus: Text | None = Field(default=None, alias="reservedSystemCPUs")
    """A CPU list: ``0-3,40-43``."""
    system_reserved: SystemReserved | None = Field(default=None, alias="systemReserved")
    """What is kept for the system."""
    kube_reserved: SystemReserved | None = Field(default=None, alias="kubeReserved")
    """What is kept for the kubelet; nothing when left out."""
    workload_partitioning: Flag = Field(default=False, alias="workloadPartitioning")
    """OpenShift's workload partitioning: nothing else runs on the reserved CPUs."""
    auto_sizing_reserved: Flag | None = Field(default=None, alias="autoSizingReserved")
    """Whether what is kept follows from the size of the machine."""
    eviction_memory: AmountOfMemory | None = Field(default=None, alias="evictionMemoryAvailable")
    """``evictionHard["memory.available"]``."""
    max_pods: PositiveCount | None = Field(default=None, alias="maxPods")
    """The most pods on a node; 250 when left out."""


class SchedulerSection(Section):
    """The Scheduler object of OpenShift."""

    profile: Literal["LowNodeUtilization", "HighNodeUtilization", "NoScoring"] = (
        "LowNodeUtilization"
    )
    """How the scheduler spreads or packs."""
    numa_aware: Literal[
        False, True, "LeastAllocated", "MostAllocated", "BalancedAllocation", "LeastNUMANodes"
    ] = Field(default=False, alias="numaAware")
    """Whether it filters and scores by NUMA cells, too (NodeResourceTopologyMatch), and by which
    strategy; true: LeastAllocated, as the NUMA Resources Operator has it."""


class VmFolder(Section):
    """Files with VirtualMachine objects that are to run."""

    path: Name
    """A file, or a folder of them."""
    run_strategy: Literal["as-written", "Always"] = Field(default="as-written", alias="runStrategy")
    """``Always`` starts VMs that are written as halted, too."""


def _vm_folder(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class ClusterSection(Section):
    """One cluster."""

    manifests: Paths = ()
    """Files and folders of Kubernetes objects that belong to this cluster."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Beside the scenario's own, for ``{{ .Values.x }}`` in these files."""
    platform: Platform = Platform()
    """Where it differs from the fleet's."""
    profile: Name | None = None
    """A cluster profile: from a ConfigMap ``cluster-profile-<name>``, or built in."""
    labels: LabelMap = Field(default_factory=dict)
    """Labels of its ManagedCluster, which Placements select by."""
    pools: dict[str, PoolSection] = Field(default_factory=dict)
    """Machine pools by name; they add to the profile's, or change them."""
    nodes: Paths = ()
    """Files and folders of Node objects, and of the Pods on them, as ``oc get`` writes them."""
    vms: Annotated[
        tuple[Annotated[VmFolder, BeforeValidator(_vm_folder), Shorthand({"type": "string"})], ...],
        BeforeValidator(one_or_many),
        OneAlone(),
    ] = ()
    """Files and folders of VirtualMachine objects that run here."""
    assume: Assume = Assume()
    """What is assumed of this cluster, over what is assumed of all."""
    autoscaler: Autoscaler | None = None
    """Its ClusterAutoscaler: without one, no machine is added or given back."""
    kubelet: Kubelet = Kubelet()
    """How its workers are configured."""
    remediation: Literal["none", "nhc-snr", "nhc-far", "mhc"] = "none"
    """What brings VMs of a dead node back; none: nothing does."""
    scheduler: SchedulerSection = SchedulerSection()
    """How its scheduler is configured."""
    storage: dict[str, StorageSection] = Field(default_factory=dict)
    """Storage systems by name; left out: the disks of the profile's storage machines, if any."""
    network: NetworkSection = NetworkSection()
    """Addresses for pods, and for VMs on networks of their own."""
