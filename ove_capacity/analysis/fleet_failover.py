"""Which clusters and regions may be lost: lose each, and bring its VMs back on the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ove_capacity.analysis.disaster import Disaster, Hit, Played, disasters, play
from ove_capacity.analysis.fleet_failover_result import (
    ClusterLossOutcome,
    FleetFailover,
    Homeward,
    WorkloadOutcome,
)
from ove_capacity.analysis.routes import route_outcomes
from ove_capacity.analysis.settle import settle
from ove_capacity.errors import AnswerError
from ove_capacity.model.case import Case
from ove_capacity.model.recovery import Recovered
from ove_capacity.sim.hub import hub_cluster
from ove_capacity.sim.run import Run
from ove_capacity.simtime import DAY_MS

__all__ = ["fleet_failover"]

_MOST_MACHINES = 64


def fleet_failover(
    case: Case,
    *,
    seeds: int = 10,
    repair_ms: int = DAY_MS,
    progress: Callable[[int, int], None] | None = None,
) -> FleetFailover:
    """Lose each cluster, and each region of several, at an hour drawn for each seed.

    The listed VMs run, nothing else happens. Twice for each seed: the clusters stay away, which
    tells who comes back and when; they return after *repair_ms*, which tells who goes home.

    Args:
        case: what to ask of.
        seeds: how often each loss is played.
        repair_ms: how long the clusters are away.
        progress: called with (losses done, all).

    Raises:
        AnswerError: *seeds* or *repair_ms* is less than 1.
    """
    for name, number in (("seeds", seeds), ("repair_ms", repair_ms)):
        if number < 1:
            raise AnswerError(f"{name} must be at least 1 (got {number})")
    settled = settle(case)
    running = {name: settled.counts[name]["running"] for name in settled.clusters()}
    every = disasters(case, running)
    found = []
    for number, disaster in enumerate(every):
        answer = _Inquiry(case, disaster, seeds, repair_ms).answer(settled)
        found.append(answer)
        if progress is not None:
            progress(number + 1, len(every))
    return FleetFailover(tuple(found), seeds, repair_ms)


class _Inquiry:
    """One loss."""

    def __init__(self, case: Case, disaster: Disaster, seeds: int, repair_ms: int) -> None:
        self.case, self.disaster = case, disaster
        self.seeds = [case.seed + number for number in range(seeds)]
        self.away = [play(case, disaster, seed) for seed in self.seeds]
        self.back = [play(case, disaster, seed, repair_ms=repair_ms) for seed in self.seeds]

    def answer(self, settled: Run) -> ClusterLossOutcome:
        """What all plays came to."""
        before, after = self.away[0].before, self.away[0].decisions
        return ClusterLossOutcome(
            name=self.disaster.name,
            clusters=self.disaster.clusters,
            takes_hub=hub_cluster(self.case.fleet) in self.disaster.clusters,
            placements={key: (before[key], after[key]) for key in before},
            workloads=self._workloads(),
            pushed_out=tuple(sorted({vm.key for each in self.away for vm in each.pushed_out})),
            machines=self._machines(),
            homeward=self._homeward(),
            routes=route_outcomes(settled, self.away[0].answering, self.disaster.clusters),
            warnings=tuple(dict.fromkeys(w for each in self.back for w in each.warnings)),
        )

    def _workloads(self) -> tuple[WorkloadOutcome, ...]:
        hits: dict[tuple[str, str], list[Hit]] = {}
        for played in self.away:
            for hit in played.hits:
                hits.setdefault((hit.cluster, hit.workload), []).append(hit)
        return tuple(self._workload(*key, every) for key, every in hits.items())

    def _workload(self, cluster: str, name: str, every: Sequence[Hit]) -> WorkloadOutcome:
        plays = len(self.seeds)
        ways = [hit.came for hit in every if hit.came is not None]
        stuck = Counter(hit.reason for hit in every if hit.came and not hit.is_back)
        known = next((each for each in self.case.plan.workloads if each.name == name), None)
        recovery = known.recovery if known else None
        return WorkloadOutcome(
            workload=name,
            cluster=cluster,
            source=recovery.source if recovery else "",
            vms=len(every) // plays,
            targets=tuple(dict.fromkeys(each.target for each in ways)),
            not_brought=sum(hit.came is None for hit in every) / plays,
            stuck=sum(stuck.values()) / plays,
            reason=stuck.most_common(1)[0][0] if stuck else "",
            rto_ms=_sorted(each.rto_ms for each in ways),
            rpo_ms=_sorted(each.rpo_ms for each in ways if each.rto_ms is not None),
            example=next((each for each in ways if each.rto_ms is not None), None),
        )

    def _machines(self) -> dict[str, int] | None:
        """Cluster -> workers more that it takes; empty: none; None: no number of them would do."""
        targets = _wanting(self.away[0])
        if not targets:
            return {}
        needed = dict.fromkeys(targets, _MOST_MACHINES)
        if not self._will_do(needed):
            return None
        for name in targets:
            low, high = 0, needed[name]
            while low < high:
                middle = (low + high) // 2
                if self._will_do({**needed, name: middle}):
                    high = middle
                else:
                    low = middle + 1
            needed[name] = high
        return {name: count for name, count in needed.items() if count}

    def _will_do(self, machines: dict[str, int]) -> bool:
        return not _wanting(play(self.case, self.disaster, self.seeds[0], machines=machines))

    def _homeward(self) -> tuple[Homeward, ...]:
        ways: dict[tuple[str, str, str], list[Recovered]] = {}
        for played in self.back:
            for each in played.homeward:
                ways.setdefault((each.workload, each.home, each.target), []).append(each)
        return tuple(
            Homeward(
                workload=workload,
                home=home,
                target=target,
                vms=len(every) / len(self.seeds),
                stuck=sum(each.rto_ms is None for each in every) / len(self.seeds),
                rto_ms=_sorted(each.rto_ms for each in every),
                rpo_ms=_sorted(each.rpo_ms for each in every),
            )
            for (workload, home, target), every in ways.items()
        )


def _sorted(lengths: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(sorted(each for each in lengths if each is not None))


def _wanting(played: Played) -> list[str]:
    """Clusters on which somebody finds no room."""
    stuck = [hit.came.target for hit in played.hits if hit.came and not hit.is_back]
    return list(dict.fromkeys([*stuck, *(vm.cluster for vm in played.pushed_out)]))
