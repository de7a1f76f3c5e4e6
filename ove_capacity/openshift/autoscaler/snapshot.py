"""The cluster that the autoscaler tries things on: nodes come and go, pods move, all is undone.

It holds arrays of its own, with spare rows for the nodes it invents. A new node of a group is a
copy of the group's pattern, one of two rows that were compiled along with the cluster: what differs
between the two (the node itself, its hostname) is a new node's own, everything else is copied. The
filters are the scheduler's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array, views
from ove_capacity.kube.codes import PASS
from ove_capacity.kube.filtering import check_node, prepare
from ove_capacity.kube.profile import profile_arrays
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.openshift.autoscaler.columns import (
    filter_scratch,
    grown_counters,
    grown_nodes,
    grown_static,
)
from ove_capacity.openshift.autoscaler.turns import behind, taken_in_turns
from ove_capacity.state.arrays import (
    AFFINITY_LINKS,
    ANTI_LINKS,
    CLASH_LINKS,
    EXISTING_LINKS,
    FEED_LINKS,
    GONE,
    HARD_LINKS,
    PORT_LINKS,
    READY,
    STATIC_CODE,
    STATIC_ROW,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)
from ove_capacity.state.claim import count_on_node
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Mark", "Pattern", "Snapshot"]

_SPARE = 64


class Pattern(NamedTuple):
    """How a new node of a group looks."""

    row: int
    """The first of its two rows; the other one follows."""
    daemons: tuple[int, ...] = ()
    """Classes of the pods that run on it from the start."""


class Mark(NamedTuple):
    """A moment of a snapshot to come back to."""

    used: int
    arrays: tuple[Array, ...]
    pods: dict[int, tuple[int, ...]]


class Snapshot:
    """A copy of a cluster's state that may be changed at will.

    Nodes are rows: first those of the cluster in their order, then patterns, then new nodes in the
    order they were added.
    """

    def __init__(
        self, state: ClusterState, scheduler: Scheduler, patterns: Mapping[str, Pattern]
    ) -> None:
        assert state.classes is not None
        assert state.counters is not None
        self.state, self.scheduler = state, scheduler
        self.patterns = dict(patterns)
        self.pods: dict[int, tuple[int, ...]] = {}
        """Node -> pods on it, by whatever number their owner gave them."""
        self._used = len(state.nodes)
        self._nodes = NodeArrays(*(array.copy() for array in state.arrays))
        self._counters = CounterArrays(*(array.copy() for array in state.counters))
        self._classes: ClassArrays = state.classes
        kubernetes = state.cluster.release.kubernetes
        self._profile = profile_arrays(scheduler.profile, state.resources, kubernetes)
        self._own_keys = self._keys_of_one_node()
        self._last = 0
        """The node that took a pod last: the next pod is tried behind it first."""
        self._asked: dict[int, list[tuple[int, int]]] = {}
        self._closed: dict[int, Array] = {}
        """Class -> nodes that pods on them, or near, have closed to it."""
        for pattern in self.patterns.values():
            self._nodes.presence[[pattern.row, pattern.row + 1]] = GONE
        self._count_members()
        self._renew_views()

    # -- what is compiled ------------------------------------------------------------------------

    def _keys_of_one_node(self) -> list[int]:
        """Topology keys by which each node is a domain of its own."""
        domain = self._counters.domain
        own = {0}
        for pattern in self.patterns.values():
            pair = domain[:, pattern.row], domain[:, pattern.row + 1]
            own.update(np.flatnonzero(pair[0] != pair[1]).tolist())
        return sorted(own)

    def _count_members(self) -> None:
        """Nodes of each domain, less the patterns."""
        counters = self._counters
        there = self._nodes.presence == READY
        for k, (key, mask) in enumerate(counters.scope.tolist()):
            domain = counters.domain[key]
            counted = domain[there & (domain >= 0) & (counters.eligible[mask] != 0)]
            counters.members[k] = np.bincount(counted, minlength=counters.members.shape[1])

    def _count_member(self, n: int, sign: int) -> None:
        scope, domain, eligible = (
            self._counters.scope,
            self._counters.domain,
            self._counters.eligible,
        )
        for k in range(len(scope)):
            d = domain[scope[k, 0], n]
            if d >= 0 and eligible[scope[k, 1], n]:
                self._counters.members[k, d] += sign

    def _renew_views(self) -> None:
        self._views = (
            views(self._nodes),
            views(self._counters),
            views(self._classes),
            views(self._profile),
            views(filter_scratch(self._classes)),
        )

    # -- reading ---------------------------------------------------------------------------------

    @property
    def rows(self) -> Array:
        """Rows of the nodes there are, in order."""
        found: Array = np.flatnonzero(self._nodes.presence[: self._used] != GONE)
        return found

    def amount(self, c: int, resource: str) -> int:
        """What a pod of class *c* asks for of a resource."""
        if resource not in self.state.resources:
            return 0
        return int(self._classes.request[c, self.state.resource_index(resource)])

    def check(self, c: int, n: int) -> int:
        """What the scheduler's filters say of node *n* for class *c* now."""
        nodes, counters, classes, profile, scratch = self._views
        prepare(c, counters, classes, scratch)
        return check_node(c, n, nodes, counters, classes, profile, scratch)

    def lacking(self, c: int, n: int) -> list[str]:
        """The resources that node *n* is short of for class *c*."""
        request = self._classes.request[c]
        short = (request > 0) & (request > self._free([n])[0])
        return [self.state.resources[r] for r in np.flatnonzero(short)]

    def _free(self, rows: Array | Sequence[int]) -> Array:
        free: Array = self._nodes.allocatable[rows] - self._nodes.requested[rows]
        return free

    def requested(self, n: int) -> dict[str, int]:
        """What the pods on node *n* ask for in sum."""
        return dict(zip(self.state.resources, self._nodes.requested[n].tolist(), strict=True))

    def heeds_pods(self, c: int) -> bool:
        """Whether pods elsewhere decide where class *c* may go, beside what they take away."""
        kinds = (AFFINITY_LINKS, ANTI_LINKS, EXISTING_LINKS, HARD_LINKS, CLASH_LINKS)
        starts = self._classes.starts
        return any(starts[kind, c] < starts[kind, c + 1] for kind in kinds)

    def only_loses(self, c: int) -> bool:
        """Whether a node that refuses class *c* goes on refusing as long as pods only come."""
        starts = self._classes.starts
        return all(starts[k, c] == starts[k, c + 1] for k in (AFFINITY_LINKS, HARD_LINKS))

    # -- first fit -------------------------------------------------------------------------------

    def _open(self, c: int, rows: Array) -> Array:
        """Of *rows*, those that have room for class *c* and no reason of their own to refuse it."""
        nodes, classes = self._nodes, self._classes
        request = classes.request[c]
        asked = np.flatnonzero(request > 0)
        short = (request[asked] > self._free(rows)[:, asked]) & (self._profile.ignored[asked] == 0)
        ok = ~short.any(axis=1)
        ok &= nodes.presence[rows] == READY
        ok &= nodes.cordoned[rows] == 0
        ok &= classes.static[STATIC_CODE, classes.facts[c, STATIC_ROW], rows] == PASS
        kept: Array = rows[ok]
        return kept

    def _ring(self, c: int, rows: Array) -> Array:
        """*rows* in their turns, less those that are closed to class *c*."""
        if c in self._closed:
            rows = rows[~self._closed[c][rows]]
        return behind(rows, self._last)

    def _close(self, c: int, rows: Array | Sequence[int]) -> None:
        """Remember that these have no room for class *c* until pods go."""
        if c not in self._closed:
            self._closed[c] = np.zeros(len(self._nodes.presence), np.bool_)
        self._closed[c][rows] = True

    def first_fit(self, c: int, rows: Array) -> int:
        """The next of *rows* behind the last match that may take a pod of class *c*; -1: none.

        Cordoned nodes are not tried, whatever the pod tolerates.
        """
        ring = self._ring(c, rows)
        heeds, remember = self.heeds_pods(c), self.only_loses(c)
        nodes, counters, classes, profile, scratch = self._views
        if heeds:
            ring = self._open(c, ring)
            prepare(c, counters, classes, scratch)
        for n in ring.tolist():
            if (
                check_node(c, n, nodes, counters, classes, profile, scratch) == PASS
                if heeds
                else self._room(c, n)
            ):
                self._last = n
                return int(n)
            if remember:
                self._close(c, [n])
        return -1

    def place_run(self, c: int, count: int, rows: Array) -> list[int]:
        """Place up to *count* pods of a class, each on the next of *rows* that takes it.

        Returns their nodes; the first pod that finds none ends it.
        """
        if count > 1 and not self.heeds_pods(c):
            return self._place_bulk(c, count, rows)
        chosen: list[int] = []
        while len(chosen) < count:
            n = self.first_fit(c, rows)
            if n < 0:
                break
            self.place(c, n)
            chosen.append(n)
        return chosen

    def _room(self, c: int, n: int) -> int:
        """How many pods of class *c*, which heed no others, node *n* takes."""
        nodes, _, classes = self._views[:3]
        if nodes.presence[n] != READY or nodes.cordoned[n]:
            return 0
        if classes.static[STATIC_CODE, classes.facts[c, STATIC_ROW], n] != PASS:
            return 0
        left, held = nodes.allocatable, nodes.requested
        room: int = min((left[n, r] - held[n, r]) // amount for r, amount in self._needs(c))
        return max(0, room)

    def _needs(self, c: int) -> list[tuple[int, int]]:
        """(resource, amount) that a pod of class *c* is refused for the lack of."""
        if c not in self._asked:
            request = self._classes.request[c]
            asked = np.flatnonzero((request > 0) & (self._profile.ignored == 0)).tolist()
            self._asked[c] = [(r, int(request[r])) for r in asked]
        return self._asked[c]

    def _place_bulk(self, c: int, count: int, rows: Array) -> list[int]:
        """Pods that heed no others, round by round: one on each node that has room."""
        ring = self._open(c, self._ring(c, rows))
        asked = [r for r, _ in self._needs(c)]
        each = (self._free(ring)[:, asked] // self._classes.request[c][asked]).min(axis=1)
        if not each.any():
            return []
        taken, last = taken_in_turns(each, count)
        self._last = int(ring[last])
        chosen: list[int] = []
        for n, pods in zip(ring.tolist(), taken.tolist(), strict=True):
            if pods:
                self.place(c, n, pods)
                chosen.extend([n] * pods)
        return chosen

    # -- writing ---------------------------------------------------------------------------------

    def place(self, c: int, n: int, pods: int = 1) -> None:
        """Node *n* holds so many pods of class *c* more."""
        count_on_node(c, n, pods, *self._views[:3])

    def _feeds(self, c: int) -> bool:
        starts = self._classes.starts
        return any(starts[kind, c] < starts[kind, c + 1] for kind in (FEED_LINKS, PORT_LINKS))

    def note(self, number: int, n: int) -> None:
        """The pod of that number is on node *n*."""
        self.pods[n] = (*self.pods.get(n, ()), number)

    def lift(self, c: int, n: int) -> None:
        """Node *n* holds one pod of class *c* less."""
        count_on_node(c, n, -1, *self._views[:3])
        self._closed.clear()

    def hold(self, classes: Sequence[int], rows: Sequence[int]) -> None:
        """Take in the pods that run: one of each class on the row beside it."""
        feeds = {c for c in set(classes) if self._feeds(c)}
        pairs = [pair for pair in zip(classes, rows, strict=True) if pair[0] not in feeds]
        if pairs:
            of, on = np.array(pairs, np.int64).T
            np.add.at(self._nodes.requested, on, self._classes.request[of])
            np.add.at(self._nodes.nonzero, on, self._classes.nonzero[of])
        together = Counter(zip(classes, rows, strict=True))
        for (c, n), pods in together.items():
            if c in feeds:
                self.place(c, n, pods)

    def add_nodes(self, group: str, count: int) -> list[int]:
        """New nodes of a group, with what runs on them from the start; their rows."""
        pattern = self.patterns[group]
        while self._used + count > len(self._nodes.presence):
            self._grow()
        first, row = self._used, pattern.row
        self._used += count
        new = slice(first, self._used)
        nodes, counters = self._nodes, self._counters
        for array in (nodes.cordoned, nodes.allocatable, nodes.requested, nodes.nonzero):
            array[new] = array[row]
        nodes.ports[new] = 0
        for columns in (counters.domain, counters.eligible):
            columns[:, new] = columns[:, row, None]
        self._name_domains(row, new, count)
        self._classes.static[:, :, new] = self._classes.static[:, :, row, None]
        for closed in self._closed.values():
            closed[new] = False
        nodes.presence[new] = READY
        for n in range(first, self._used):
            self._count_member(n, 1)
            for c in pattern.daemons:
                self.place(c, n)
        return list(range(first, self._used))

    def _name_domains(self, row: int, new: slice, count: int) -> None:
        """Give new nodes domains of their own, where nodes have such."""
        counters = self._counters
        for key in self._own_keys:
            if counters.domain[key, row] < 0:
                continue
            start = new.start if key == 0 else int(counters.domains[key])
            counters.domain[key, new] = np.arange(start, start + count)
            counters.domains[key] = start + count

    def remove_node(self, n: int) -> None:
        """Node *n* is there no more; its pods were lifted, or are forgotten with it."""
        self._nodes.presence[n] = GONE
        self._count_member(n, -1)

    def _grow(self) -> None:
        """Twice the room for new nodes."""
        more = max(_SPARE, self._used)
        self._nodes = grown_nodes(self._nodes, more)
        self._counters = grown_counters(self._counters, more)
        self._classes = grown_static(self._classes, more)
        self._closed.clear()
        self._renew_views()

    # -- fork and revert -------------------------------------------------------------------------

    def _written(self) -> tuple[Array, ...]:
        nodes, counters = self._nodes, self._counters
        return (
            nodes.presence,
            nodes.requested,
            nodes.nonzero,
            nodes.ports,
            counters.domains,
            counters.held,
            counters.entries,
            counters.members,
        )

    def fork(self) -> Mark:
        """A moment to come back to."""
        kept = tuple(array.copy() for array in self._written())
        return Mark(self._used, kept, dict(self.pods))

    def revert(self, mark: Mark) -> None:
        """As it was at the moment of the mark."""
        self._used = mark.used
        for array, before in zip(self._written(), mark.arrays, strict=True):
            if array.shape == before.shape:
                array[...] = before
            else:
                array[...] = 0
                array[tuple(slice(0, size) for size in before.shape)] = before
        self.pods = dict(mark.pods)
        self._closed.clear()
