"""A cluster at a moment as its autoscaler sees it, and how far it would let it grow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ove_capacity.analysis.spare import grown
from ove_capacity.model.autoscaling import Autoscaling, NodeGroup
from ove_capacity.model.node import Node
from ove_capacity.model.pod import OwnerReference, Pod
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions, options_of
from ove_capacity.openshift.autoscaler.scale_up import SUCCESSFUL, ScaleUp, scale_up
from ove_capacity.openshift.autoscaler.simulation import Simulation, simulation_of
from ove_capacity.openshift.autoscaler.view import UNREADY, ClusterView, GroupState
from ove_capacity.sim.run import Run
from ove_capacity.state.arrays import GONE, READY
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Growth", "Scaled", "copies", "scaled_of"]

_LOOPS_MOST = 200
_SAME = "vm"


@dataclass(frozen=True, slots=True)
class Growth:
    """What the autoscaler adds for pods that wait, loop after loop, until it adds nothing more."""

    added: Mapping[str, int]
    """Group -> machines, of the groups that grow."""
    last: ScaleUp
    """The loop that added nothing."""
    simulation: Simulation
    """Of that loop."""
    helped: int = 0
    """Pods that would run in the end, as the autoscaler reckons."""


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

    @property
    def groups(self) -> tuple[NodeGroup, ...]:
        """Those that may grow and shrink."""
        return self.autoscaling.groups

    def size(self, group: str) -> int:
        """Machines of a group that are there."""
        return sum(self.group_of.get(node.name) == group for node in self.nodes)

    def view(self, added: Mapping[str, int]) -> ClusterView:
        """As it is with so many machines of each group on their way."""
        alive = self.state.arrays.presence
        return ClusterView(
            self.nodes,
            tuple(
                GroupState(group, self.size(group.name) + more, increase=more)
                for group in self.groups
                for more in [added.get(group.name, 0)]
            ),
            self.group_of,
            {
                node.name: UNREADY
                for node in self.nodes
                if alive[self.state.node_index(node.name)] != READY
            },
        )

    def simulation(self, pending: Sequence[Pod], added: Mapping[str, int]) -> Simulation:
        """Compiled, with these pods waiting."""
        return simulation_of(
            self.state.cluster, self.view(added), self.running, pending, self.options
        )

    def grow(self, pending: Sequence[Pod]) -> Growth:
        """What is added for these pods; equals are decided for the first."""
        added: dict[str, int] = {}
        for _ in range(_LOOPS_MOST):
            simulation = self.simulation(pending, added)
            found = scale_up(simulation, self.options)
            if found.result != SUCCESSFUL or not found.increases:
                break
            for each in found.increases:
                added[each.group] = added.get(each.group, 0) + each.new_size - each.size
        return Growth(added, found, simulation, len(found.pods.fitting))

    def with_machines(self, added: Mapping[str, int]) -> ClusterState:
        """The cluster with so many machines more, empty: what joins, not what was foretold."""
        state = self.state
        for group, count in sorted(added.items()):
            model = self.machine(group)
            if model is not None and count:
                state = grown(state, model, count)
        return state

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
        found.group_of,
        tuple(_nodes(state)),
        tuple((_unbound(state.pod(row)), state.nodes[state.node_of(row)].name) for row in rows),
    )


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
