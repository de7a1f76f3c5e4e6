"""What must hold of a state at any moment, checked from scratch; a violation is a bug."""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.state.arrays import FEED_LINKS, READY
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["check"]


def check(state: ClusterState) -> None:
    """Assert that pods, amounts and counters tell the same story.

    - A bound pod is live and stands on a node in service.
    - What a node has handed out is what its pods and the platform ask for.
    - Every counter holds exactly the pods that feed it.

    Raises:
        AssertionError: naming the node or counter that does not add up.
    """
    rows = len(state.pods)
    node, live = state.pod_node[:rows], state.live[:rows]
    bound = node >= 0
    assert not np.any(bound & ~live), "a pod that exists no more is bound"
    presence = state.arrays.presence[node[bound]]
    assert np.all(presence == READY), "a pod is bound to a node that is not in service"
    if state.classes is None:
        return
    expected = _platform(state)
    if bound.any():
        np.add.at(expected, node[bound], state.classes.request[state.pod_class[:rows][bound]])
    _same(state, expected)
    _check_counters(state, bound)


def _platform(state: ClusterState) -> Array:
    amounts = [[each.platform.get(name, 0) for name in state.resources] for each in state.nodes]
    return np.array(amounts, np.int64).reshape(len(state.nodes), len(state.resources))


def _same(state: ClusterState, expected: Array) -> None:
    for n, r in np.argwhere(expected != state.requested):
        raise AssertionError(
            f"{state.nodes[n].name} hands out {state.requested[n, r]} {state.resources[r]}, "
            f"its pods ask for {expected[n, r]}"
        )


def _check_counters(state: ClusterState, bound: Array) -> None:
    counters, classes = state.counters, state.classes
    assert counters is not None
    assert classes is not None
    count, entries = np.zeros_like(counters.held), np.zeros_like(counters.entries)
    rows = np.flatnonzero(bound)
    for row in rows:
        c, n = state.pod_class[row], state.pod_node[row]
        for k, weight, *_ in classes.links[slice(*classes.starts[FEED_LINKS, c : c + 2])]:
            d = counters.domain[counters.scope[k, 0], n]
            if d >= 0 and counters.eligible[counters.scope[k, 1], n]:
                count[k, d] += weight
                entries[k] += 1
    wrong = np.flatnonzero((count != counters.held).any(axis=1) | (entries != counters.entries))
    assert len(wrong) == 0, f"counter {wrong[0]} does not hold the pods that feed it"
