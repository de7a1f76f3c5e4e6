"""The fewest machines that turn a NO into a yes, found by adding them and asking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ove_capacity.analysis.aftermath import while_drained
from ove_capacity.analysis.cluster_failover import ClusterFailover
from ove_capacity.analysis.drain import evictions
from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.analysis.spare import grown
from ove_capacity.analysis.system_share import system_shares
from ove_capacity.analysis.waterfall import NodeShares, node_shares, waterfall, with_more
from ove_capacity.kubevirt.eviction import BRIDGES, MIGRATES
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.place import place
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.streams import Streams

__all__ = ["machines_for_guideline", "machines_to_fit", "what_lets_drain"]

_FIT_MOST = _GUIDELINE_MOST = 64
_DRAIN_MOST = 4
_MASQUERADE = "masquerade instead of bridge on the pod network"
_DRAIN_WORKERS = 40
"""Patch night is tried anew for each machine added: on larger clusters that takes too long."""


def machines_to_fit(run: Run, cluster: str) -> str:
    """So many machines like one that is there, with which every VM that waits finds a node.

    Empty when up to 64 of none of its pools will do.
    """
    state = run.states[cluster]
    down = (VmStatus.PENDING, VmStatus.LOST)
    pods = [vm.pod for vm in run.vms_of(cluster) if vm.status in down]
    if not pods:
        return ""

    def will_do(model: Node) -> Callable[[int], bool]:
        return lambda count: _all_placed(run, grown(state, model, count), pods)

    found = [
        (count, model)
        for model in _models(state)
        if (count := _fewest(will_do(model), _FIT_MOST)) is not None
    ]
    return _words(*min(found, key=lambda each: each[0])) if found else ""


def machines_for_guideline(run: Run, cluster: str) -> str:
    """So many machines like one that is there, with which the system's share is not above the plan.

    They bear the control plane together. By every definition; empty when up to 64 of none of its
    pools will do, as where the system takes too much of the workers themselves.
    """
    shares = node_shares(run, run.case.fleet.cluster(cluster))

    def will_do(n: int) -> Callable[[int], bool]:
        return lambda count: _within_guideline(with_more(shares, n, count), cluster)

    found = [
        (count, shares.nodes[n])
        for n in _first_workers(shares.nodes)
        if (count := _fewest(will_do(n), _GUIDELINE_MOST)) is not None
    ]
    if not found:
        return ""
    count, model = min(found, key=lambda each: each[0])
    return f"{_machines(count)} in pool {model.pool}" if model.pool else _words(count, model)


def _within_guideline(shares: NodeShares, cluster: str) -> bool:
    told = system_shares(shares, waterfall(shares, cluster, shares.workers()))
    return all(each.verdict != "above" for each in told)


def what_lets_drain(run: Run, found: ClusterFailover) -> str:
    """What lets any worker be lost while another is drained: VMs that may migrate, and machines.

    Empty when that and four machines more will not do, or the cluster is too large to try.
    """
    tried = found.while_drained
    if tried is None or tried.is_survived or found.workers > _DRAIN_WORKERS:
        return ""
    state, vms = run.states[found.cluster], run.vms_of(found.cluster)
    worst = tried.losses.worst[0].nodes if tried.losses.worst else tried.not_completed[0].nodes
    model = state.nodes[state.node_index(worst[0])]
    evicted = evictions(run.case, run.case.fleet.cluster(found.cluster), vms)
    freed = {key: MIGRATES if BRIDGES in what else what for key, what in evicted.items()}

    def will_do(count: int) -> bool:
        stage = Rehearsal(grown(state, model, count), vms, run.case)
        return while_drained(stage, freed, tried.at_once).is_survived

    told = [f"{_MASQUERADE} for {_bridging(run, evicted)}"] if freed != evicted else []
    if not (told and will_do(0)):
        count = _fewest(will_do, _DRAIN_MOST)
        if count is None:
            return ""
        told.append(_words(count, model))
    return " and ".join(told)


def _bridging(run: Run, evicted: Mapping[str, str]) -> str:
    """The workloads whose VMs the bridge keeps where they are."""
    names = {vm.key: vm.workload or vm.key for vm in run.vms}
    return ", ".join(dict.fromkeys(names[key] for key, what in evicted.items() if BRIDGES in what))


def _fewest(will_do: Callable[[int], bool], most: int) -> int | None:
    """By doubling, then halving: the fewest as far as one more never hurts."""
    low, high = 0, 1
    while not will_do(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if will_do(middle) else (middle, high)
    return high


def _models(state: ClusterState) -> list[Node]:
    """A worker of each pool."""
    return [state.nodes[n] for n in _first_workers(state.nodes)]


def _first_workers(nodes: Sequence[Node]) -> list[int]:
    """The first worker of each pool, by index."""
    first: dict[str, int] = {}
    for n, node in enumerate(nodes):
        if node.is_worker:
            first.setdefault(node.pool, n)
    return list(first.values())


def _all_placed(run: Run, state: ClusterState, pods: Sequence[Pod]) -> bool:
    """Nobody is refused, and nobody has to go for it."""
    rng = None
    if run.case.policy.tie == "random":
        rng = Streams(run.case.seed)("remedy", state.cluster.name)
    outcome = place(state, pods, run.case.policy, rng)
    return not outcome.refused and not outcome.displaced


def _words(count: int, model: Node) -> str:
    return f"{_machines(count)} like {model.name}"


def _machines(count: int) -> str:
    return f"{count} more {'machine' if count == 1 else 'machines'}"
