"""The machines of one cluster that an autoscaler adds and gives back, as the run goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ove_capacity.kernels.compile import Array
from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, MachineHealthCheck
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.openshift.autoscaler.compiling import Compiler
from ove_capacity.openshift.autoscaler.loop import LoopMemory
from ove_capacity.openshift.autoscaler.options import options_of

__all__ = ["Machine", "MachineLog", "Phase", "Scaler", "Sight"]


class Phase(StrEnum):
    """Where a machine is in its life, in upstream's words."""

    PROVISIONING = "Provisioning"
    """It has no instance yet."""
    PROVISIONED = "Provisioned"
    """It has an instance, and no node."""
    RUNNING = "Running"
    FAILED = "Failed"
    """It will never have a node, and nobody looks at it again."""
    DELETING = "Deleting"


@dataclass(slots=True, eq=False)
class Machine:
    """One machine of a group."""

    name: str
    """That of its node, too."""
    group: str
    created_ms: int
    phase: Phase = Phase.PROVISIONING
    changed_ms: int = 0
    """When it came into its phase."""

    @property
    def has_node(self) -> bool:
        """Whether a node has joined."""
        return self.phase is Phase.RUNNING

    @property
    def exists(self) -> bool:
        """Whether it was not deleted."""
        return self.phase is not Phase.DELETING


@dataclass(slots=True)
class MachineLog:
    """Nodes and machines of each group over time: a row at each change, and at each sample."""

    time_ms: list[int] = field(default_factory=list)
    cluster: list[str] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    """Nodes of the group."""
    machines: list[int] = field(default_factory=list)
    """Machines of the group, those on their way among them."""
    cluster_nodes: list[int] = field(default_factory=list)
    """Every node of the cluster, masters too."""
    cluster_machines: list[int] = field(default_factory=list)
    """These, and the machines on their way."""
    vms_pending: list[int] = field(default_factory=list)
    """Of the cluster."""

    def record(self, **values: int | str) -> None:
        """Append one row; every column must be named."""
        for name, column in self.columns().items():
            column.append(values[name])

    def columns(self) -> dict[str, list[Any]]:
        """Column name -> values."""
        return {name: getattr(self, name) for name in self.__slots__}

    def rows(self) -> list[dict[str, int | str]]:
        """Each row as a mapping, for JSON."""
        columns = self.columns()
        every = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in every]

    def __len__(self) -> int:
        return len(self.time_ms)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a whole loop has seen that holds as long as nodes and machines stay the same."""

    nodes: list[Node]
    """The state's own list: another one means that nodes have come or gone."""
    closed: frozenset[str]
    moves: int
    """Machines made and deleted so far."""
    is_complete: bool
    """Every machine has its node."""
    everybody: str
    """Why no machine is added, whoever waits; "": one might be."""
    reasons: Mapping[int, str]
    """Spec of a pod, by identity, -> why no machine is added for it."""
    candidates: Array
    """(candidates,) int64: nodes of groups above their least size that may be removed."""
    with_gpus: frozenset[int]
    """Nodes, by index, that have GPUs the autoscaler knows."""


class Scaler:
    """The autoscaler of one cluster with what it remembers, and the sets of its machines.

    Without an autoscaler that scales, every set stays as large as it is.
    """

    def __init__(self, cluster: Cluster, autoscaling: Autoscaling) -> None:
        self.autoscaling = autoscaling
        asked = autoscaling.autoscaler or ClusterAutoscaler()
        self.options = options_of(asked, cluster.release.openshift)
        scales = autoscaling.is_active
        self.groups = {group.name: group for group in autoscaling.groups if scales}
        self.group_of = dict(autoscaling.group_of) if scales else {}
        """Node -> group that is scaled, of all nodes that ever were."""
        self.set_of = {**autoscaling.group_of, **autoscaling.fixed}
        """Node -> set, of all machines that ever were."""
        self.sets = tuple(dict.fromkeys((*self.groups, *self.set_of.values())))
        """Those that are scaled come first."""
        self._taken = {node.name for node in cluster.nodes}
        self.memory = LoopMemory()
        self.compiler = Compiler()
        self.last_ms: int | None = None
        """When the last loop ran."""
        self.changed_ms = 0
        """The last loop that saw anything new."""
        self.machines: dict[str, Machine] = {}
        for node in cluster.nodes:
            group = self.set_of.get(node.name)
            if group is not None:
                self.machines[node.name] = Machine(node.name, group, 0, Phase.RUNNING)
        self.targets = Counter(machine.group for machine in self.machines.values())
        """Group -> how many machines there are to be."""
        self.made: Counter[str] = Counter()
        """Group -> machines made so far."""
        self.given_up: Counter[str] = Counter()
        """Group -> machines that a health check replaced before they had a node."""
        self.failed: Counter[str] = Counter()
        """Group -> machines that failed."""
        self.emptying: set[str] = set()
        """Nodes that are being deleted, without pods to move."""
        self.draining: set[str] = set()
        """Nodes that are being drained, to be deleted then."""
        self.waiting: dict[str, int] = {}
        """Upstream's words -> VMs for which, at the last look, no machine was added."""
        self.sight: Sight | None = None
        self.moves = 0
        """Machines made and deleted so far."""
        self.scaled = 0
        """Loops so far that added machines, or began to give some back."""
        self.has_expendable = False
        """Whether there may be pods that the autoscaler does not see."""
        self.staying: dict[str, str] = {}
        """Node -> why it was not given back when it was looked at last."""

    def bounds(self, group: str) -> tuple[int, int]:
        """The least and the most machines of a set; as many as it has, if nobody scales it."""
        found = self.groups.get(group)
        if found is None:
            return self.targets[group], self.targets[group]
        return found.min_size, found.max_size

    def of_group(self, group: str) -> Iterator[Machine]:
        """The machines of a group, the oldest first."""
        return (machine for machine in self.machines.values() if machine.group == group)

    def without_node(self, group: str) -> list[Machine]:
        """Machines of a group that have no node, the oldest first."""
        return [machine for machine in self.of_group(group) if not machine.has_node]

    def check_of(self, group: str) -> MachineHealthCheck | None:
        """The health check that covers the machines of a group."""
        return self.autoscaling.health_checks.get(group)

    def next_name(self, group: str) -> str:
        """A name for one more machine of a group, which no node ever had."""
        prefix = self.autoscaling.machines[group].name or group
        while True:
            self.made[group] += 1
            name = f"{prefix}-{self.made[group] - 1}"
            if name not in self._taken:
                self._taken.add(name)
                return name
