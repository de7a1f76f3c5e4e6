"""Losing whole clusters or a region, played out: one loss, one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ove_capacity.analysis.routes import answering
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.node import HOSTNAME_LABEL, Node
from ove_capacity.model.plan import ClusterLoss, Duration, Plan
from ove_capacity.model.recovery import Recovered
from ove_capacity.sim.run import Run, VmRecord, simulate
from ove_capacity.sim.world import VmStatus
from ove_capacity.simtime import DAY_MS, HOUR_MS
from ove_capacity.streams import Streams

__all__ = ["Disaster", "Hit", "Played", "disasters", "play"]

_REGION = "region"
_AFTER_MS = 12 * HOUR_MS
"""How long the survivors are watched, beyond what people are said to take."""


@dataclass(frozen=True, slots=True)
class Disaster:
    """Clusters that are lost at once."""

    name: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A VM that stopped with its cluster."""

    workload: str
    cluster: str
    vm: str
    came: Recovered | None
    """Its way to another cluster; None: nobody brings it there."""
    reason: str = ""
    """Why it is not there in the end, in the scheduler's words."""

    @property
    def is_back(self) -> bool:
        """Whether it serves again elsewhere."""
        return self.came is not None and self.came.serving_ms is not None


@dataclass(frozen=True, slots=True)
class Played:
    """What one loss led to."""

    hits: tuple[Hit, ...]
    pushed_out: tuple[VmRecord, ...]
    """VMs of survivors that do not run in the end, because of those that came."""
    before: Mapping[str, tuple[str, ...]]
    """Placement -> the clusters it went to at first."""
    decisions: Mapping[str, tuple[str, ...]]
    """Placement -> the clusters it had gone to in the end, as GitOps knows."""
    answering: Mapping[tuple[str, str], int | None]
    """(cluster, Service that requests go to) -> VMs that answer there in the end."""
    homeward: tuple[Recovered, ...] = ()
    """Ways back, when the clusters had returned."""
    warnings: tuple[str, ...] = ()


def disasters(case: Case, running: Mapping[str, int]) -> list[Disaster]:
    """Each cluster that runs VMs, and each region of several clusters of which one does."""
    clusters = case.fleet.clusters
    found = [Disaster(each.name, (each.name,)) for each in clusters if running[each.name]]
    regions: dict[str, list[str]] = {}
    for each in clusters:
        if _REGION in each.labels:
            regions.setdefault(each.labels[_REGION], []).append(each.name)
    return found + [
        Disaster(f"region {region}", tuple(names))
        for region, names in sorted(regions.items())
        if len(names) > 1 and any(running[name] for name in names)
    ]


def play(
    case: Case,
    disaster: Disaster,
    seed: int,
    *,
    repair_ms: int | None = None,
    machines: Mapping[str, int] | None = None,
) -> Played:
    """Let the listed VMs run, lose the clusters at some hour of a day, and see who comes back.

    Args:
        case: nothing else of its plan happens.
        disaster: what is lost.
        seed: of all that is left to chance.
        repair_ms: when the clusters are back; None: never.
        machines: workers that clusters have more than they do.
    """
    at_ms = _settled_ms(case) + int(Streams(seed)("disaster.hour").random() * DAY_MS)
    repair = None if repair_ms is None else Duration("constant", repair_ms)
    losses = [ClusterLoss(name, repair, at_ms=at_ms) for name in disaster.clusters]
    workloads = tuple(replace(each, lifetime=None) for each in case.plan.workloads)
    plan = Plan(workloads, cluster_losses=tuple(losses))
    fleet = _grown(case.fleet, machines or {})
    until_ms = at_ms + (repair_ms or 0) + _AFTER_MS + _patience_ms(case)
    run = simulate(
        replace(case, fleet=fleet, plan=plan, seed=seed),
        until_ms=until_ms,
        sample_every_ms=until_ms,
    )
    return _outcome(run, disaster, at_ms)


def _settled_ms(case: Case) -> int:
    return max((each.at_ms for each in case.plan.workloads), default=0) + HOUR_MS


def _patience_ms(case: Case) -> int:
    """How long people take at most, going by the means; three times, for those drawn."""
    said = [each.recovery for each in case.plan.workloads if each.recovery is not None]
    waits = [each for one in said for each in (one.decide, one.fail_back) if each is not None]
    longest = max((each.mean_ms for each in waits), default=0)
    restores = [
        each.count * one.data_bytes * 1000 // one.bytes_per_s
        for each in case.plan.workloads
        if (one := each.recovery) is not None and one.bytes_per_s
    ]
    return 3 * longest + sum(restores) // 2


def _outcome(run: Run, disaster: Disaster, at_ms: int) -> Played:
    ways = {(each.home, each.vm): each for each in run.recoveries if each.down_ms == at_ms}
    ends = {(vm.cluster, vm.key): vm for vm in run.vms}
    log = run.events
    hits = []
    for time_ms, kind, cluster, name in zip(
        log.time_ms, log.kind, log.cluster, log.name, strict=True
    ):
        if kind != "vm-lost" or time_ms != at_ms or cluster not in disaster.clusters:
            continue
        came = ways.get((cluster, name))
        workload = ends[cluster, name].workload
        there = ends.get((came.target, name)) if came else None
        hits.append(Hit(workload, cluster, name, came, there.reason if there else ""))
    coming = {(each.target, each.vm) for each in run.recoveries}
    pushed = tuple(
        vm
        for vm in run.vms
        if vm.status is VmStatus.PENDING
        and vm.cluster not in disaster.clusters
        and (vm.cluster, vm.key) not in coming
        and vm.started_ms is not None
    )
    home = tuple(
        each for each in run.recoveries if each.down_ms > at_ms or each.home == each.target
    )
    before = {key: decision.clusters for key, decision in run.placements.items()}
    return Played(tuple(hits), pushed, before, _followed(run), answering(run), home, run.warnings)


def _followed(run: Run) -> dict[str, tuple[str, ...]]:
    found = {key: decision.clusters for key, decision in run.placements.items()}
    log = run.events
    for kind, name, detail in zip(log.kind, log.name, log.detail, strict=True):
        if kind == "placement-followed":
            found[name] = () if detail == "none" else tuple(detail.split(", "))
    return found


def _grown(fleet: Fleet, machines: Mapping[str, int]) -> Fleet:
    clusters = [_with(each, machines.get(each.name, 0)) for each in fleet.clusters]
    return replace(fleet, clusters=tuple(clusters))


def _with(cluster: Cluster, count: int) -> Cluster:
    if not count or not cluster.workers:
        return cluster
    model = cluster.workers[-1]
    more = [_twin(model, number) for number in range(count)]
    return replace(cluster, nodes=(*cluster.nodes, *more))


def _twin(model: Node, number: int) -> Node:
    name = f"{model.name}-more-{number}"
    labels = {**model.labels, HOSTNAME_LABEL: name}
    return replace(model, name=name, labels=labels, unschedulable=False)
