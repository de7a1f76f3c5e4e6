"""The smallest spare with which a cluster survives the loss of any one worker, found by placing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.model.case import Case
from ove_capacity.model.node import HOSTNAME_LABEL, Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.place import carried_over, initial_state
from ove_capacity.sim.run import VmRecord
from ove_capacity.state import claim
from ove_capacity.state.arrays import READY
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Spare", "grown", "smallest_spare"]

_NODES_MOST = 8
_GIB = 1 << 30
_CORE = 1000


@dataclass(frozen=True, slots=True)
class Spare:
    """Machines to add, empty, while every VM stays where it is."""

    like: str
    """A worker whose like is added: the one whose loss leaves the most VMs without a node."""
    nodes: int | None
    """The smallest number of such machines that will do; None: none up to *tried_nodes*."""
    tried_nodes: int
    cpu_milli: int | None = None
    """One smaller machine that will do as well: what it has left for VMs, in whole cores …"""
    memory_bytes: int | None = None
    """… and whole GiB; memory is made small first, the rest is as the worker has it.

    None: one machine will not do."""

    def __str__(self) -> str:
        if self.nodes is None:
            return f"not even {self.tried_nodes} more machines like {self.like} would help"
        machine = "machine" if self.nodes == 1 else "machines"
        if self.cpu_milli is None or self.memory_bytes is None:
            return f"every worker may be lost with {self.nodes} more {machine} like {self.like}"
        cores = self.cpu_milli // _CORE
        return (
            f"every worker may be lost with one more machine like {self.like}, or with one like it "
            f"that has {self.memory_bytes // _GIB} GiB of memory and {cores} "
            f"core{'' if cores == 1 else 's'} free"
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "like": self.like,
            "nodes": self.nodes,
            "tried_nodes": self.tried_nodes,
            "cpu_milli": self.cpu_milli,
            "memory_bytes": self.memory_bytes,
        }


def smallest_spare(
    state: ClusterState, vms: Sequence[VmRecord], case: Case, like: int, weak: Sequence[int]
) -> Spare:
    """Add machines like node *like* until the loss of any one worker is survived; then fewer GiB.

    *weak*: workers whose loss is not survived now; they are tried first. Each answer was tried on
    every worker. By halving: the machine is as small as possible only as far as more room never
    hurts, which a scheduler does not promise.
    """
    model = state.nodes[like]
    for count in range(1, _NODES_MOST + 1):
        stage = Rehearsal(grown(state, model, count), vms, case)
        if _survives(stage, weak):
            cpu, memory = _shrink(stage, model, weak) if count == 1 else (None, None)
            return Spare(model.name, count, count, cpu, memory)
    return Spare(model.name, None, _NODES_MOST)


def grown(state: ClusterState, model: Node, count: int) -> ClusterState:
    """The same cluster with empty machines beside; every pod stands where it stood."""
    more = [_twin(model, number, state) for number in range(1, count + 1)]
    pods = [state.pod(row) for row in state.rows() if state.node_of(row) >= 0]
    cluster = replace(state.cluster, nodes=(*state.nodes, *more), pods=())
    grown = initial_state(cluster, pods)
    carried_over(state, grown)
    for n in range(len(state.nodes)):
        claim.cordon(grown, n, bool(state.arrays.cordoned[n]))
        if state.arrays.presence[n] != READY:
            claim.lose_node(grown, n)
    return grown


def _twin(model: Node, number: int, state: ClusterState) -> Node:
    taken = {node.name for node in state.nodes}
    name = f"{model.pool or 'worker'}-spare-{number}"
    while name in taken:
        name += "x"
    labels = {**model.labels, HOSTNAME_LABEL: name}
    return replace(model, name=name, labels=labels, unschedulable=False, annotations={})


def _survives(stage: Rehearsal, weak: Sequence[int]) -> bool:
    # The spare machines are empty: losing them moves nobody.
    for n in (*weak, *(n for n in stage.workers if n not in weak)):
        survived = stage.lose([n], explain=False).is_survived
        stage.rewind()
        if not survived:
            return False
    return True


def _shrink(stage: Rehearsal, model: Node, weak: Sequence[int]) -> tuple[int, int]:
    """The room of the last node, as small as will do: (milli-cores, bytes)."""
    platform = {name: model.platform.get(name, 0) for name in (CPU, MEMORY)}
    room = {name: model.allocatable.get(name, 0) - platform[name] for name in (CPU, MEMORY)}
    last = len(stage.state.nodes) - 1

    def will_do(name: str) -> Callable[[int], bool]:
        def tried(amount: int) -> bool:
            offered = {**room, name: amount}
            claim.resize_node(
                stage.state, last, {each: platform[each] + offered[each] for each in offered}
            )
            return _survives(stage, weak)

        return tried

    for name, step in ((MEMORY, _GIB), (CPU, _CORE)):
        steps = _least(room[name] // step, step, will_do(name))
        room[name] = min(steps * step, room[name])
    return room[CPU], room[MEMORY]


def _least(most: int, step: int, will_do: Callable[[int], bool]) -> int:
    """The smallest number of steps that will do, by halving; one more than *most* always does."""
    low, high = 0, most + 1
    while low < high:
        middle = (low + high) // 2
        if will_do(middle * step):
            high = middle
        else:
            low = middle + 1
    return high
