"""The only writers of a cluster's state: bind, release, lose, restore, cordon.

Their loops are kernels, because the compiled scheduling cycle binds through them too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ove_capacity.kernels.compile import Array, kernel
from ove_capacity.state.arrays import (
    FEED_LINKS,
    PORT_LINKS,
    READY,
    UNREACHABLE,
    ClassArrays,
    CounterArrays,
    NodeArrays,
)
from ove_capacity.state.cluster_state import ClusterState

__all__ = [
    "bind",
    "cordon",
    "count_on_node",
    "feed_counters",
    "lose_node",
    "note_change",
    "record_bound",
    "recount",
    "release",
    "resize_node",
    "restore_node",
    "unbind",
]


@kernel
def note_change(changes: Array, cursor: Array, n: int) -> None:
    """Write node *n* into the ring of changed nodes."""
    changes[cursor[0] % changes.shape[0]] = n
    cursor[0] += 1


@kernel
def count_on_node(
    c: int, n: int, sign: int, nodes: NodeArrays, counters: CounterArrays, classes: ClassArrays
) -> None:
    """Add (*sign* 1) or take away (-1) one pod of class *c* on node *n*, everywhere it counts."""
    requested = nodes.requested
    for r in range(requested.shape[1]):
        asked = classes.request[c, r]
        if asked != 0:
            requested[n, r] += sign * asked
    nodes.nonzero[n, 0] += sign * classes.nonzero[c, 0]
    nodes.nonzero[n, 1] += sign * classes.nonzero[c, 1]
    starts = classes.starts
    links = classes.links
    for i in range(starts[PORT_LINKS, c], starts[PORT_LINKS, c + 1]):
        nodes.ports[n, links[i, 0]] += sign
    feed_counters(c, n, sign, counters, classes)
    note_change(nodes.changes, nodes.cursor, n)


@kernel
def feed_counters(c: int, n: int, pods: int, counters: CounterArrays, classes: ClassArrays) -> None:
    """Add *pods* (negative: take away) of class *c* on node *n* to every counter they feed."""
    starts = classes.starts
    links = classes.links
    scope = counters.scope
    for i in range(starts[FEED_LINKS, c], starts[FEED_LINKS, c + 1]):
        k = links[i, 0]
        d = counters.domain[scope[k, 0], n]
        if d >= 0 and counters.eligible[scope[k, 1], n] != 0:
            counters.held[k, d] += pods * links[i, 1]
            counters.entries[k] += pods


def recount(state: ClusterState) -> None:
    """Fill freshly compiled counters and host ports from the pods that are bound."""
    _, counters, classes = state.views()
    rows = len(state.pods)
    bound = state.pod_node[:rows] >= 0
    pairs = np.stack([state.pod_class[:rows][bound], state.pod_node[:rows][bound]])
    kinds, pods = np.unique(pairs, axis=1, return_counts=True)
    for c, n, count in zip(*kinds.tolist(), pods.tolist(), strict=True):
        feed_counters(c, n, count, counters, classes)
        for i in range(classes.starts[PORT_LINKS, c], classes.starts[PORT_LINKS, c + 1]):
            state.arrays.ports[n, classes.links[i, 0]] += count


def record_bound(state: ClusterState, rows: Array, chosen: Array) -> None:
    """Write down what the compiled cycle has bound already: (pods,) rows and nodes, -1 for none."""
    state.pod_node[rows] = chosen


def bind(state: ClusterState, row: int, n: int) -> None:
    """Bind the pod of *row* to node *n*, which must be listed; nothing is checked for fit here."""
    assert state.pod_node[row] < 0, f"{state.pod(row).key} is bound already"
    arrays = state.views()
    count_on_node(int(state.pod_class[row]), n, 1, *arrays)
    state.pod_node[row] = n


def release(state: ClusterState, row: int) -> None:
    """Take the pod of *row* away for good, whether bound or not; its row is used again."""
    n = int(state.pod_node[row])
    if n >= 0:
        unbind(state, row)
    state.forget(row)


def unbind(state: ClusterState, row: int) -> None:
    """The pod of *row* is on no node any more; it keeps its row."""
    n = int(state.pod_node[row])
    count_on_node(int(state.pod_class[row]), n, -1, *state.views())
    state.pod_node[row] = -1
    if state.admitting is not None:
        state.admitting.leave(n, row)


def lose_node(state: ClusterState, n: int) -> list[int]:
    """Node *n* stops answering; its pods are released.

    Returns the rows of the pods that stood there, in the order they were bound to rows; `pod` still
    knows them until their rows are used again.
    """
    assert state.arrays.presence[n] == READY, f"{state.nodes[n].name} is not in service"
    rows = state.pods_on(n)
    if rows:
        _take_all(state, n, rows)
    for row in rows:
        state.forget(row)
    if state.admitting is not None:
        state.admitting.empty(n, rows)
    state.arrays.presence[n] = UNREACHABLE
    note_change(state.arrays.changes, state.arrays.cursor, n)
    return rows


def _take_all(state: ClusterState, n: int, rows: list[int]) -> None:
    """Count no pod of *rows*, all of them on node *n*, any more: class by class."""
    nodes, classes = state.arrays, state.classes
    assert classes is not None, "a bound pod has a class"
    _, counter_views, class_views = state.views()
    pods = np.bincount(state.pod_class[rows])
    kinds = np.flatnonzero(pods)
    nodes.requested[n] -= pods[kinds] @ classes.request[kinds]
    nodes.nonzero[n] -= pods[kinds] @ classes.nonzero[kinds]
    for c, count in zip(kinds.tolist(), pods[kinds].tolist(), strict=True):
        feed_counters(c, n, -count, counter_views, class_views)
        for i in range(classes.starts[PORT_LINKS, c], classes.starts[PORT_LINKS, c + 1]):
            nodes.ports[n, classes.links[i, 0]] -= count
    state.pod_node[rows] = -1


def resize_node(state: ClusterState, n: int, amounts: Mapping[str, int]) -> None:
    """Node *n* has so much to give of these resources from now on."""
    for name, amount in amounts.items():
        state.arrays.allocatable[n, state.resource_index(name)] = amount
    note_change(state.arrays.changes, state.arrays.cursor, n)


def restore_node(state: ClusterState, n: int) -> None:
    """Node *n* is back in service, empty."""
    assert state.arrays.presence[n] == UNREACHABLE, f"{state.nodes[n].name} was not lost"
    state.arrays.presence[n] = READY
    note_change(state.arrays.changes, state.arrays.cursor, n)


def cordon(state: ClusterState, n: int, on: bool) -> None:
    """Mark node *n* unschedulable, or schedulable again."""
    state.arrays.cordoned[n] = on
    note_change(state.arrays.changes, state.arrays.cursor, n)
