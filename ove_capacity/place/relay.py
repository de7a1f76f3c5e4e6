"""From scheduler to kubelet: what the one has bound, the other admits or turns away."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.displacing import Displacing
from ove_capacity.kube.fates import WENT, Move
from ove_capacity.kube.scheduler import Decision
from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.kubelet.refusal import Refusal
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place.outcome import Bounced
from ove_capacity.place.standing import scheduler_of
from ove_capacity.state.claim import bind, record_bound, unbind
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Relay", "asks_kubelets"]

_BATCH_FIRST, _BATCH_MOST = 16, 256
"""Pods bound in one go before their kubelets are asked; after a refusal it is one again."""

_SAMPLED_TRIES = 8
"""How often a pod comes again where the scheduler looks at another part of the nodes each time."""


def _equals(decision: Decision) -> Iterator[int]:
    """The nodes that the scheduler holds for as good as the one it chose, that one first."""
    yield decision.node
    if decision.total:
        best = max(decision.total)
        pairs = zip(decision.feasible, decision.total, strict=True)
        yield from (n for n, total in pairs if total == best and n != decision.node)


def asks_kubelets(state: ClusterState, pods: Sequence[Pod]) -> bool:
    """Whether a kubelet may say no of any of these pods."""
    kubelets = state.admitting
    return isinstance(kubelets, Kubelets) and bool(_concerned(kubelets, pods))


def _concerned(kubelets: Kubelets, pods: Sequence[Pod]) -> set[int]:
    """Identities of the specs among these pods of which a kubelet may say no."""
    kinds = {id(pod.spec): pod.spec for pod in pods}
    return {kind for kind, spec in kinds.items() if kubelets.concerns(spec)}


class Relay:
    """Schedule, bind, admit; where no kubelet looks at cells, admitting costs nothing."""

    def __init__(
        self,
        state: ClusterState,
        policy: Policy,
        pods: Sequence[Pod],
        classes: Array,
        draws: Array,
    ) -> None:
        """The pods get rows in the state, and wait there."""
        self.state, self.policy, self.scheduler = state, policy, scheduler_of(state)
        self.pods, self.classes, self.draws = pods, classes, draws
        self.rows = state.add_many(pods, classes)
        kubelets = state.admitting
        assert kubelets is None or isinstance(kubelets, Kubelets)
        self.kubelets = kubelets
        self.samples = self.scheduler.samples(state, policy)
        self._batch = 1 if self.samples else _BATCH_FIRST
        self._displacing: Displacing | None = None
        self._concerned: list[int] = []
        """Pods, by index, of which a kubelet may say no."""
        self._asks = np.zeros(len(pods), np.uint8)
        """(pods,): whether it may, for `displace`."""
        if kubelets is not None:
            asking = _concerned(kubelets, pods)
            if asking:
                self._concerned = [i for i, pod in enumerate(pods) if id(pod.spec) in asking]

    def run(self, at: int, upto: int) -> tuple[int, Bounced | None]:
        """Bring the pods from *at* on to nodes, until one finds none or is not admitted.

        Where to go on, and why the last one was not admitted. All others before are bound; a last
        one without a node that did not bounce was refused by the scheduler.
        """
        first = bisect_left(self._concerned, at)
        if self.scheduler.zones is not None and first < len(self._concerned):
            if self._concerned[first] == at:
                n = self.decide(at).node
                return at + 1, self.seat(at, n) if n >= 0 else None
            upto = min(upto, self._concerned[first])
        if first < len(self._concerned):
            upto = min(upto, self._concerned[first] + self._batch)
        chosen, done = self.scheduler.schedule(
            self.state, self.classes[at:upto], self.draws[at:upto], self.policy
        )
        end = at + done
        record_bound(self.state, self.rows[at:end], chosen[:done])
        for i in self._concerned[first : bisect_left(self._concerned, end)]:
            n = int(chosen[i - at])
            refusal = self._admit(n, i) if n >= 0 else None
            if refusal is not None:
                # What came behind it would have met another state.
                for later in range(end - 1, i - 1, -1):
                    if chosen[later - at] >= 0:
                        unbind(self.state, int(self.rows[later]))
                self._batch = 1
                return i + 1, Bounced(n, refusal)
        if not self.samples:
            self._batch = min(2 * self._batch, _BATCH_MOST)
        return end, None

    def displace(
        self, at: int, upto: int, *, stops: bool
    ) -> tuple[int, list[Move], Bounced | None]:
        """`run` where who finds no node may push out others, and is refused if that does not help.

        Also what moved; who had to go waits again. With *stops* the first refused is the last one.
        """
        displacing = self._displacing or self._start_displacing()
        end = displacing.run(at, upto, most=self._batch, stops=stops)
        moves = displacing.moves()
        if self.kubelets is None:
            return end, moves, None
        for number, move in enumerate(moves):
            if move.sign == WENT:
                self.kubelets.leave(move.node, move.row)
            elif self._asks[move.by]:
                refusal = self._admit(move.node, move.by)
                if refusal is not None:
                    # What came behind it would have met another state.
                    displacing.undo(number)
                    self._batch = 1
                    return move.by + 1, moves[:number], Bounced(move.node, refusal)
        if not self.samples:
            self._batch = min(2 * self._batch, _BATCH_MOST)
        return end, moves, None

    def _start_displacing(self) -> Displacing:
        self._asks[self._concerned] = 1
        self._displacing = Displacing(
            self.scheduler, self.state, self.rows, self.draws, self.policy, self._asks
        )
        return self._displacing

    @property
    def searches(self) -> int:
        """How often `displace` looked for victims."""
        return 0 if self._displacing is None else self._displacing.searches

    def seat(self, at: int, n: int) -> Bounced | None:
        """Bind a pod to node *n* and have it admitted; if it is not, it is bound no more."""
        row = int(self.rows[at])
        bind(self.state, row, n)
        refusal = self._admit(n, at)
        if refusal is None:
            return None
        unbind(self.state, row)
        return Bounced(n, refusal)

    def decide(self, at: int) -> Decision:
        """One full cycle of the scheduler, without binding."""
        c, row, draw = int(self.classes[at]), int(self.rows[at]), float(self.draws[at])
        return self.scheduler.decide(self.state, c, row, self.policy, draw)

    def taker(self, at: int, but: int) -> int:
        """The node that a pod which *but* has turned away gets to by coming again and again.

        -1 when there is none as things are. Upstream chooses anew among equally good nodes each
        time, so that in the end each of them is asked. Where only a part of the nodes is looked at,
        eight more parts are.
        """
        for _ in range(_SAMPLED_TRIES if self.samples else 1):
            for n in _equals(self.decide(at)):
                if n >= 0 and n != but and self._would_admit(n, at):
                    return n
        return -1

    def _admit(self, n: int, at: int) -> Refusal | None:
        if self.kubelets is None:
            return None
        return self.kubelets.admit(n, int(self.rows[at]), self.pods[at])

    def _would_admit(self, n: int, at: int) -> bool:
        if self.kubelets is None:
            return True
        return self.kubelets.would_admit(n, int(self.rows[at]), self.pods[at])
