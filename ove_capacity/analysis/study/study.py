"""Which policy of a Placement keeps its VMs running: candidates against the same seeded years."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.study.deciding import Decider, Standing
from ove_capacity.analysis.study.hazards import Hazards, assumptions_of, hazards_of
from ove_capacity.analysis.study.policies import Policy, all_policies
from ove_capacity.analysis.study.ranking import standings
from ove_capacity.analysis.study.replay import Outcome, Setting, replay
from ove_capacity.analysis.study.result import Standings
from ove_capacity.analysis.study.rooms import Load, Rooms
from ove_capacity.analysis.study.year import YEAR_MS, Sizes, Year, join_name, year_of
from ove_capacity.errors import AnswerError, UnknownNameError
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.placement import Placement
from ove_capacity.model.plan import Plan, Workload
from ove_capacity.ocm import POLL_MS, Opened, opened
from ove_capacity.ocm.predicates import matching_predicates
from ove_capacity.streams import Streams

__all__ = ["placement_study"]


def placement_study(
    case: Case,
    name: str = "",
    *,
    years: int = 100,
    policies: Sequence[str] = (),
    grid: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Standings:
    """Play each policy through the same years, and rank them by what their VMs lose.

    Args:
        case: the fleet, the Placement, and rates of losses where it gives some.
        name: of the Placement, when there are several.
        years: how many, each of its own streams.
        policies: candidates in words: ``Steady=3, mode=Exact, tolerate=15m``.
        grid: also the default grid around the Placement's own policy.
        progress: called with (policies played, all of them).

    Raises:
        UnknownNameError: there is no such Placement, or no such prioritizer.
        AnswerError: there is no Placement, or several and none is named; it is misconfigured, or
            may choose no cluster.
        OveCapacityError: a policy is not written as it should be.
    """
    if years < 2:
        raise AnswerError(f"a study needs at least 2 years for an interval (got {years})")
    first = opened(case.fleet)
    placement = _asked(first, name)
    candidates = all_policies(placement, policies, grid)
    loads = _loads(case, placement)
    hazards = hazards_of(case, [each.name for each, _ in loads])
    field = _Field(case, first, placement, loads, hazards)
    table: list[list[Outcome]] = []
    for done, policy in enumerate(candidates):
        table.append(field.play(policy, years))
        if progress is not None:
            progress(done + 1, len(candidates))
    return standings(placement.key, candidates, table, assumptions_of(hazards), field.notes)


def _asked(first: Opened, name: str) -> Placement:
    found = [p for p in first.placements if name in ("", p.key, p.name)]
    known = [each.key for each in first.placements]
    if not known:
        raise AnswerError("there is no Placement to study")
    if not found:
        raise UnknownNameError("Placement", name, known)
    if len(found) > 1:
        raise AnswerError(f"name one of the Placements: {', '.join(known)}")
    decision = first.decisions[found[0].key]
    if decision.misconfigured:
        raise AnswerError(f"Placement {found[0].key} is misconfigured: {decision.misconfigured}")
    if not decision.clusters and not decision.repelled:
        why = decision.conditions[-1].message
        raise AnswerError(f"no policy helps Placement {found[0].key}, it has no candidate: {why}")
    return found[0]


def _loads(case: Case, placement: Placement) -> list[tuple[Workload, int]]:
    """VMs for each chosen cluster: listed ones, and as many arriving ones as there are on average.

    By Little's law: arrivals a time, times the lifetime.
    """
    wanted = placement.number_of_clusters or 1
    found = []
    for each in case.plan.workloads:
        if each.placement in (placement.key, placement.name):
            share = math.ceil(each.count / wanted) if each.total else each.count
            found.append((each, share))
    for stream in case.plan.arrivals:
        each = stream.workload
        if each.placement in (placement.key, placement.name) and each.lifetime is not None:
            average = each.count * each.lifetime.mean_ms / stream.every_ms
            found.append((each, round(average / wanted if each.total else average)))
    return found


class _Field:
    """All that policies are played on."""

    def __init__(
        self,
        case: Case,
        first: Opened,
        placement: Placement,
        loads: list[tuple[Workload, int]],
        hazards: Hazards,
    ) -> None:
        self.first, self.hazards = first, hazards
        self.streams = Streams(case.seed)
        self.names = [each.name for each in case.fleet.clusters]
        inventory = first.hub.inventory
        matched = matching_predicates(placement, inventory)
        able = {inventory.clusters[i].name for i in matched.nonzero()[0]}
        joining, like = _joining(case, [c for c in case.fleet.clusters if c.name in able])
        self.sizes = _sizes(case, first, joining, like)
        self.joining = joining.name if joining else ""
        steps = (YEAR_MS - 1) // hazards.growth_every_ms
        load = Load(tuple(loads), hazards.growth_basis_points, steps)
        self.setting = Setting(
            first.placements.index(placement),
            placement.number_of_clusters,
            frozenset({*able, self.joining} - {""}),
            Rooms(case, settle(_without(case, placement)), load, joining),
            hazards,
            case.fleet.hub.latest_ms,
        )
        self.notes = (*_notes(placement, len(able), load), *_left_out(case.plan))
        self._years: dict[int, Year] = {}
        self._known: dict[Placement, dict[tuple[object, ...], Standing]] = {}

    def play(self, policy: Policy, years: int) -> list[Outcome]:
        """All years under a policy."""
        placements = list(self.first.placements)
        placements[self.setting.at] = policy.placement
        alike = replace(policy.placement, tolerations=())
        known = self._known.setdefault(alike, {})
        decider = Decider(self.first.hub, tuple(placements), known)
        return [
            replay(self.setting, decider, self._year(number), self._phase(number))
            for number in range(years)
        ]

    def _year(self, number: int) -> Year:
        if number not in self._years:
            self._years[number] = year_of(
                self.sizes, self.names, self.joining, self.hazards, self.streams, number
            )
        return self._years[number]

    def _phase(self, number: int) -> int:
        return int(self.streams("study.poll", number).random() * POLL_MS)


def _joining(case: Case, able: Sequence[Cluster]) -> tuple[Cluster | None, str]:
    """One more cluster like the largest that may be chosen, a machine larger, without VMs.

    With the name of that one; None when none may be chosen.
    """
    if not able:
        return None, ""
    like = max(able, key=lambda each: len(each.workers))
    name = join_name([each.name for each in case.fleet.clusters], like.name)
    workers = like.workers or like.nodes
    more = [replace(node, name=f"{name}-extra") for node in workers[-1:]]
    return replace(like, name=name, nodes=(*like.nodes, *more), pods=()), like.name


def _sizes(case: Case, first: Opened, joining: Cluster | None, like: str) -> Sizes:
    clusters = {each.name: each for each in case.fleet.clusters}
    known = {each.name: each for each in first.hub.inventory.clusters}
    if joining is not None:
        clusters[joining.name] = joining
        known[joining.name] = replace(known[like], name=joining.name, taints=())
    return Sizes(clusters, known, case.fleet.hub.latest_ms)


def _without(case: Case, placement: Placement) -> Case:
    """The case without the VMs that the Placement sends anywhere."""
    keys = (placement.key, placement.name)
    left = tuple(each for each in case.plan.workloads if each.placement not in keys)
    return replace(case, plan=replace(case.plan, workloads=left))


def _notes(placement: Placement, able: int, load: Load) -> tuple[str, ...]:
    notes = []
    wanted = placement.number_of_clusters
    if wanted is not None and wanted >= able:
        notes.append(
            f"it wants {wanted} of {able} clusters that match: weights decide nothing until "
            "another one joins, tolerations do at every outage"
        )
    if not load.workloads:
        notes.append("no workload names this Placement: VM-hours count nothing, moves do")
    return tuple(notes)


def _left_out(plan: Plan) -> Iterator[str]:
    """Events of the scenario that the years do not have."""
    once = [
        *(each.at_ms for each in plan.cluster_losses),
        *(each.at_ms for each in plan.partitions),
    ]
    if any(at_ms is not None for at_ms in once):
        yield "events of the scenario at a moment are not repeated each year; rates are"
    if plan.hub_losses:
        yield "the hub is not lost in these years, though the scenario loses it"
