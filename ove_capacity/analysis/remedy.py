"""The fewest machines that turn a NO into a yes, found by adding them and asking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ove_capacity.analysis.aftermath import survives_while_drained
from ove_capacity.analysis.cluster_failover import ClusterFailover
from ove_capacity.analysis.drain import evictions
from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.analysis.service_pods import service_records
from ove_capacity.analysis.spare import grown
from ove_capacity.analysis.system_share import system_shares
from ove_capacity.analysis.waterfall import NodeShares, node_shares, waterfall, with_more
from ove_capacity.kubevirt.eviction import BRIDGES, MIGRATES
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.model.resources import CPU, MEMORY, amounts
from ove_capacity.place import place
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus
from ove_capacity.state import claim
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.streams import Streams

__all__ = ["machines_for_guideline", "machines_to_fit", "what_lets_drain"]

_FIT_MOST = _GUIDELINE_MOST = 64
_DRAIN_MOST = 4
_MASQUERADE = "masquerade instead of bridge on the pod network"
_DRAIN_WORKERS = 40
"""Patch night is tried anew for each machine added: on larger clusters that takes too long."""


def machines_to_fit(run: Run, cluster: str) -> str:
    """What lets every VM that waits find a node: none cordoned, so many machines, or larger ones.

    Machines are like one that is there; empty when up to 64 of none of its pools will do.
    """
    state = run.states[cluster]
    down = (VmStatus.PENDING, VmStatus.LOST)
    pods = [vm.pod for vm in run.vms_of(cluster) if vm.status in down]
    if not pods:
        return ""
    cordoned = [n for n in range(len(state.nodes)) if state.arrays.cordoned[n]]
    if cordoned and _all_placed(run, _uncordoned(state, cordoned), pods):
        return f"uncordon {', '.join(state.nodes[n].name for n in cordoned)}"

    def will_do(model: Node) -> Callable[[int], bool]:
        return lambda count: _all_placed(run, grown(state, model, count), pods)

    models = _models(state)
    found = [
        (count, model)
        for model in models
        if (count := _fewest(will_do(model), _FIT_MOST)) is not None
    ]
    if found:
        return _words(*min(found, key=lambda each: each[0]))
    for model in map(_larger(pods), models):
        count = _fewest(will_do(model), _FIT_MOST)
        if count is not None:
            return f"{_machines(count)} like {model.name} with {_room(model)} for VMs"
    return ""


def _uncordoned(state: ClusterState, cordoned: Sequence[int]) -> ClusterState:
    trial = state.copy()
    for n in cordoned:
        claim.cordon(trial, n, False)
    return trial


def _larger(pods: Sequence[Pod]) -> Callable[[Node], Node]:
    """A machine with at least as much CPU and memory for VMs as the largest of them asks for."""
    asked = [amounts(effective_requests(pod)) for pod in pods]
    most = {name: max(each.get(name, 0) for each in asked) for name in (CPU, MEMORY)}

    def larger(model: Node) -> Node:
        has = {
            name: max(model.allocatable.get(name, 0), amount + model.platform.get(name, 0))
            for name, amount in most.items()
        }
        return replace(model, allocatable={**model.allocatable, **has})

    return larger


def _room(model: Node) -> str:
    cpu, memory = (model.allocatable[name] - model.platform.get(name, 0) for name in (CPU, MEMORY))
    return f"{-(-cpu // 1000)} cores and {-(-memory // (1 << 30))} GiB"


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
    state = run.states[found.cluster]
    vms = run.vms_of(found.cluster) or list(service_records(run, found.cluster))
    if found.workers > _DRAIN_WORKERS or (tried is None and found.workers > 1):
        return ""
    if tried is None:
        model, at_once = state.nodes[state.node_index(found.losses[0].nodes[0])], 1
    elif tried.is_survived:
        return ""
    else:
        worst = tried.losses.worst[0].nodes if tried.losses.worst else tried.not_completed[0].nodes
        model, at_once = state.nodes[state.node_index(worst[0])], tried.at_once
    evicted = evictions(run.case, run.case.fleet.cluster(found.cluster), vms)
    freed = {key: MIGRATES if BRIDGES in what else what for key, what in evicted.items()}

    def will_do(count: int) -> bool:
        stage = Rehearsal(grown(state, model, count), vms, run.case)
        return survives_while_drained(stage, freed, at_once)

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
