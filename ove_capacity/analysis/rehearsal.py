"""Losses rehearsed on one copy of a cluster, which is rewound instead of copied anew each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ove_capacity.model.case import Case
from ove_capacity.place import (
    Outcome,
    runs_at_once,
    scheduler_of,
    unplaced,
)
from ove_capacity.sim.run import VmRecord
from ove_capacity.state import claim
from ove_capacity.state.checkpoint import Checkpoint
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.streams import Streams

__all__ = ["Loss", "NotReturned", "Rehearsal"]

_WORK_OF_A_SEARCH = 2
"""Placements that the search for victims on one node counts for, where it is made node by node."""

_WORK_OF_A_NO = 10
"""Placements that a kubelet's refusal counts for: others are asked, and the pod comes again."""

_PODS_OF_A_SEARCH = 800
"""Pods that are looked at in the time of a placement, where it is made on all nodes at once."""


@dataclass(frozen=True, slots=True)
class NotReturned:
    """A VM that finds no node after a loss."""

    vm: str
    """``namespace/name``."""
    message: str
    """The scheduler's sentence; empty where only the number was asked for."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {"vm": self.vm, "message": self.message}


@dataclass(frozen=True, slots=True)
class Loss:
    """Workers lost at once, and what became of their VMs."""

    nodes: tuple[str, ...]
    displaced: int
    """VMs that stood there."""
    not_returned: tuple[NotReturned, ...] = ()
    """Of these, or of VMs that had to make room for them."""
    after: tuple[str, ...] = ()
    """Workers that were away already: lost before and not repaired, or drained."""
    domain: str = ""
    """What the workers share, as ``label=value``, where that is why they are lost together."""
    stopped: int = 0
    """Of the displaced, those that their run strategy does not start again."""

    @property
    def is_survived(self) -> bool:
        """Whether every VM was placed again."""
        return not self.not_returned

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        shown: dict[str, object] = {"nodes": list(self.nodes), "displaced": self.displaced}
        if self.after:
            shown["after"] = list(self.after)
        if self.domain:
            shown["domain"] = self.domain
        if self.stopped:
            shown["stopped"] = self.stopped
        return {**shown, "not_returned": [each.to_dict() for each in self.not_returned]}


class Rehearsal:
    """One cluster to take nodes from; `rewind` gives them back.

    VMs return in the order in which the platform starts them: priority, then age.
    """

    def __init__(self, state: ClusterState, vms: Iterable[VmRecord], case: Case) -> None:
        self.state = state.copy()
        order = sorted(enumerate(vms), key=lambda each: (-each[1].pod.spec.priority, each[0]))
        self.vms: list[VmRecord] = [vm for _, vm in order]
        """In the order in which they would be started."""
        self.rank = {vm.pod.key: rank for rank, vm in enumerate(self.vms)}
        """Key of a launcher pod -> its place in `vms`."""
        self.spent = 0
        """Pods placed so far: what rehearsing costs."""
        self._case = case
        self._path: tuple[str, ...] = ()
        # All that may come is compiled now: a checkpoint outlives no compilation.
        classes = scheduler_of(self.state).classify(self.state, [vm.pod for vm in self.vms])
        self._work_of_a_search = self._estimate()
        self._restarting = {rank for rank, vm in enumerate(self.vms) if vm.restarts}
        self._classes = np.array(classes, np.int64)
        self._start = self.mark()

    def _estimate(self) -> int:
        """Placements that a search for victims counts for."""
        state = self.state
        if not runs_at_once(state):
            return _WORK_OF_A_SEARCH * len(state.nodes)
        return 1 + len(state.pods) // _PODS_OF_A_SEARCH

    @property
    def workers(self) -> list[int]:
        """Workers in service, by index."""
        alive = self.state.alive
        return [n for n, node in enumerate(self.state.nodes) if node.is_worker and alive[n]]

    def names(self, nodes: Sequence[int]) -> tuple[str, ...]:
        """Names of nodes."""
        return tuple(self.state.nodes[n].name for n in nodes)

    def mark(self) -> Checkpoint:
        """The state as it is now, to come back to."""
        return Checkpoint(self.state)

    def rewind(self, mark: Checkpoint | None = None) -> None:
        """Back to *mark*, or to the start."""
        (mark or self._start).rewind()

    def vms_on(self, n: int) -> list[int]:
        """Ranks of the VMs on a node, ascending."""
        keys = (self.state.pod(row).key for row in self.state.pods_on(n))
        return sorted(self.rank[key] for key in keys if key in self.rank)

    def lose(
        self, group: Sequence[int], *, after: Sequence[int] = (), explain: bool = True
    ) -> Loss:
        """Lose these nodes from the state as it stands, and place their VMs again.

        Without *explain* the sentences are left out, which is faster.
        """
        return self.restart(group, self.take(group), after=after, explain=explain)

    def take(self, group: Sequence[int]) -> list[int]:
        """Lose these nodes; the ranks of the VMs that stood there, which are down now."""
        state, rank = self.state, self.rank
        keys = [state.pod(row).key for n in group for row in claim.lose_node(state, n)]
        return [rank[key] for key in keys if key in rank]

    def restart(
        self,
        group: Sequence[int],
        down: Sequence[int],
        *,
        after: Sequence[int] = (),
        explain: bool = True,
    ) -> Loss:
        """Place the VMs that were *down* with these nodes, in the order of their starts."""
        names, before = self.names(group), self.names(after)
        self._path = (*before, *names)
        again = sorted(self._restarting.intersection(down))
        missing = self.bring(again, explain=explain)
        return Loss(names, len(down), missing, before, stopped=len(down) - len(again))

    def bring(self, ranks: Sequence[int], *, explain: bool = True) -> tuple[NotReturned, ...]:
        """Place these VMs, then those they displaced, and so on; which of them find no node."""
        missing: list[NotReturned] = []
        while ranks:
            outcome = self.try_to_place(ranks, explain=explain)
            missing += [
                NotReturned(self.vms[self.rank[each.pod.key]].key, each.message)
                for each in outcome.refused
            ]
            ranks = self.displaced(outcome)
        return tuple(missing)

    def try_to_place(self, ranks: Sequence[int], *, explain: bool = True) -> Outcome:
        """Place these VMs and no others."""
        policy, rng = self._case.policy, None
        if policy.tie == "random":
            rng = Streams(self._case.seed)("failover", self.state.cluster.name, *self._path)
        pods = [self.vms[rank].pod for rank in ranks]
        classes = self._classes[ranks]
        outcome = unplaced(self.state, pods, classes, policy, rng, explain=explain)
        self.spent += len(pods) + outcome.searches * self._work_of_a_search
        self.spent += outcome.bounces * _WORK_OF_A_NO
        return outcome

    def displaced(self, outcome: Outcome) -> list[int]:
        """VMs that had to go and come again, in the order in which they are started.

        Other pods that had to go are none of the question's concern.
        """
        keys = (each.pod.key for each in outcome.displaced)
        ranks = (self.rank[key] for key in keys if key in self.rank)
        return sorted(self._restarting.intersection(ranks))
