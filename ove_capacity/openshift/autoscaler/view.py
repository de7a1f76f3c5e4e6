"""What the autoscaler is told of a cluster at one moment: groups, their targets, who is ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.autoscaling import NodeGroup
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod

__all__ = [
    "NOTHING_IN_PROGRESS",
    "NOT_STARTED",
    "READY",
    "UNREADY",
    "ClusterView",
    "GroupState",
    "InProgress",
    "is_daemon_pod",
    "is_mirror_pod",
]

READY, NOT_STARTED, UNREADY = "Ready", "NotStarted", "Unready"
"""Of a node: a node that is not ready is not started while it is young, unready after that."""

_DAEMON = "cluster-autoscaler.kubernetes.io/daemonset-pod"
_MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True, slots=True)
class GroupState:
    """A node group as it stands."""

    group: NodeGroup
    target_size: int
    increase: int = 0
    """What the scale-up that runs has added so far; 0: none runs."""
    long_unregistered: int = 0
    """Machines that have had no node for longer than a node may take."""
    given_up: int = 0
    """Machines, no longer counted, that this loop deletes because they have had no node so long."""
    is_backed_off: bool = False

    @property
    def name(self) -> str:
        """Of the group."""
        return self.group.name


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster at one moment."""

    nodes: tuple[Node, ...]
    """Every node, in the order they are listed."""
    groups: tuple[GroupState, ...] = ()
    group_of: Mapping[str, str] = field(default_factory=dict)
    """Node -> its group; a node that is left out belongs to none."""
    readiness: Mapping[str, str] = field(default_factory=dict)
    """Node -> READY, NOT_STARTED or UNREADY; a node that is left out is ready."""
    remembered: Mapping[str, Node] = field(default_factory=dict)
    """Group -> a good node that it once had: the template of a group that has none left."""
    _members: dict[str, list[Node]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for node in self.nodes:
            group = self.group_of.get(node.name)
            if group is not None:
                self._members.setdefault(group, []).append(node)

    def is_ready(self, node: Node) -> bool:
        """Whether the node is ready."""
        return self.readiness.get(node.name, READY) == READY

    def members(self, group: str) -> list[Node]:
        """The nodes of a group, in order."""
        return self._members.get(group, [])

    def count(self, group: str, readiness: str) -> int:
        """How many nodes of a group are ready, not started or unready."""
        return sum(
            self.readiness.get(node.name, READY) == readiness for node in self.members(group)
        )


@dataclass(frozen=True, slots=True)
class InProgress:
    """Deletions that run."""

    empty: frozenset[str] = frozenset()
    drained: frozenset[str] = frozenset()


NOTHING_IN_PROGRESS = InProgress()


def is_daemon_pod(pod: Pod) -> bool:
    """Whether the pod belongs to its node rather than to the cluster.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/pod/pod.go,
    IsDaemonSetPod.
    """
    owner = pod.owner
    if owner is not None and owner.controller and owner.kind == "DaemonSet":
        return True
    return pod.annotations.get(_DAEMON) == "true"


def is_mirror_pod(pod: Pod) -> bool:
    """Whether the pod mirrors a file on its node.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/pod/pod.go,
    IsMirrorPod.
    """
    return _MIRROR in pod.annotations
