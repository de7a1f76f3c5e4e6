"""Nodes take pods in turns: the search for a place begins behind the node that took one last."""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array

__all__ = ["behind", "taken_in_turns"]


def behind(rows: Array, last: int) -> Array:
    """The rows from behind *last* on, and then those before it.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/
    clustersnapshot/scheduling_opts.go, NewLastIndexOrderMapping, with an offset of 1.
    """
    start = int(np.searchsorted(rows, last, side="right"))
    return np.concatenate((rows[start:], rows[:start]))


def taken_in_turns(each: Array, count: int) -> tuple[Array, int]:
    """How many of *count* pods alike each node takes, one a round, and which took the last.

    *each*: (nodes,) how many it has room for; one of them has room.

    Source: ours, for what `behind` does pod by pod.
    """
    rounds = _rounds(each, count)
    taken = np.minimum(each, rounds)
    more = np.flatnonzero(each > rounds)[: max(0, count - int(taken.sum()))]
    taken[more] += 1
    last = more if len(more) else np.flatnonzero(taken == taken.max())
    return taken, int(last[-1])


def _rounds(each: Array, count: int) -> int:
    """The most whole rounds that so many pods can fill."""
    least, most = 0, int(each.max())
    while least < most:
        middle = (least + most + 1) // 2
        if int(np.minimum(each, middle).sum()) <= count:
            least = middle
        else:
            most = middle - 1
    return least
