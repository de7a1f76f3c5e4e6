"""Pod after pod as in `cycle`, but who finds no node may push out others, at once.

One kernel, for those who ask what becomes of many pods again and again. Only for states that need
no care (`needs_care`), and whose kubelets admit everything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array, expect, form, kernel, views
from ove_capacity.kube.bound import Bound, Found
from ove_capacity.kube.codes import ANTI_AFFINITY, EXISTING_ANTI_AFFINITY, FIT, PORTS, SPREAD_SKEW
from ove_capacity.kube.cycle import pick_node
from ove_capacity.kube.filtering import find_feasible
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.kube.scratch import Scratch
from ove_capacity.kube.victims import candidates_wanted, find_victims, passes
from ove_capacity.model.policy import Policy
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    CLASH_LINKS,
    EXISTING_LINKS,
    HARD_LINKS,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)
from ove_capacity.state.claim import count_on_node
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Fates", "displace", "schedule_displacing"]

_PODS = 2
"""The column of pods: a state begins with cpu, memory and pods."""
_GONE, _SEARCHES = 0, 1


class Fates(NamedTuple):
    """What the kernel writes."""

    gone: Array
    """(rows,) int64: rows of the pods that had to go, in that order."""
    place: Array
    """(rows, 2) int64: the node of each of them, and for which of the pods it went."""
    counts: Array
    """(2,) int64: pods that had to go, and searches for victims."""
    hopeless: Array
    """(C,) int64: number of changes at which nobody was found who might go for the class."""
    hopeful: Array
    """(N,) int64: scratch."""

    @property
    def searches(self) -> int:
        """How often victims were looked for."""
        return int(self.counts[_SEARCHES])

    @property
    def displaced(self) -> list[tuple[int, int, int]]:
        """(row, node, for which of the pods) of each that had to go, in that order."""
        gone = int(self.counts[_GONE])
        rows, places = self.gone[:gone].tolist(), self.place[:gone].tolist()
        return [(row, n, i) for row, (n, i) in zip(rows, places, strict=True)]

    @classmethod
    def none(cls, state: ClusterState) -> Fates:
        """Room for those of a state."""
        assert state.classes is not None
        rows = len(state.pods)
        return cls(
            np.zeros(rows, np.int64),
            np.zeros((rows, 2), np.int64),
            np.zeros(2, np.int64),
            np.full(len(state.classes.facts), -1, np.int64),
            np.zeros(len(state.nodes), np.int64),
        )


@kernel
def _list_hopeful(
    c: int,
    draw: float,
    hopeful: Array,
    found: Array,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Write the nodes whose refusal evictions may change, from a drawn one on; how many.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    nodesWherePreemptionMightHelp.
    """
    request = classes.request
    count = 0
    for n in range(hopeful.shape[0]):
        code = scratch.code[n]
        may_help = code in (PORTS, SPREAD_SKEW, ANTI_AFFINITY, EXISTING_ANTI_AFFINITY)
        if code == FIT:
            may_help = True
            for r in range(request.shape[1]):
                if (
                    r != _PODS
                    and profile.ignored[r] == 0
                    and request[c, r] > 0
                    and request[c, r] > nodes.allocatable[n, r]
                ):
                    may_help = False
        if may_help:
            found[count] = n
            count += 1
    offset = int(draw * count)
    for i in range(count):
        hopeful[i] = found[(offset + i) % count]
    return count


@kernel
def _has_weaker(c: int, bound: Bound) -> bool:
    """Whether anybody is bound whom class *c* may evict.

    Source: ours; see `may_preempt`.
    """
    if bound.polite[c] != 0:
        return False
    for row in range(bound.node.shape[0]):
        if bound.node[row] >= 0 and bound.priority[bound.pod_class[row]] < bound.priority[c]:
            return True
    return False


@kernel
def _only_amounts_matter(c: int, classes: ClassArrays) -> bool:
    """Whether no filter but the one for resources sees that pods leave a node.

    Source: ours.
    """
    starts = classes.starts
    for kind in (CLASH_LINKS, AFFINITY_LINKS, ANTI_LINKS, EXISTING_LINKS, HARD_LINKS):
        if starts[kind, c] < starts[kind, c + 1]:
            return False
    return True


@kernel
def _ignores_pods(c: int, counters: CounterArrays, classes: ClassArrays) -> bool:
    """As `Scheduler.ignores_pods`.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    PreFilter.
    """
    starts = classes.starts
    for kind in (AFFINITY_LINKS, ANTI_LINKS):
        if starts[kind, c] < starts[kind, c + 1]:
            return False
    for i in range(starts[EXISTING_LINKS, c], starts[EXISTING_LINKS, c + 1]):
        if counters.entries[classes.links[i, 0]] > 0:
            return False
    return True


@kernel
def _choose(draw: float, count: int, found: Found) -> int:
    """One of the best nodes, counted from the first of them.

    Source: ours; upstream takes any.
    """
    best = found.best
    for i in range(1, count):
        n = best[i]
        k = i
        while k > 0 and best[k - 1] > n:
            best[k] = best[k - 1]
            k -= 1
        best[k] = n
    return int(best[int(draw * count)])


@kernel
def _make_room(
    c: int,
    i: int,
    draw: float,
    wanted: int,
    bound: Bound,
    found: Found,
    fates: Fates,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Evict for pod *i*, of class *c*, that found no node; the node that is to take it, or -1.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, Preempt.
    """
    fates.counts[_SEARCHES] += 1
    find_feasible(c, wanted, nodes, counters, classes, profile, scratch)
    tries = _list_hopeful(c, draw, fates.hopeful, found.best, nodes, classes, profile, scratch)
    count = find_victims(
        c,
        fates.hopeful,
        tries,
        candidates_wanted(tries),
        _only_amounts_matter(c, classes),
        _ignores_pods(c, counters, classes),
        bound,
        found,
        nodes,
        counters,
        classes,
        profile,
        scratch,
    )
    if count == 0:
        return -1
    n = _choose(draw, count, found)
    row = found.head[n]
    while row >= 0:
        if found.goes[row] != 0:
            count_on_node(bound.pod_class[row], n, -1, nodes, counters, classes)
            bound.node[row] = -1
            number = fates.counts[_GONE]
            fates.gone[number] = row
            fates.place[number, 0] = n
            fates.place[number, 1] = i
            fates.counts[_GONE] = number + 1
        row = found.after[row]
    return n


@kernel
def schedule_displacing(
    rows: Array,
    draws: Array,
    wanted: int,
    bound: Bound,
    found: Found,
    fates: Fates,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> None:
    """Bring pods to nodes one after the other; who had to go for it is not brought again.

    *rows* (pods,) int64: theirs; *draws* (pods,) float64 in [0, 1), for ties. `Bound.node` says
    where they are afterwards, -1 for those refused.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, ScheduleOne.
    """
    for i in range(rows.shape[0]):
        c = bound.pod_class[rows[i]]
        if fates.hopeless[c] == nodes.cursor[0]:
            continue
        n = pick_node(c, wanted, draws[i], nodes, counters, classes, profile, scratch)
        while n < 0 and _has_weaker(c, bound):
            n = _make_room(
                c,
                i,
                draws[i],
                wanted,
                bound,
                found,
                fates,
                nodes,
                counters,
                classes,
                profile,
                scratch,
            )
            if n < 0:
                break
            ignores_pods = _ignores_pods(c, counters, classes)
            if not passes(c, n, ignores_pods, nodes, counters, classes, profile, scratch):
                n = pick_node(c, wanted, draws[i], nodes, counters, classes, profile, scratch)
        if n >= 0:
            count_on_node(c, n, 1, nodes, counters, classes)
            bound.node[rows[i]] = n
        else:
            fates.hopeless[c] = nodes.cursor[0]


def displace(
    scheduler: Scheduler, state: ClusterState, rows: Array, draws: Array, policy: Policy
) -> Fates:
    """Bring the pods of these waiting rows to nodes; see `schedule_displacing`.

    Who had to go waits again, in `Fates.gone`.

    Source: ours.
    """
    bound = Bound.of(state, scheduler.ranks())
    found = Found.none(state)
    fates = Fates.none(state)
    run, fast = form(schedule_displacing, len(rows) * len(state.nodes))
    given: list[Any] = [rows, draws, scheduler.wanted(state, policy), bound, found, fates]
    if not fast:
        given[:2] = [memoryview(each) for each in given[:2]]
        given[3:] = [views(each) for each in given[3:]]
    run(*given, *scheduler.arrays(state, fast))
    expect(schedule_displacing, fates.searches * len(state.pods))  # each looks at all of them
    return fates
