"""What grows and shrinks a cluster: machine sets, their bounds, and the rules of the autoscaler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.node import Node
from ove_capacity.model.plan import Duration
from ove_capacity.model.pod import Pod

__all__ = [
    "Autoscaling",
    "Bounds",
    "ClusterAutoscaler",
    "MachineAutoscaler",
    "MachineHealthCheck",
    "MachineSet",
    "MachineTimes",
    "NodeGroup",
    "ScaleDown",
    "UnhealthyCondition",
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of something; None: the autoscaler's own default."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class ScaleDown:
    """``scaleDown`` of a ClusterAutoscaler; None: the default of the release."""

    enabled: bool = True
    delay_after_add_ms: int | None = None
    delay_after_delete_ms: int | None = None
    delay_after_failure_ms: int | None = None
    unneeded_time_ms: int | None = None
    utilization_threshold: float | None = None
    cordon_before_terminating: bool | None = None


@dataclass(frozen=True, slots=True)
class ClusterAutoscaler:
    """The ClusterAutoscaler of a cluster; None: the default of the release."""

    name: str = "default"
    """The operator heeds no other."""
    max_nodes_total: int | None = None
    cores: Bounds = Bounds()
    """Whole cores of all machines."""
    memory_gib: Bounds = Bounds()
    """GiB of all machines."""
    gpus: tuple[tuple[str, int, int], ...] = ()
    """(type, least, most)."""
    expanders: tuple[str, ...] = ()
    """LeastWaste, Priority, Random: first to last; (): the default of the release."""
    priorities: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What Priority goes by: a number -> patterns of group names, the highest number first."""
    scale_down: ScaleDown | None = None
    """None: not written, so it scales down with defaults."""
    pod_priority_threshold: int | None = None
    new_pod_scale_up_delay_ms: int | None = None
    max_pod_grace_period_s: int | None = None
    max_node_provision_time_ms: int | None = None
    balance_similar_node_groups: bool = False
    balancing_ignored_labels: tuple[str, ...] = ()
    ignore_daemonsets_utilization: bool = False
    skip_nodes_with_local_storage: bool | None = None
    enforce_min_size: bool = False
    """Whether groups below their least size are filled up to it."""
    startup_taints: tuple[str, ...] = ()
    """Taint keys that fall off when a machine is up."""
    refused: tuple[str, ...] = ()
    """Fields that the API server does not take, so that there is no such object; (): it does."""


@dataclass(frozen=True, slots=True)
class MachineAutoscaler:
    """The bounds within which a MachineSet may be scaled."""

    name: str
    machine_set: str
    min_replicas: int
    max_replicas: int
    refused: str = ""
    """Why the API server does not take it, so that there is no such object; "": it does."""


@dataclass(frozen=True, slots=True)
class MachineSet:
    """A pool of machines made alike."""

    name: str
    replicas: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that its machines give to their nodes."""
    taints: tuple[tuple[str, str, str], ...] = ()
    """(key, value, effect) that its machines give to their nodes."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    machine_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the machines themselves, which health checks select by."""


@dataclass(frozen=True, slots=True)
class UnhealthyCondition:
    """A condition of a node that makes a machine unhealthy once it has lasted."""

    type: str
    status: str
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class MachineHealthCheck:
    """Which machines are replaced, and when."""

    name: str
    selector: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[UnhealthyCondition, ...] = ()
    max_unhealthy: str = "100%"
    """A number, or a percentage that is rounded down."""
    node_startup_timeout_ms: int = 600_000
    """A machine without a node for so long is replaced; 0: never."""


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Machines that the autoscaler adds and removes alike."""

    name: str
    min_size: int
    max_size: int
    template: Node | None = None
    """A new node as the provider foretells it; None: it cannot tell."""
    daemon_pods: tuple[Pod, ...] = ()
    """What the provider expects to run on a new node."""


@dataclass(frozen=True, slots=True)
class MachineTimes:
    """What the machines of a platform take to become nodes."""

    platform: str = "cloud"
    """cloud, vsphere or baremetal."""
    until_ready: Duration = field(default=Duration("lognormal", 262_284, 0.4214))
    """From the machine's creation until its node is ready."""
    failure: float = 0.0
    """Share of machines that fail and never become a node; 1: none ever does."""


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """What scales the machines of one cluster, as it was asked for."""

    autoscaler: ClusterAutoscaler | None = None
    """None: nobody scales, and the bounds of groups are wishes."""
    groups: tuple[NodeGroup, ...] = ()
    """In the order of the pools, then of the machine sets."""
    group_of: Mapping[str, str] = field(default_factory=dict)
    """Node -> its group; a node that is left out belongs to none."""
    machines: Mapping[str, Node] = field(default_factory=dict)
    """Group -> the node that a new machine of it becomes, under a name of its own; what the
    provider foretells of a group without nodes may be less."""
    health_checks: Mapping[str, MachineHealthCheck] = field(default_factory=dict)
    """Group -> the check that replaces its machines."""
    times: MachineTimes = MachineTimes()
    refused: tuple[str, ...] = ()
    """Why the API server or the operator refuses the objects; any: nothing is scaled, and the rest
    is what they ask for."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Node -> the set of machines that made it, where a health check replaces them and nobody
    scales them; `machines` and `health_checks` know these sets, too."""

    @property
    def is_active(self) -> bool:
        """Whether machines are added and given back."""
        return self.autoscaler is not None and bool(self.groups) and not self.refused
