"""Pods at the desk, one after the other: queue, schedule, bind, admit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.codes import PASS
from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.displacing import Displacing
from ove_capacity.kube.fates import CAME, WENT
from ove_capacity.kube.preemption import Candidate, best_victims, may_preempt, needs_care
from ove_capacity.kube.scheduler import Decision
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place.outcome import Bounced, Displaced, Outcome, Placed, Refused, TurnedAway
from ove_capacity.place.relay import Relay, asks_kubelets
from ove_capacity.place.sentence import refused_by_kubelet, sentence
from ove_capacity.place.standing import scheduler_of
from ove_capacity.state.claim import release
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import Rejection

__all__ = ["place", "runs_at_once", "tie_draws", "unplaced"]


def place(
    state: ClusterState,
    pods: Sequence[Pod],
    policy: Policy,
    rng: Generator | None = None,
    *,
    draws: Array | None = None,
    insist: bool = True,
) -> Outcome:
    """Bring every pod to a node as the control plane would, in the order given.

    What fits is bound in *state*. A pod that finds no node may push out less important ones, at
    once. One whose node's kubelet does not admit it comes again, after the others, as long as that
    changes anything; what would go on like that for ever is refused.

    Args:
        state: the cluster; it changes.
        pods: what comes.
        policy: how ties are broken.
        rng: drawn from once a pod when the policy breaks ties at random.
        draws: (pods,) float64 in [0, 1) instead: which of equally good nodes each pod takes.
        insist: False: who was not admitted is told in `Outcome.turned_away`, to be brought again by
            the caller, who has a clock.
    """
    classes = np.array(scheduler_of(state).classify(state, pods), np.int64)
    if draws is None:
        draws = tie_draws(policy, len(pods), rng)
    desk = _Desk(state, policy, pods, classes, draws, insist=insist)
    return desk.outcome()


def unplaced(
    state: ClusterState,
    pods: Sequence[Pod],
    classes: Array,
    policy: Policy,
    rng: Generator | None = None,
    *,
    explain: bool = False,
) -> Outcome:
    """`place` for those who try often: only who was refused, or displaced.

    *classes*: (pods,) int64 classes of the pods, which the state knows; *explain*: with sentences.
    """
    draws = tie_draws(policy, len(pods), rng)
    at_once = runs_at_once(state) and not any(pod.nominated_node for pod in pods)
    if at_once and not (explain or asks_kubelets(state, pods)):
        return _unplaced_at_once(state, pods, classes, draws, policy)
    if explain and scheduler_of(state).samples(state, policy):
        at_once = False  # a second look for the sentence would look at other nodes
    desk = _Desk(state, policy, pods, classes, draws, explain=explain, at_once=at_once)
    return desk.outcome(with_bound=False)


def runs_at_once(state: ClusterState) -> bool:
    """Whether `unplaced` is one kernel here, evictions and all, which makes them cheap.

    Pods of which a kubelet may say no are brought one by one even so.
    """
    return not needs_care(scheduler_of(state), state)


def _unplaced_at_once(
    state: ClusterState, pods: Sequence[Pod], classes: Array, draws: Array, policy: Policy
) -> Outcome:
    """All of it by one kernel."""
    rows = state.add_many(pods, classes)
    displacing = Displacing(scheduler_of(state), state, rows, draws, policy)
    displacing.run(0, len(pods))
    gone = [move for move in displacing.moves() if move.sign == WENT]
    if state.admitting is not None:
        for move in gone:
            state.admitting.leave(move.node, move.row)
    displaced = tuple(
        Displaced(state.pod(move.row), state.nodes[move.node].name, pods[move.by].key)
        for move in gone
    )
    without = dict(zip(rows.tolist(), pods, strict=True))
    for move in gone:
        state.forget(move.row)
        without.pop(move.row, None)
    refused = [row for row in without if state.pod_node[row] < 0]
    for row in refused:
        state.forget(row)
    told = tuple(Refused(without[row], "", ()) for row in refused)
    return Outcome((), told, displaced, displacing.searches)


def tie_draws(policy: Policy, count: int, rng: Generator | None) -> Array:
    """(count,) float64 in [0, 1): which of equally good nodes each pod takes; 0: the first."""
    if policy.tie != "random":
        return np.zeros(count)
    assert rng is not None, "random ties need a stream"
    return rng.random(count)


class _Desk:
    """One call of `place`: the pods that come, what was refused and displaced so far."""

    def __init__(
        self,
        state: ClusterState,
        policy: Policy,
        pods: Sequence[Pod],
        classes: Array,
        draws: Array,
        *,
        explain: bool = True,
        insist: bool = True,
        at_once: bool = False,
    ) -> None:
        """*at_once*: nobody is nominated, and `runs_at_once` holds."""
        self.state, self.scheduler, self.pods = state, scheduler_of(state), pods
        self.relay = Relay(state, policy, pods, classes, draws)
        self.classes, self.draws, self.rows = classes, draws, self.relay.rows
        self.explain, self.insist, self.at_once = explain, insist, at_once
        self.refused: list[Refused] = []
        self.displaced: list[Displaced] = []
        self.searches = self.bounces = 0
        self.unplaced: list[int] = []
        """Rows of the pods refused."""
        self._said: dict[tuple[int, int], tuple[str, tuple[Rejection, ...]]] = {}
        """Class and state (as the number of changes made to it) -> why that class was refused."""
        self.bounced: dict[int, tuple[Bounced, bool]] = {}
        """Pods not admitted -> why, and whether they would fare the same again."""
        self._bounces: dict[int, tuple[int, Bounced]] = {}
        """Class -> what the last of it met that would fare the same again, and `_moves` then."""
        self._moves = 0
        """Pods bound and pushed out so far."""
        nominated = (i for i, pod in enumerate(pods) if pod.nominated_node)
        self._singles = [*nominated, len(pods)]

    def _run(self, at: int) -> int:
        """Decide pods from *at* on, until one is refused; where to go on."""
        if self._moment(at) in self._said:
            self._refuse(at)
            return at + 1
        if self._bounces_like_others(at):
            return at + 1
        if self.at_once:
            return self._run_at_once(at, len(self.pods))
        upto = next(i for i in self._singles if i >= at)
        if self.state.nominated or upto == at:
            return self._run_single(at)
        end, bounced = self.relay.run(at, upto)
        last = end - 1
        found = self.state.pod_node[self.rows[last]] >= 0
        self._moves += end - at - (not found)
        if bounced is not None:
            self._bounce(last, bounced)
        elif not found:
            self._refuse_or_preempt(last)
        return end

    def outcome(self, *, with_bound: bool = True) -> Outcome:
        """Decide all pods, and tell what became of them."""
        at = 0
        while at < len(self.pods):
            at = self._run(at)
        turned_away = self._insist() if self.insist else self._turned_away()
        bound = self._bound() if with_bound else ()
        for row in self.unplaced:
            self.state.forget(row)
        displaced, searches = tuple(self.displaced), self.searches + self.relay.searches
        return Outcome(bound, tuple(self.refused), displaced, searches, turned_away, self.bounces)

    def _bound(self) -> tuple[Placed, ...]:
        names = [node.name for node in self.state.nodes]
        nodes = self.state.pod_node[self.rows].tolist()
        return tuple(
            Placed(pod, row, names[n])
            for pod, row, n in zip(self.pods, self.rows.tolist(), nodes, strict=True)
            if n >= 0
        )

    def _moment(self, at: int) -> tuple[int, int]:
        return int(self.classes[at]), int(self.state.arrays.cursor[0])

    def _run_single(self, at: int) -> int:
        """One pod with nominations about: its own node first, then a full cycle."""
        state, scheduler, pod = self.state, self.scheduler, self.pods[at]
        c, row = int(self.classes[at]), int(self.rows[at])
        node = -1
        if pod.nominated_node:
            wish = state.node_index(pod.nominated_node)
            node = wish if scheduler.check_twice(state, c, row, wish) == PASS else -1
        if node < 0:
            node = self.relay.decide(at).node
        if node >= 0:
            self._seat(at, node)
        else:
            self._refuse_or_preempt(at)
        return at + 1

    def _run_at_once(self, at: int, upto: int) -> int:
        """Decide pods from *at* on by a kernel, until a kubelet says no; where to go on."""
        # What bounced goes on doing so until something moves.
        stops = self.explain or any(moves == self._moves for moves, _ in self._bounces.values())
        end, moves, bounced = self.relay.displace(at, upto, stops=stops)
        came = {move.by for move in moves if move.sign == CAME}
        for move in moves:
            if move.sign == WENT:
                pod, by = self.state.pod(move.row), self.pods[move.by].key
                self.displaced.append(Displaced(pod, self.state.nodes[move.node].name, by))
                self.state.forget(move.row)
        self._moves += len(moves)
        for i in range(at, end - (bounced is not None)):
            if i not in came:
                self._refuse_at_once(i)
        if bounced is not None:
            self._bounce(end - 1, bounced)
        return end

    def _refuse_at_once(self, at: int) -> None:
        """Nobody may go for it who would be of help."""
        if not self.explain:
            self.unplaced.append(int(self.rows[at]))
            self.refused.append(Refused(self.pods[at], "", ()))
            return
        c, row = int(self.classes[at]), int(self.rows[at])
        decision = self.scheduler.decide(self.state, c, row, self.relay.policy)
        self._said[self._moment(at)] = self._why(c, row, decision)
        self._refuse(at)

    def _seat(self, at: int, node: int) -> None:
        bounced = self.relay.seat(at, node)
        if bounced is None:
            self._moves += 1
        else:
            self._bounce(at, bounced)

    # -- not admitted ----------------------------------------------------------------------------

    def _bounces_like_others(self, at: int) -> bool:
        """Whether its like was not admitted by anybody since anything changed."""
        known = self._bounces.get(int(self.classes[at]))
        if known is None or known[0] != self._moves or self.pods[at].nominated_node:
            return False
        self.bounced[at] = (known[1], True)
        return True

    def _bounce(self, at: int, bounced: Bounced) -> None:
        """Not admitted: it gets to another node by coming again, or is put aside."""
        self.bounces += 1
        node = self.relay.taker(at, bounced.node)
        if node >= 0 and self.insist:
            self._seat(at, node)
            return
        self.bounced[at] = (bounced, node < 0)
        if node < 0 and not self.relay.samples:
            self._bounces[int(self.classes[at])] = (self._moves, bounced)

    def _insist(self) -> tuple[TurnedAway, ...]:
        """Those put aside come again, until none of them gets anywhere any more."""
        moves = -1
        while self.bounced and moves != self._moves:
            moves, again = self._moves, sorted(self.bounced)
            self.bounced.clear()
            for at in again:
                if not self._bounces_like_others(at):
                    self._run_again(at)
        for at, (bounced, _) in sorted(self.bounced.items()):
            self.unplaced.append(int(self.rows[at]))
            self.refused.append(refused_by_kubelet(self.state, self.pods[at], bounced))
        return ()

    def _run_again(self, at: int) -> None:
        if self.at_once:
            self._run_at_once(at, at + 1)
        else:
            self._run_single(at)

    def _turned_away(self) -> tuple[TurnedAway, ...]:
        self.unplaced += [int(self.rows[at]) for at in sorted(self.bounced)]
        return tuple(
            TurnedAway(self.pods[at], self.state.nodes[bounced.node].name, bounced.words, again)
            for at, (bounced, again) in sorted(self.bounced.items())
        )

    # -- no node ---------------------------------------------------------------------------------

    def _refuse_or_preempt(self, at: int) -> None:
        c, row, draw = int(self.classes[at]), int(self.rows[at]), float(self.draws[at])
        may_evict = may_preempt(self.scheduler, self.state, c)
        if not (may_evict or self.explain):
            self._said[self._moment(at)] = ("", ())
            self._refuse(at)
            return
        decision = self.scheduler.decide(self.state, c, row, self.relay.policy)
        if may_evict:
            self.searches += 1
            chosen = best_victims(self.scheduler, self.state, c, row, decision.codes, draw)
            if chosen is not None:
                self._evict(at, chosen)
                return
        # Like pods are refused alike as long as nothing changes from here on.
        self._said[self._moment(at)] = self._why(c, row, decision) if self.explain else ("", ())
        self._refuse(at)

    def _why(self, c: int, row: int, decision: Decision) -> tuple[str, tuple[Rejection, ...]]:
        rejections = tuple(diagnose(self.scheduler, self.state, c, row, decision))
        return sentence(self.state, self.scheduler, c, rejections), rejections

    def _refuse(self, at: int) -> None:
        message, rejections = self._said[self._moment(at)]
        self.unplaced.append(int(self.rows[at]))
        self.refused.append(Refused(self.pods[at], message, rejections))

    def _evict(self, at: int, chosen: Candidate) -> None:
        state, pod, row = self.state, self.pods[at], int(self.rows[at])
        name = state.nodes[chosen.node].name
        for victim in chosen.victims:
            self.displaced.append(Displaced(state.pod(victim), name, pod.key))
            release(state, victim)
            self._moves += 1
        self._forget_weaker_nominations(chosen.node, pod.spec.priority)
        node, c = chosen.node, int(self.classes[at])
        if self.scheduler.check_twice(state, c, row, node) != PASS:
            node = self.relay.decide(at).node
        if node >= 0:
            self._seat(at, node)
        else:
            # A terminating victim freed less than preemption thought.
            self._refuse_or_preempt(at)

    def _forget_weaker_nominations(self, n: int, priority: int) -> None:
        nominated = self.state.nominated
        kept = [
            row for row in nominated.pop(n, ()) if self.state.pod(row).spec.priority >= priority
        ]
        if kept:
            nominated[n] = kept
