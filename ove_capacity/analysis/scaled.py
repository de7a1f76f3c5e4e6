"""A cluster at a moment as its autoscaler sees it, and how far it would let it grow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.analysis.spare import grown
from ove_capacity.model.autoscaling import Autoscaling, NodeGroup
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.node import Node
from ove_capacity.model.pod import OwnerReference, Pod
from ove_capacity.openshift.autoscaler.equivalence import PodGroup
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions, options_of
from ove_capacity.openshift.autoscaler.scale_up import SUCCESSFUL, ScaleUp, scale_up
from ove_capacity.openshift.autoscaler.simulation import Simulation, simulation_of
from ove_capacity.openshift.autoscaler.view import UNREADY, ClusterView, GroupState
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus
from ove_capacity.state.arrays import GONE, READY
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["WAITING", "Growth", "Scaled", "copies", "scaled_of"]

WAITING = (VmStatus.PENDING, VmStatus.LOST)
"""Of VMs that should run and have no node."""

_LOOPS_MOST = 200
_SAME = "vm"
_JOINED = "node-joined"


@dataclass(frozen=True, slots=True)
class Growth:
    """What the autoscaler adds for pods that wait, loop after loop, until it adds nothing more."""

    added: Mapping[str, int]
    """Group -> machines, of the groups that grow."""
    last: ScaleUp
    """The loop that added nothing."""
    simulation: Simulation
    """Of that loop: first what runs, then what waited before, then what came."""
    first: int = 0
    """Number of the first pod that came."""

    def remaining(self, since: int) -> PodGroup | None:
        """The first pods, from that number on, that no group takes; None: each is taken by one."""
        return next((each for each in self.last.remaining if each.pods[0] >= since), None)


@dataclass(frozen=True, slots=True)
class Scaled:
    """One cluster, with the machines and pods of a moment."""

    state: ClusterState
    autoscaling: Autoscaling
    options: AutoscalingOptions
    group_of: Mapping[str, str]
    """Node -> its group."""
    nodes: tuple[Node, ...]
    running: tuple[tuple[Pod, str], ...]
    waiting: tuple[Pod, ...] = ()
    """VMs that have no node; what comes later stands behind them."""
    coming: Mapping[str, int] = field(default_factory=FrozenMap)
    """Group -> machines that are made already and have no node yet."""

    @property
    def groups(self) -> tuple[NodeGroup, ...]:
        """Those that may grow and shrink."""
        return self.autoscaling.groups

    def size(self, group: str) -> int:
        """Machines of a group, those among them that have no node yet."""
        there = sum(self.group_of.get(node.name) == group for node in self.nodes)
        return there + self.coming.get(group, 0)

    def view(self, added: Mapping[str, int]) -> ClusterView:
        """As it is with so many machines of each group on their way."""
        alive = self.state.arrays.presence
        return ClusterView(
            self.nodes,
            tuple(
                GroupState(group, self.size(group.name) + more, increase=more + on_way)
                for group in self.groups
                for more in [added.get(group.name, 0)]
                for on_way in [self.coming.get(group.name, 0)]
            ),
            self.group_of,
            {
                node.name: UNREADY
                for node in self.nodes
                if alive[self.state.node_index(node.name)] != READY
            },
        )

    def simulation(self, coming: Sequence[Pod], added: Mapping[str, int]) -> Simulation:
        """Compiled, with these pods waiting behind those that do."""
        pending = [*self.waiting, *coming]
        return simulation_of(
            self.state.cluster, self.view(added), self.running, pending, self.options
        )

    def grow(self, coming: Sequence[Pod] = ()) -> Growth:
        """What is added for the pods that wait and for these; equals are decided for the first."""
        added: dict[str, int] = {}
        for _ in range(_LOOPS_MOST):
            simulation = self.simulation(coming, added)
            found = scale_up(simulation, self.options)
            if found.result != SUCCESSFUL or not found.increases:
                break
            for each in found.increases:
                added[each.group] = added.get(each.group, 0) + each.new_size - each.size
        return Growth(added, found, simulation, simulation.running + len(self.waiting))

    def with_machines(self, added: Mapping[str, int]) -> ClusterState:
        """The cluster with so many machines more, empty: what joins, not what was foretold.

        Those that are on their way are there, too.
        """
        state = self.state
        for group, count in sorted(self.expecting(added).coming.items()):
            model = self.machine(group)
            if model is not None and count:
                state = grown(state, model, count)
        return state

    def expecting(self, added: Mapping[str, int]) -> Scaled:
        """The same with so many machines more on their way."""
        coming = {**self.coming}
        for group, count in added.items():
            coming[group] = coming.get(group, 0) + count
        return replace(self, coming=FrozenMap(coming))

    def machine(self, group: str) -> Node | None:
        """What joins when a group grows; None: nobody knows."""
        members = (node for node in self.nodes if self.group_of.get(node.name) == group)
        known = self.autoscaling.machines.get(group)
        return known or next(members, None)


def scaled_of(run: Run, name: str) -> Scaled | None:
    """The cluster of that name at the end of the run; None: nothing says what scales it."""
    state, cluster = run.states[name], run.case.fleet.cluster(name)
    found = cluster.autoscaling
    if found is None or found.autoscaler is None:
        return None
    rows = [row for row in state.rows() if state.node_of(row) >= 0]
    return Scaled(
        state,
        found,
        options_of(found.autoscaler, cluster.release.openshift),
        _groups(run, name, found),
        tuple(_nodes(state)),
        tuple((_unbound(state.pod(row)), state.nodes[state.node_of(row)].name) for row in rows),
        tuple(vm.pod for vm in run.vms_of(name) if vm.status in WAITING),
        _coming(run, name),
    )


def _groups(run: Run, name: str, asked: Autoscaling) -> dict[str, str]:
    """Node -> its group, of those that joined in the run, too."""
    log = run.events
    every = zip(log.kind, log.cluster, log.name, log.detail, strict=True)
    joined = {node: group for kind, where, node, group in every if (kind, where) == (_JOINED, name)}
    scaled = {group.name for group in asked.groups}
    return {**asked.group_of, **{n: group for n, group in joined.items() if group in scaled}}


def _coming(run: Run, name: str) -> FrozenMap[str, int]:
    """Group -> machines on their way when the run ends."""
    log = run.machines
    every = zip(log.cluster, log.group, log.machines, log.nodes, strict=True)
    last = {group: machines - nodes for where, group, machines, nodes in every if where == name}
    return FrozenMap({group: count for group, count in last.items() if count > 0})


def _nodes(state: ClusterState) -> Iterator[Node]:
    arrays = state.arrays
    for n, node in enumerate(state.nodes):
        if arrays.presence[n] != GONE:
            cordoned = bool(arrays.cordoned[n])
            yield node if node.unschedulable == cordoned else replace(node, unschedulable=cordoned)


def _unbound(pod: Pod) -> Pod:
    return replace(pod, spec=replace(pod.spec, node_name="")) if pod.spec.node_name else pod


def copies(pod: Pod, count: int) -> Iterable[Pod]:
    """So many VMs of one shape: each launcher has a VMI of its own as its controller."""
    for number in range(count):
        name = f"{pod.name or _SAME}-{number}"
        owner = replace(pod.owner, name=name) if pod.owner else OwnerReference(_SAME, name)
        yield replace(pod, name=name, owner=owner)
