"""A moment of a state to come back to, again and again, without making a second state."""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Checkpoint"]

_WRITTEN = ("presence", "cordoned", "requested", "nonzero", "ports")
"""What `claim` writes of `NodeArrays`; the log of changes goes on."""


_OF_ROWS = ("pod_class", "pod_node", "pod_start", "pod_guard", "live")


class Checkpoint:
    """What a state holds now; `rewind` brings it back, whatever was bound or lost meanwhile.

    The arrays stay where they are, so that compiled classes, trees and views go on being valid: the
    trees learn from the log of changed nodes that these have changed again. No class may be
    compiled between the two.
    """

    def __init__(self, state: ClusterState) -> None:
        assert state.counters is not None, "nothing compiled yet"
        self._state = state
        self._nodes, self._counters = state.arrays, state.counters
        self._kept: list[tuple[Array, Array]] = [
            (array, array.copy())
            for array in (
                *(getattr(state.arrays, name) for name in _WRITTEN),
                state.counters.held,
                state.counters.entries,
            )
        ]
        rows = len(state.pods)
        self._rows = [(name, getattr(state, name)[:rows].copy()) for name in _OF_ROWS]
        self._pods, self._book = list(state.pods), state.book()
        self._cursor = state.arrays.cursor.tolist()
        self._admitted = state.admitting and state.admitting.book()
        scheduling = state.scheduling
        self._prospects = None if scheduling is None else scheduling.prospects(state)
        self._versions = self._prospects and self._prospects.keep(state.arrays)

    def rewind(self) -> None:
        """Bring the state back to what it was."""
        state = self._state
        assert state.arrays is self._nodes, "nodes or classes were compiled anew"
        assert state.counters is self._counters, "classes were compiled anew"
        for array, before in self._kept:
            array[...] = before
        rows = len(self._pods)
        for name, before in self._rows:
            column = getattr(state, name)
            column[:rows] = before
            column[rows:] = -1 if name == "pod_node" else 0
        state.restore_book(self._pods, self._book)
        if state.admitting is not None:
            state.admitting.restore(self._admitted)
        self._note_changed()
        if self._prospects is not None:
            self._prospects.rewind(self._versions, state.arrays)

    def _note_changed(self) -> None:
        """Log each node that changed since, once more; as if all had, when the log is too short."""
        changes, cursor = self._nodes.changes, self._nodes.cursor
        since, now, ring = self._cursor[0], int(cursor[0]), len(changes)
        cursor[1] = self._cursor[1]
        if now - since > ring // 2:
            # Trees that have seen less than this are built anew.
            cursor[0] = now + ring + 1
            self._cursor[0] = now + ring + 1
            return
        changed = list(dict.fromkeys(changes[np.arange(since, now) % ring].tolist()))
        changes[np.arange(now, now + len(changed)) % ring] = changed
        cursor[0] = now + len(changed)
        self._cursor[0] = now + len(changed)
