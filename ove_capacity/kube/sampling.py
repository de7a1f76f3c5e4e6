"""How many nodes upstream looks at, and in which order."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.model.node import REGION_LABEL, ZONE_LABEL, Node

__all__ = ["nodes_wanted", "walk_order"]

_FEWEST_NODES = 100
_FEWEST_PERCENT = 5
_START_PERCENT = 50
_NODES_PER_PERCENT = 125


def nodes_wanted(nodes: int, nodes_scored: str, scores: bool) -> int:
    """How many feasible nodes a cycle looks for: ``all``, or ``adaptive`` as upstream; 1 unscored.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, numFeasibleNodesToFind.
    """
    if not scores:
        return 1
    if nodes_scored == "all" or nodes < _FEWEST_NODES:
        return nodes
    percent = max(_FEWEST_PERCENT, _START_PERCENT - nodes // _NODES_PER_PERCENT)
    return max(_FEWEST_NODES, nodes * percent // 100)


def walk_order(nodes: list[Node]) -> Array:
    """(N,) int64: zones in turn, nodes of a zone in the order they joined.

    Source: kubernetes v1.34.1 pkg/scheduler/backend/cache/node_tree.go, list.
    """
    zones: dict[tuple[str, str], list[int]] = {}
    for n, node in enumerate(nodes):
        zone = (node.labels.get(REGION_LABEL, ""), node.labels.get(ZONE_LABEL, ""))
        zones.setdefault(zone, []).append(n)
    turns = zip_longest(*zones.values(), fillvalue=-1)
    return np.array([n for turn in turns for n in turn if n >= 0], np.int64)
