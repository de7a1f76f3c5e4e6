"""What a kernel tells of pods that come to nodes and of those that go for them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["CAME", "NOTED", "SEARCHES", "WENT", "Fates", "Move", "note"]

NOTED, SEARCHES = 0, 1
CAME, WENT = 1, -1


class Move(NamedTuple):
    """A pod that came to a node, or had to go from it."""

    sign: int
    """1 or -1."""
    row: int
    node: int
    by: int
    """For which of the pods that come, by its number: for itself, or whose room it was to be."""


class Fates(NamedTuple):
    """What the kernel writes."""

    moves: Array
    """(moves, 5) int64: `Move` by `Move`, and how often victims had been looked for by then."""
    counts: Array
    """(2,) int64: moves noted, and how often victims were looked for."""
    hopeless: Array
    """(C,) int64: number of changes at which nobody was found who might go for the class."""
    hopeful: Array
    """(N,) int64: scratch."""

    @classmethod
    def none(cls, state: ClusterState, pods: int) -> Fates:
        """Room for those of so many pods that come."""
        assert state.classes is not None
        return cls(
            np.zeros((len(state.pods) + pods, 5), np.int64),
            np.zeros(2, np.int64),
            np.full(len(state.classes.facts), -1, np.int64),
            np.zeros(len(state.nodes), np.int64),
        )


@kernel
def note(sign: int, row: int, n: int, i: int, fates: Fates) -> None:
    """Write down a move.

    Source: ours.
    """
    number = fates.counts[NOTED]
    moves = fates.moves
    moves[number, 0] = sign
    moves[number, 1] = row
    moves[number, 2] = n
    moves[number, 3] = i
    moves[number, 4] = fates.counts[SEARCHES]
    fates.counts[NOTED] = number + 1
