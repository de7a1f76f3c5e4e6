"""Preemption: who must go so that a more important pod finds room.

Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go and
plugins/defaultpreemption/default_preemption.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ove_capacity.kernels.compile import Array, form, views
from ove_capacity.kube.bound import Bound, Found
from ove_capacity.kube.codes import (
    ANTI_AFFINITY,
    EXISTING_ANTI_AFFINITY,
    FIT,
    PASS,
    PORTS,
    SPREAD_SKEW,
)
from ove_capacity.kube.diagnosis import reject, short_of
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.kube.victims import candidates_wanted, find_victims
from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.pod import Pod
from ove_capacity.model.resources import PODS
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    CLASH_LINKS,
    EXISTING_LINKS,
    HARD_LINKS,
    STATIC_CODE,
    STATIC_ROW,
)
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import UNRESOLVABLE, UNSCHEDULABLE, Rejection, histogram

__all__ = [
    "Candidate",
    "Preemption",
    "best_candidates",
    "best_victims",
    "may_preempt",
    "needs_care",
    "preempt",
]

_NEVER = "not eligible due to preemptionPolicy=Never."
_NOT_HELPFUL = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"
_PRIORITY_OFFSET = 1 << 31
_RESOLVABLE = (PORTS, SPREAD_SKEW, ANTI_AFFINITY, EXISTING_ANTI_AFFINITY)
"""Beside a lack of resources, what may change when pods leave."""
_LINKS_TO_OTHERS = (CLASH_LINKS, AFFINITY_LINKS, ANTI_LINKS, EXISTING_LINKS, HARD_LINKS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that would do once its victims are gone."""

    node: int
    victims: tuple[int, ...]
    """Rows, most important first."""
    budget_violations: int


@dataclass(frozen=True, slots=True)
class Preemption:
    """What preemption found out."""

    result: str
    """Success, Unschedulable or NotEligible."""
    candidates: tuple[Candidate, ...] = ()
    best: tuple[Candidate, ...] = ()
    """The candidates that no criterion tells apart, by node; the first is taken unless drawn."""
    unfit: tuple[Rejection, ...] = ()
    """Nodes that would not do even so."""
    message: str = ""


def _start(pod: Pod) -> float:
    """When the pod started; one that has not counts as starting now."""
    return math.inf if pod.start_ms is None else float(pod.start_ms)


def _importance(pod: Pod) -> tuple[int, float]:
    """Sorts more important pods first: higher priority, then the earlier start."""
    return -pod.spec.priority, _start(pod)


def _split_by_budget(
    state: ClusterState, rows: Sequence[int], budgets: Iterable[DisruptionBudget]
) -> tuple[list[int], list[int]]:
    """Victims whose eviction breaks a budget, and the others; both in the given order."""
    left = {budget: budget.disruptions_allowed for budget in budgets}
    violating: list[int] = []
    free: list[int] = []
    for row in rows:
        pod = state.pod(row)
        broken = False
        for budget, allowed in left.items():
            selector = budget.selector
            if (
                pod.labels
                and budget.namespace == pod.namespace
                and selector is not None
                and selector.requirements
                and selector.matches(pod.labels)
                and pod.name not in budget.disrupted_pods
            ):
                left[budget] = allowed - 1
                broken |= allowed < 1
        (violating if broken else free).append(row)
    return violating, free


def _class_to_remove(scheduler: Scheduler, state: ClusterState, row: int) -> int:
    """Class as which a victim is taken away for a try.

    sic: upstream forgets here that topology spread never counted a terminating pod.
    """
    pod = state.pod(row)
    if not pod.terminating:
        return int(state.pod_class[row])
    return scheduler.table.find(replace(pod, terminating=False))


def _try_node(
    scheduler: Scheduler, state: ClusterState, c: int, row: int, n: int
) -> Candidate | Rejection:
    """Who would have to go from node *n*: SelectVictimsOnNode."""
    priority = scheduler.table.classes[c].pod.spec.priority
    ignores_pods = scheduler.ignores_pods(state, c)
    weaker = [other for other in state.pods_on(n) if state.pod(other).spec.priority < priority]
    if not weaker:
        return Rejection(n, "", UNRESOLVABLE, (_NO_VICTIMS,))
    if _only_amounts_matter(state, c):
        return _try_amounts(scheduler, state, c, n, weaker)
    with ExitStack() as stack:
        removed = [_class_to_remove(scheduler, state, other) for other in weaker]
        stack.enter_context(scheduler.pretend(state, n, removed, -1))
        found: list[Rejection] = []

        def keep(code: int) -> None:
            found.append(reject(scheduler, state, c, n, code))

        if scheduler.check_twice(state, c, row, n, keep, ignores_pods) != PASS:
            return found[0]
        weaker.sort(key=lambda other: _importance(state.pod(other)))
        violating, free = _split_by_budget(state, weaker, state.cluster.disruption_budgets)
        victims: list[int] = []
        violations = 0
        for other in (*violating, *free):
            put_back = ExitStack()
            back = _class_to_remove(scheduler, state, other)
            put_back.enter_context(scheduler.pretend(state, n, (back,), 1))
            if scheduler.check_twice(state, c, row, n, None, ignores_pods) == PASS:
                stack.enter_context(put_back)
            else:
                put_back.close()
                victims.append(other)
                violations += other in violating
    victims.sort(key=lambda other: (_importance(state.pod(other)), other))
    return Candidate(n, tuple(victims), violations)


def _only_amounts_matter(state: ClusterState, c: int) -> bool:
    """Whether no filter but the one for resources sees that pods leave a node."""
    assert state.classes is not None
    starts = state.classes.starts
    return not state.nominated and not any(
        starts[kind, c] < starts[kind, c + 1] for kind in _LINKS_TO_OTHERS
    )


def _try_amounts(
    scheduler: Scheduler, state: ClusterState, c: int, n: int, weaker: list[int]
) -> Candidate | Rejection:
    """`_try_node` by adding up, for a pod whose other filters passed or never will."""
    assert state.classes is not None
    static = state.classes.static[STATIC_CODE, state.classes.facts[c, STATIC_ROW], n]
    assert static == PASS, "a node that other filters reject is not hopeful"
    request, ignored = state.classes.request, scheduler.ignored_resources(state)
    used = [r for r in range(len(state.resources)) if request[c, r] > 0 and not ignored[r]]
    short = request[c] + state.requested[n] - state.allocatable[n]
    given = {other: request[state.pod_class[other]][used].tolist() for other in weaker}
    left = [int(short[r]) - sum(each[i] for each in given.values()) for i, r in enumerate(used)]
    lacking = [r for r, amount in zip(used, left, strict=True) if amount > 0]
    if lacking:
        return short_of(state, c, n, lacking)
    weaker.sort(key=lambda other: _importance(state.pod(other)))
    violating, free = _split_by_budget(state, weaker, state.cluster.disruption_budgets)
    victims: list[int] = []
    for other in (*violating, *free):
        back = [amount + more for amount, more in zip(left, given[other], strict=True)]
        if max(back, default=0) > 0:
            victims.append(other)
        else:
            left = back
    violations = sum(other in violating for other in victims)
    victims.sort(key=lambda other: (_importance(state.pod(other)), other))
    return Candidate(n, tuple(victims), violations)


def _dry_run(
    scheduler: Scheduler,
    state: ClusterState,
    c: int,
    row: int,
    hopeful: Sequence[int],
    draw: float,
) -> tuple[list[Candidate], list[Rejection]]:
    """Try the nodes from a drawn one on, until enough candidates are found."""
    wanted = candidates_wanted(len(hopeful))
    offset = int(draw * len(hopeful))
    candidates: list[Candidate] = []
    unfit: list[Rejection] = []
    for n in (*hopeful[offset:], *hopeful[:offset]):
        found = _try_node(scheduler, state, c, row, n)
        if isinstance(found, Rejection):
            unfit.append(found)
            continue
        candidates.append(found)
        peaceful = any(each.budget_violations == 0 for each in candidates)
        if peaceful and len(candidates) >= wanted:
            break
    return candidates, unfit


def best_candidates(state: ClusterState, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that upstream's criteria cannot tell apart, by node.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    pickOneNodeForPreemption.
    """

    def rank(each: Candidate) -> tuple[float, ...]:
        pods = [state.pod(row) for row in each.victims]
        highest = max((pod.spec.priority for pod in pods), default=-_PRIORITY_OFFSET)
        earliest = min(
            (_start(pod) for pod in pods if pod.spec.priority == highest), default=math.inf
        )
        offsets = sum(pod.spec.priority + _PRIORITY_OFFSET for pod in pods)
        return each.budget_violations, highest, offsets, len(pods), -earliest

    ranked = sorted(((rank(each), each.node, each) for each in candidates), key=lambda r: r[:2])
    return [each for order, _, each in ranked if order == ranked[0][0]]


def may_preempt(scheduler: Scheduler, state: ClusterState, c: int) -> bool:
    """Whether trying makes sense at all: somebody less important is bound.

    Source: ours; upstream tries for every pod that found no node.
    """
    priorities, rows = scheduler.ranks().priority, len(state.pods)
    bound = state.pod_class[:rows][state.pod_node[:rows] >= 0]
    return bool(len(bound) and priorities[bound].min() < priorities[c])


def preempt(
    scheduler: Scheduler,
    state: ClusterState,
    c: int,
    row: int,
    rejections: Sequence[Rejection],
    draw: float = 0.0,
) -> Preemption:
    """Find who must go for a pod that these rejections left without a node. Nothing is evicted.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, Preempt.
    """
    nodes = len(state.nodes)
    if scheduler.table.classes[c].pod.spec.preemption_never:
        return Preemption("NotEligible", message=_NEVER)
    hopeful = [each.node for each in rejections if each.code == UNSCHEDULABLE]
    candidates, unfit = _dry_run(scheduler, state, c, row, hopeful, draw)
    if candidates:
        best = best_candidates(state, candidates)
        return Preemption("Success", tuple(candidates), tuple(best), tuple(unfit))
    reasons = [reason for each in unfit for reason in each.reasons]
    reasons += [_NOT_HELPFUL] * (nodes - len(unfit))
    return Preemption(
        "Unschedulable", unfit=tuple(unfit), message=f"preemption: {histogram(nodes, reasons)}"
    )


def best_victims(
    scheduler: Scheduler, state: ClusterState, c: int, row: int, codes: Array, draw: float = 0.0
) -> Candidate | None:
    """The node that `preempt` finds best for a pod to which the filters said *codes*, or None.

    Searched by a kernel where nothing is nominated and nobody is leaving.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, Preempt.
    """
    if scheduler.table.classes[c].pod.spec.preemption_never:
        return None
    hopeful = _hopeful(scheduler, state, c, codes)
    offset = int(draw * len(hopeful))
    order = np.concatenate([hopeful[offset:], hopeful[:offset]])
    if needs_care(scheduler, state):
        candidates, _ = _dry_run(scheduler, state, c, row, hopeful.tolist(), draw)
        best = best_candidates(state, candidates)
        return best[int(draw * len(best))] if best else None
    bound = Bound.of(state, scheduler.ranks())
    found = Found.none(state)
    by_amounts, ignores_pods = _only_amounts_matter(state, c), scheduler.ignores_pods(state, c)
    run, fast = form(find_victims, len(state.pods))
    given: list[Any] = [order, bound, found]
    if not fast:
        given = [memoryview(each) for each in given[:1]] + [views(each) for each in given[1:]]
    how = (len(order), candidates_wanted(len(order)), by_amounts, ignores_pods)
    count = run(c, given[0], *how, *given[1:], *scheduler.arrays(state, fast))
    if not count:
        return None
    n = int(np.sort(found.best[:count])[int(draw * count)])
    return Candidate(n, tuple(found.victims(n)), found.violations(n))


def _hopeful(scheduler: Scheduler, state: ClusterState, c: int, codes: Array) -> Array:
    """(nodes,) int64: those that refused a pod for what evictions may change, as `reject` says."""
    assert state.classes is not None
    request = state.classes.request[c]
    wanted = (request > 0) & (scheduler.ignored_resources(state) == 0)
    wanted[state.resource_index(PODS)] = False
    never = (request[wanted] > state.allocatable[:, wanted]).any(axis=1)
    return np.flatnonzero(((codes == FIT) & ~never) | np.isin(codes, _RESOLVABLE))


def needs_care(scheduler: Scheduler, state: ClusterState) -> bool:
    """Whether something else than the filters has a say in who must go.

    Source: ours.
    """
    return bool(state.nominated or scheduler.zones is not None or scheduler.ranks().leaving)
