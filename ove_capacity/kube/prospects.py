"""What a search for victims would find on each node, remembered until the node changes.

Where only amounts matter, that is a matter of the node and of the class that looks for room. A
state that is rewound again and again finds what it knew at its checkpoint: beside the latest answer
that of the checkpoint is kept.

Source: ours; gives what `find_victims` gives.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.kube.bound import WEIGHTS, Bound, Found
from ove_capacity.kube.codes import FIT
from ove_capacity.kube.filtering import check_resources
from ove_capacity.kube.importance import line_up
from ove_capacity.kube.profile import ProfileArrays
from ove_capacity.kube.victims import (
    candidates_wanted,
    find_weaker,
    is_too_large,
    rate,
    spare_by_amounts,
    weigh,
)
from ove_capacity.state.arrays import ClassArrays, NodeArrays
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Prospects", "find_remembered"]

_MOST = 1 << 17
"""Pairs of class and node that are remembered, at about 100 bytes: where there are more, none."""

_MADE, _SEEN, _KEPT = range(3)
_HOPELESS, _HOPEFUL, _CANDIDATE = range(3)


class Prospects(NamedTuple):
    """Answers by class and node; those of the checkpoint before the latest ones."""

    version: Array
    """(N,) int64: of each node; it has another one once it has changed."""
    clock: Array
    """(3,) int64: the latest version made, number of changes seen, the latest version kept."""
    known: Array
    """(2, C, N) int64: the version of the node that an answer is about, 0 for none."""
    kind: Array
    """(2, C, N) uint8: evictions may not help, may help, do help."""
    weight: Array
    """(2, C, N, 5) float64: what a node is compared by, see `Found.weight`."""

    @classmethod
    def none(cls, state: ClusterState) -> Self:
        """Room for those of a state."""
        assert state.classes is not None
        classes, nodes = len(state.classes.facts), len(state.nodes)
        if classes * nodes > _MOST:
            classes = nodes = 0
        return cls(
            np.ones(nodes, np.int64),
            np.array([1, 0, 0], np.int64),
            np.zeros((2, classes, nodes), np.int64),
            np.zeros((2, classes, nodes), np.uint8),
            np.zeros((2, classes, nodes, WEIGHTS), np.float64),
        )

    def keep(self, nodes: NodeArrays) -> Array:
        """Their versions now, to come back to; answers about them are kept."""
        _catch_up(nodes, self)
        self.clock[_KEPT] = self.clock[_MADE]
        return self.version.copy()

    def rewind(self, kept: Array, nodes: NodeArrays) -> None:
        """The nodes are again what they were when `keep` gave this."""
        self.version[:] = kept
        self.clock[_SEEN] = nodes.cursor[0]


@kernel
def _catch_up(nodes: NodeArrays, prospects: Prospects) -> None:
    """Give the nodes that have changed another version.

    Source: ours.
    """
    clock = prospects.clock
    version = prospects.version
    ring = nodes.changes.shape[0]
    now = nodes.cursor[0]
    if clock[_SEEN] == now:
        return
    clock[_MADE] += 1
    if now - clock[_SEEN] > ring:
        for n in range(version.shape[0]):
            version[n] = clock[_MADE]
    elif version.shape[0] > 0:
        for change in range(clock[_SEEN], now):
            version[nodes.changes[change % ring]] = clock[_MADE]
    clock[_SEEN] = now


@kernel
def _judge(
    c: int,
    n: int,
    way: int,
    bound: Bound,
    found: Found,
    prospects: Prospects,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
) -> None:
    """Find out what evictions from node *n* do for class *c*, and remember it.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go,
    nodesWherePreemptionMightHelp, DryRunPreemption.
    """
    kind = _HOPELESS
    if check_resources(c, n, nodes, classes, profile) == FIT and not is_too_large(
        c, n, nodes, classes, profile
    ):
        kind = _HOPEFUL
        line_up(bound, found)
        if find_weaker(bound.priority[c], n, bound, found) and spare_by_amounts(
            c, n, bound, found, nodes, classes, profile
        ):
            kind = _CANDIDATE
            weigh(n, bound, found)
            for i in range(WEIGHTS):
                prospects.weight[way, c, n, i] = found.weight[1, i]
    prospects.kind[way, c, n] = kind
    prospects.known[way, c, n] = prospects.version[n]


@kernel
def find_remembered(
    c: int,
    draw: float,
    hopeful: Array,
    bound: Bound,
    found: Found,
    prospects: Prospects,
    nodes: NodeArrays,
    classes: ClassArrays,
    profile: ProfileArrays,
) -> int:
    """`find_victims` from a drawn node on, for a class that only amounts keep from every node.

    Who goes is not written.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/preemption/preemption.go, DryRunPreemption.
    """
    _catch_up(nodes, prospects)
    version = prospects.version
    kept = prospects.clock[_KEPT]
    tries = 0
    for n in range(version.shape[0]):
        way = 0 if version[n] <= kept else 1
        if prospects.known[way, c, n] != version[n]:
            _judge(c, n, way, bound, found, prospects, nodes, classes, profile)
        if prospects.kind[way, c, n] != _HOPELESS:
            hopeful[tries] = n
            tries += 1
    wanted = candidates_wanted(tries)
    offset = int(draw * tries)
    count = 0
    candidates = 0
    peaceful = False
    for i in range(tries):
        n = hopeful[(offset + i) % tries]
        way = 0 if version[n] <= kept else 1
        if prospects.kind[way, c, n] != _CANDIDATE:
            continue
        for k in range(WEIGHTS):
            found.weight[1, k] = prospects.weight[way, c, n, k]
        candidates += 1
        count = rate(n, count, found)
        peaceful = peaceful or found.weight[1, 0] == 0
        if peaceful and candidates >= wanted:
            break
    return count
