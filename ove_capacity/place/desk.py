"""Pods at the desk, one after the other: queue, schedule, bind, admit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.codes import PASS
from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.preemption import Candidate, may_preempt, preempt
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place.outcome import Displaced, Outcome, Placed, Refused
from ove_capacity.place.sentence import sentence
from ove_capacity.place.standing import scheduler_of
from ove_capacity.state.claim import bind, record_bound, release
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import Rejection

__all__ = ["place", "unplaced"]


def place(
    state: ClusterState, pods: Sequence[Pod], policy: Policy, rng: Generator | None = None
) -> Outcome:
    """Bring every pod to a node as the control plane would, in the order given.

    What fits is bound in *state*. A pod that finds no node may push out less important ones, at
    once. *rng* is drawn from once a pod when the policy breaks ties at random.
    """
    classes = np.array(scheduler_of(state).classify(state, pods), np.int64)
    desk = _Desk(state, policy, pods, classes, _draws(policy, len(pods), rng))
    return desk.outcome()


def unplaced(
    state: ClusterState,
    pods: Sequence[Pod],
    classes: Array,
    policy: Policy,
    rng: Generator | None = None,
) -> Outcome:
    """`place` for those who try often: only who was refused, without sentences, or displaced.

    *classes*: (pods,) int64 classes of the pods, which the state knows.
    """
    draws = _draws(policy, len(pods), rng)
    desk = _Desk(state, policy, pods, classes, draws, explain=False)
    return desk.outcome(with_bound=False)


def _draws(policy: Policy, count: int, rng: Generator | None) -> Array:
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
        explain: bool = True,
    ) -> None:
        self.state, self.scheduler, self.policy = state, scheduler_of(state), policy
        self.pods, self.classes, self.draws, self.explain = pods, classes, draws, explain
        self.rows = state.add_many(pods, classes)
        self.refused: list[Refused] = []
        self.displaced: list[Displaced] = []
        self.searches = 0
        self.unplaced: list[int] = []
        """Rows of the pods refused."""
        self._said: dict[tuple[int, int], tuple[str, tuple[Rejection, ...]]] = {}
        """Class and state (as the number of changes made to it) -> why that class was refused."""
        nominated = (i for i, pod in enumerate(pods) if pod.nominated_node)
        self._singles = [*nominated, len(pods)]

    def _run(self, at: int) -> int:
        """Decide pods from *at* on, until one is refused; where to go on."""
        if self._moment(at) in self._said:
            self._refuse(at)
            return at + 1
        upto = next(i for i in self._singles if i >= at)
        if self.state.nominated or upto == at:
            return self._run_single(at)
        part = slice(at, upto)
        chosen, done = self.scheduler.schedule(
            self.state, self.classes[part], self.draws[part], self.policy
        )
        record_bound(self.state, self.rows[at : at + done], chosen[:done])
        if chosen[done - 1] < 0:
            self._refuse_or_preempt(at + done - 1)
        return at + done

    def outcome(self, *, with_bound: bool = True) -> Outcome:
        """Decide all pods, and tell what became of them."""
        at = 0
        while at < len(self.pods):
            at = self._run(at)
        bound = self._bound() if with_bound else ()
        for row in self.unplaced:
            self.state.forget(row)
        return Outcome(bound, tuple(self.refused), tuple(self.displaced), self.searches)

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
        c, row, draw = int(self.classes[at]), int(self.rows[at]), float(self.draws[at])
        node = -1
        if pod.nominated_node:
            wish = state.node_index(pod.nominated_node)
            node = wish if scheduler.check_twice(state, c, row, wish) == PASS else -1
        if node < 0:
            node = scheduler.decide(state, c, row, self.policy, draw).node
        if node >= 0:
            bind(state, row, node)
        else:
            self._refuse_or_preempt(at)
        return at + 1

    def _refuse_or_preempt(self, at: int) -> None:
        c, row, draw = int(self.classes[at]), int(self.rows[at]), float(self.draws[at])
        may_evict = may_preempt(self.scheduler, self.state, c)
        if not (may_evict or self.explain):
            self._said[self._moment(at)] = ("", ())
            self._refuse(at)
            return
        decision = self.scheduler.decide(self.state, c, row, self.policy)
        rejections = tuple(diagnose(self.scheduler, self.state, c, row, decision))
        if may_evict:
            self.searches += 1
            found = preempt(self.scheduler, self.state, c, row, rejections, draw)
            if found.best:
                self._evict(at, found.best[int(draw * len(found.best))])
                return
        # Like pods are refused alike as long as nothing changes from here on.
        self._said[self._moment(at)] = (
            sentence(self.state, self.scheduler, c, rejections),
            rejections,
        )
        self._refuse(at)

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
        self._forget_weaker_nominations(chosen.node, pod.spec.priority)
        node, c = chosen.node, int(self.classes[at])
        if self.scheduler.check_twice(state, c, row, node) != PASS:
            node = self.scheduler.decide(state, c, row, self.policy, float(self.draws[at])).node
        if node >= 0:
            bind(state, row, node)
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
