"""Room that one scheduling cycle works in, and what it leaves behind for whoever explains it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.profile import PLUGINS
from ove_capacity.state.arrays import HARD_LINKS, SOFT_LINKS, ClassArrays, CounterArrays, NodeArrays

__all__ = ["Scratch", "new_scratch"]

_TREE_BYTES_MAX = 128 << 20
_BYTES_PER_LEAF = 2 * 2 * 8


class Scratch(NamedTuple):
    """Arrays of one state that no decision is read from but in the same cycle."""

    code: Array
    """(N,) int64: what the filters said of each node."""
    feasible: Array
    """(N,) int64: the nodes that passed, ascending."""
    raw: Array
    """(plugins, N) int64, parallel to feasible."""
    norm: Array
    """(plugins, N) int64."""
    total: Array
    """(N,) int64."""
    skipped: Array
    """(plugins,) uint8: scores that PreScore skipped, or that the profile leaves out."""
    hard_minimum: Array
    """(hard constraints of a pod,) int64."""
    soft_weight: Array
    """(soft constraints of a pod,) float64."""
    seen: Array
    """(D,) uint8."""
    ignored: Array
    """(N,) uint8: nodes that the spread score leaves at 0."""
    logarithm: Array
    """(N + 4,) float64: natural logarithms, from outside so that both forms agree to the bit."""
    walk: Array
    """(N,) int64: the order in which nodes are tried."""
    ties: Array
    """(1,) int64: nodes that shared the best total."""
    slot: Array
    """(C,) int64: tree of a class, -1 when it has none."""
    best: Array
    """(trees, 2 * width) int64."""
    equals: Array
    """(trees, 2 * width) int64."""
    fresh: Array
    """(trees,) int64: number of changes a tree has seen, -1 when it must be built."""
    torn: Array
    """(trees,) uint8: whether leaves were written that the tree above does not know."""
    mark: Array
    """(N + 1,) int64: in which refreshing each node was met last; and how many there were."""


def _longest(starts: Array, kind: int) -> int:
    """Most links of a kind that any class has, at least 1."""
    return int(np.diff(starts[kind]).max(initial=1))


def new_scratch(nodes: NodeArrays, counters: CounterArrays, classes: ClassArrays) -> Scratch:
    """Scratch for these arrays; trees for as many classes as a bounded memory holds.

    Source: ours.
    """
    count = len(nodes.presence)
    width = 1 << max(0, (count - 1).bit_length())
    class_count = len(classes.facts)
    trees = min(class_count, max(1, _TREE_BYTES_MAX // (width * _BYTES_PER_LEAF)))
    slot = np.arange(class_count, dtype=np.int64)
    slot[slot >= trees] = -1
    plugins = len(PLUGINS)
    return Scratch(
        code=np.zeros(count, np.int64),
        feasible=np.zeros(count, np.int64),
        raw=np.zeros((plugins, count), np.int64),
        norm=np.zeros((plugins, count), np.int64),
        total=np.zeros(count, np.int64),
        skipped=np.zeros(plugins, np.uint8),
        hard_minimum=np.zeros(_longest(classes.starts, HARD_LINKS), np.int64),
        soft_weight=np.zeros(_longest(classes.starts, SOFT_LINKS), np.float64),
        seen=np.zeros(max(1, counters.held.shape[1]), np.uint8),
        ignored=np.zeros(count, np.uint8),
        logarithm=np.array([math.log(max(1, size)) for size in range(count + 4)], np.float64),
        walk=np.arange(count, dtype=np.int64),
        ties=np.zeros(1, np.int64),
        slot=slot,
        best=np.full((trees, 2 * width), -1, np.int64),
        equals=np.ones((trees, 2 * width), np.int64),
        fresh=np.full(trees, -1, np.int64),
        torn=np.zeros(trees, np.uint8),
        mark=np.zeros(count + 1, np.int64),
    )
