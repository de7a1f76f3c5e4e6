"""A pod: what kube-scheduler places and the kubelet admits.

Field names follow core/v1; quantities stay exact here, because the API server's sums are exact and
rounded only once, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.resources import ResourceList
from ove_capacity.model.selector import Labels, LabelSelector, NodeSelectorTerm

__all__ = [
    "Affinity",
    "Container",
    "HostPort",
    "OwnerReference",
    "Pod",
    "PodAffinityTerm",
    "PodSpec",
    "PreferredNodeTerm",
    "PreferredPodTerm",
    "PriorityClass",
    "SpreadConstraint",
    "Toleration",
]


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port that a container takes on the node itself."""

    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Container:
    """One container's demand."""

    name: str
    requests: ResourceList = field(default_factory=dict)
    limits: ResourceList = field(default_factory=dict)
    image: str = ""
    restart_always: bool = False
    """An init container that goes on running: a sidecar."""
    host_ports: tuple[HostPort, ...] = ()


@dataclass(frozen=True, slots=True)
class Toleration:
    """What lets a pod onto a tainted node."""

    key: str = ""
    operator: str = ""
    """Equal (also when empty) or Exists."""
    value: str = ""
    effect: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class PodAffinityTerm:
    """Pods, by label and namespace, within one domain of a topology key."""

    topology_key: str
    selector: LabelSelector | None = None
    """None matches nothing."""
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True)
class PreferredPodTerm:
    """A pod (anti-)affinity term with its weight."""

    weight: int
    term: PodAffinityTerm


@dataclass(frozen=True, slots=True)
class PreferredNodeTerm:
    """A node affinity term with its weight."""

    weight: int
    term: NodeSelectorTerm


@dataclass(frozen=True, slots=True)
class Affinity:
    """Where a pod must or would rather be."""

    node_required: tuple[NodeSelectorTerm, ...] | None = None
    """ORed terms. None: no demand; (): matches no node."""
    node_preferred: tuple[PreferredNodeTerm, ...] | None = None
    pod_required: tuple[PodAffinityTerm, ...] = ()
    pod_preferred: tuple[PreferredPodTerm, ...] = ()
    anti_required: tuple[PodAffinityTerm, ...] = ()
    anti_preferred: tuple[PreferredPodTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class SpreadConstraint:
    """One topology spread constraint."""

    max_skew: int
    topology_key: str
    hard: bool
    """DoNotSchedule, as against ScheduleAnyway."""
    selector: LabelSelector | None = None
    min_domains: int | None = None
    honor_node_affinity: bool = True
    honor_node_taints: bool = False
    match_label_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """What admission writes into pods that name the class."""

    value: int = 0
    preemption_never: bool = False
    """``preemptionPolicy: Never``: they wait, and nobody makes room for them."""


@dataclass(frozen=True, slots=True)
class PodSpec:
    """What pods of one shape share.

    Share the object too: equal specs are recognised by identity first.
    """

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    overhead: ResourceList = field(default_factory=dict)
    pod_requests: ResourceList | None = None
    """Pod-level ``spec.resources.requests``; None when absent."""
    node_selector: Labels = field(default_factory=dict)
    affinity: Affinity = Affinity()
    tolerations: tuple[Toleration, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    priority: int = 0
    preemption_never: bool = False
    """``preemptionPolicy: Never``."""
    scheduler_name: str = ""
    node_name: str = ""
    """The node it asks for by name, or is bound to when it exists already."""
    priority_class_name: str = ""
    runtime_class_name: str = ""
    termination_grace_period_seconds: int = 30
    empty_dir_media: Mapping[str, str] = field(default_factory=dict)
    """Volume name -> medium, for emptyDirs with one."""
    local_volumes: tuple[str, ...] = ()
    """Volumes on the node's own disk, by name: hostPath, and emptyDir that is not in memory."""
    has_no_priority: bool = False
    """Admission wrote no priority: it counts as 0, and no threshold makes the pod expendable."""

    @property
    def heeds_pods(self) -> bool:
        """Whether a rule of its own may refuse a node because of the pods elsewhere."""
        affinity = self.affinity
        near = affinity.pod_required or affinity.anti_required
        return bool(near or any(each.hard for each in self.spread))


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """The controller that made a pod."""

    kind: str
    name: str
    controller: bool = True


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod."""

    name: str
    spec: PodSpec
    namespace: str = "default"
    labels: Labels = field(default_factory=dict)
    owner: OwnerReference | None = None
    terminating: bool = False
    start_ms: int | None = None
    """``status.startTime`` in milliseconds since any one origin; None: not started."""
    nominated_node: str = ""
    allocated: tuple[ResourceList, ...] = ()
    """While it is resized in place: what counts instead of each container's requests, the init
    containers last; () when it is not."""
    annotations: Labels = field(default_factory=dict)
    """Those that the autoscaler reads."""
    created_ms: int | None = None
    """When it was created, in milliseconds since any one origin; None: not known."""
    deleted_ms: int | None = None
    """When it was asked to end; None: it was not, or that is not known."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"
