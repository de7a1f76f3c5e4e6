"""Room for more nodes in a state's arrays."""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.scratch import Scratch
from ove_capacity.state.arrays import HARD_LINKS, ClassArrays, CounterArrays, NodeArrays

__all__ = ["filter_scratch", "grown_counters", "grown_nodes", "grown_static"]


def _padded(array: Array, axis: int, more: int) -> Array:
    width = [(0, 0)] * array.ndim
    width[axis] = (0, more)
    return np.ascontiguousarray(np.pad(array, width))


def grown_nodes(nodes: NodeArrays, more: int) -> NodeArrays:
    """The arrays with so many rows more: nodes that are not there.

    Source: ours; upstream's snapshot is a map.
    """
    grown = {
        name: _padded(getattr(nodes, name), 0, more)
        for name in ("presence", "cordoned", "allocatable", "requested", "nonzero", "ports")
    }
    return nodes._replace(**grown)


def grown_counters(counters: CounterArrays, more: int) -> CounterArrays:
    """The counters with so many nodes, and domains, more.

    Source: ours; upstream's snapshot is a map.
    """
    return counters._replace(
        domain=_padded(counters.domain, 1, more),
        eligible=_padded(counters.eligible, 1, more),
        held=_padded(counters.held, 1, more),
        members=_padded(counters.members, 1, more),
    )


def grown_static(classes: ClassArrays, more: int) -> ClassArrays:
    """The classes with columns for so many nodes more.

    Source: ours; upstream's snapshot is a map.
    """
    return classes._replace(static=_padded(classes.static, 2, more))


def filter_scratch(classes: ClassArrays) -> Scratch:
    """Room for filters alone: scores are never asked for here.

    Source: ours; the autoscaler runs filters, and no scores.
    """
    none = {name: np.zeros(1, np.int64) for name in Scratch._fields}
    longest = int(np.diff(classes.starts[HARD_LINKS]).max(initial=1))
    return Scratch(**{**none, "hard_minimum": np.zeros(longest, np.int64)})
