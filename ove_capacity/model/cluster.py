"""A cluster: its releases, machines, rules; and the fleet they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.autoscaling import Autoscaling
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.instancetype import Instancetype
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.model.management import Management
from ove_capacity.model.network import ClusterNetwork, Route, VmNetwork
from ove_capacity.model.node import Node
from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Pod
from ove_capacity.model.selector import Labels, LabelSelector
from ove_capacity.model.storage import StorageSystem
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.releases import Release

__all__ = ["Cluster", "DisruptionBudget", "Fleet", "Remediation", "Service"]


@dataclass(frozen=True, slots=True)
class DisruptionBudget:
    """A PodDisruptionBudget as preemption reads it."""

    name: str
    namespace: str
    selector: LabelSelector | None
    disruptions_allowed: int
    disrupted_pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A Service (or ReplicaSet …) as default topology spreading reads it: whom it selects."""

    name: str
    namespace: str
    selector: LabelSelector
    kind: str = "Service"


@dataclass(frozen=True, slots=True)
class Remediation:
    """What brings VMs of a dead node back: none, nhc-snr, nhc-far or mhc."""

    kind: str = "none"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster before anything is placed on it."""

    name: str
    release: Release
    nodes: tuple[Node, ...] = ()
    """Every machine, masters and storage nodes too, in the order they joined."""
    profile: str = ""
    labels: Labels = field(default_factory=dict)
    kubevirt: KubeVirt = field(default_factory=KubeVirt)
    scheduler_profile: str = "LowNodeUtilization"
    """OpenShift's LowNodeUtilization (upstream's default), HighNodeUtilization or NoScoring."""
    numa_strategy: str = ""
    """Scoring strategy of the NUMA-aware scheduler plugin; empty: the scheduler sees no cell."""
    remediation: Remediation = field(default_factory=Remediation)
    pods: tuple[Pod, ...] = ()
    """Pods that exist already, each bound by ``spec.node_name``."""
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    """Namespace -> its labels."""
    services: tuple[Service, ...] = ()
    disruption_budgets: tuple[DisruptionBudget, ...] = ()
    storage: tuple[StorageSystem, ...] = ()
    """Where disks of VMs lie; empty: not known, and no budget."""
    network: ClusterNetwork | None = None
    """The pod network; None: not known."""
    vm_networks: tuple[VmNetwork, ...] = ()
    """Secondary networks whose addresses are counted."""
    routes: tuple[Route, ...] = ()
    """Of the mesh, in the order in which they are tried, host by host."""
    instancetypes: Mapping[str, Instancetype] = field(default_factory=FrozenMap)
    """Cluster-wide instancetypes that VMs here may name: shapes to ask about."""
    autoscaling: Autoscaling | None = None
    """What adds and removes machines; None: nothing does, and nothing says that it should."""

    management: Management = field(default_factory=Management)
    """What its own objects, and the hub that manages it, make run beside VMs."""
    injects_proxies: bool = False
    """Whether the mesh puts its proxy into the pods that ask for it, or whose namespace does."""

    @property
    def workers(self) -> tuple[Node, ...]:
        """The nodes that headroom and failover count."""
        return tuple(node for node in self.nodes if node.is_worker)


@dataclass(frozen=True, slots=True)
class Fleet:
    """All clusters, and the Placements the hub decides for them."""

    clusters: tuple[Cluster, ...] = ()
    placements: tuple[Placement, ...] = ()
    hub: HubObjects = field(default_factory=HubObjects)
    """What the Placements choose from; without sets and bindings, all clusters."""
    management: Management = field(default_factory=Management)
    """What the hub's own objects make run, on the cluster that the hub is."""

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name; KeyError if there is none."""
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        raise KeyError(name)
