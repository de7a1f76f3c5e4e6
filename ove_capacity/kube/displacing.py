"""Pod after pod as in `cycle`, but who finds no node may push out others, at once.

One kernel, for those who ask what becomes of many pods again and again. Only for states that need
no care (`needs_care`), and whose kubelets admit everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ove_capacity.kernels.compile import Array, expect, form, kernel, views
from ove_capacity.kube.bound import Bound, Found
from ove_capacity.kube.codes import ANTI_AFFINITY, EXISTING_ANTI_AFFINITY, FIT, PORTS, SPREAD_SKEW
from ove_capacity.kube.cycle import pick_node
from ove_capacity.kube.fates import CAME, NOTED, SEARCHES, WENT, Fates, Move, note
from ove_capacity.kube.filtering import find_feasible
from ove_capacity.kube.importance import line_up, step_in, step_out
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.prospects import Prospects, find_remembered
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.kube.scratch import Scratch
from ove_capacity.kube.victims import (
    candidates_wanted,
    find_victims,
    find_weaker,
    is_too_large,
    passes,
    spare_by_amounts,
)
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

__all__ = ["Displacing", "schedule_displacing"]


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
    count = 0
    for n in range(hopeful.shape[0]):
        code = scratch.code[n]
        may_help = code in (PORTS, SPREAD_SKEW, ANTI_AFFINITY, EXISTING_ANTI_AFFINITY)
        if code == FIT:
            may_help = not is_too_large(c, n, nodes, classes, profile)
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
    prospects: Prospects,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Evict for pod *i*, of class *c*, that found no node; the node that is to take it, or -1.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, Preempt.
    """
    fates.counts[SEARCHES] += 1
    by_amounts = _only_amounts_matter(c, classes)
    remembers = by_amounts and c < prospects.known.shape[1]
    if remembers:
        count = find_remembered(
            c, draw, fates.hopeful, bound, found, prospects, nodes, classes, profile
        )
    else:
        find_feasible(c, wanted, nodes, counters, classes, profile, scratch)
        tries = _list_hopeful(c, draw, fates.hopeful, found.best, nodes, classes, profile, scratch)
        count = find_victims(
            c,
            fates.hopeful,
            tries,
            candidates_wanted(tries),
            by_amounts,
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
    if remembers:
        line_up(bound, found)
        find_weaker(bound.priority[c], n, bound, found)
        spare_by_amounts(c, n, bound, found, nodes, classes, profile)
    row = found.head[n]
    while row >= 0:
        behind = found.after[row]
        if found.goes[row] != 0:
            count_on_node(bound.pod_class[row], n, -1, nodes, counters, classes)
            bound.node[row] = -1
            step_out(row, n, found)
            note(WENT, row, n, i, fates)
        row = behind
    return n


@kernel
def schedule_displacing(
    at: int,
    upto: int,
    most: int,
    stops: bool,
    rows: Array,
    draws: Array,
    asks: Array,
    wanted: int,
    bound: Bound,
    found: Found,
    fates: Fates,
    prospects: Prospects,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """Bring pods to nodes one after the other; who had to go for it is not brought again.

    *rows* (pods,) int64: theirs; *draws* (pods,) float64 in [0, 1), for ties; *asks* (pods,) uint8:
    of whom the kernel binds no more than *most*. The pods are those from *at* to before *upto*, or
    with *stops* up to the first refused; where to go on. `Bound.node` says where they are
    afterwards, -1 for those refused.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, ScheduleOne.
    """
    fates.counts[NOTED] = 0
    asked = 0
    for i in range(at, upto):
        row = rows[i]
        c = bound.pod_class[row]
        n = -1
        if fates.hopeless[c] != nodes.cursor[0]:
            n = _seek(
                c,
                i,
                draws[i],
                wanted,
                bound,
                found,
                fates,
                prospects,
                nodes,
                counters,
                classes,
                profile,
                scratch,
            )
        if n >= 0:
            count_on_node(c, n, 1, nodes, counters, classes)
            bound.node[row] = n
            step_in(row, n, bound, found)
            note(CAME, row, n, i, fates)
            asked += asks[i]
            if asks[i] != 0 and asked >= most:
                return i + 1
        else:
            fates.hopeless[c] = nodes.cursor[0]
            if stops:
                return i + 1
    return upto


@kernel
def _seek(
    c: int,
    i: int,
    draw: float,
    wanted: int,
    bound: Bound,
    found: Found,
    fates: Fates,
    prospects: Prospects,
    nodes: NodeArrays,
    counters: CounterArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
    scratch: Scratch,
) -> int:
    """The node for pod *i*, of class *c*, where others have gone for it if need be; or -1.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, schedulingCycle.
    """
    n = pick_node(c, wanted, draw, nodes, counters, classes, profile, scratch)
    while n < 0 and _has_weaker(c, bound):
        n = _make_room(
            c,
            i,
            draw,
            wanted,
            bound,
            found,
            fates,
            prospects,
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
            n = pick_node(c, wanted, draw, nodes, counters, classes, profile, scratch)
    return int(n)


class Displacing:
    """Pods on their way to nodes, who may push out others.

    Source: ours.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        state: ClusterState,
        rows: Array,
        draws: Array,
        policy: Policy,
        asks: Array | None = None,
    ) -> None:
        """*rows*: of pods that wait; *asks*: those of whom somebody else has a say, or nobody."""
        self._scheduler, self._state, self._policy = scheduler, state, policy
        nobody = np.zeros(len(rows), np.uint8)
        self._given: list[Any] = [rows, draws, nobody if asks is None else asks]
        self._bound = Bound.of(state, scheduler.ranks())
        self._found, self._fates = Found.none(state), Fates.none(state, len(rows))
        self._prospects = scheduler.prospects(state)
        self._views: list[Any] | None = None
        self._left = -1
        """Number of changes to the state after the last run."""

    @property
    def searches(self) -> int:
        """How often victims were looked for."""
        return int(self._fates.counts[SEARCHES])

    def run(self, at: int, upto: int, *, most: int = 1, stops: bool = False) -> int:
        """See `schedule_displacing`; what moved is in `moves`."""
        state, before = self._state, self.searches
        if self._left != state.arrays.cursor[0]:
            self._found.lined_up[0] = 0  # somebody else has bound or evicted pods
        wanted = self._scheduler.wanted(state, self._policy)
        run, fast = form(schedule_displacing, (upto - at) * len(state.nodes))
        kept: list[Any] = [*self._given, wanted, self._bound, self._found, self._fates]
        kept.append(self._prospects)
        if not fast:
            kept = self._as_views(wanted)
        end = run(at, upto, most, stops, *kept, *self._scheduler.arrays(state, fast))
        self._left = int(state.arrays.cursor[0])
        # Each search looks at all of them.
        expect(schedule_displacing, (self.searches - before) * len(state.pods))
        return int(end)

    def _as_views(self, wanted: int) -> list[Any]:
        if self._views is None:
            arrays = (self._bound, self._found, self._fates, self._prospects)
            self._views = [views(each) for each in arrays]
        return [*(memoryview(each) for each in self._given), wanted, *self._views]

    def moves(self) -> list[Move]:
        """Those of the last run, in their order."""
        noted = self._fates.moves[: self._fates.counts[NOTED], :4].tolist()
        return [Move(*each) for each in noted]

    def undo(self, number: int) -> None:
        """Take back this move of the last run, a pod that came, and all that came behind it.

        Those pods wait again, and who went is where it was.
        """
        fates, bound, arrays = self._fates, self._bound, self._state.views()
        for again in range(int(fates.counts[NOTED]) - 1, number - 1, -1):
            sign, row, n = fates.moves[again, :3].tolist()
            count_on_node(int(bound.pod_class[row]), n, -sign, *arrays)
            bound.node[row] = n if sign == WENT else -1
        fates.counts[SEARCHES] = fates.moves[number, 4]
