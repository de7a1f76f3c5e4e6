"""Nodes that no scenario can describe: why they are set aside."""

from __future__ import annotations

from ove_capacity.model.node import Node
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    HUGEPAGES_PREFIX,
    MEMORY,
    PODS,
    page_bytes,
)

__all__ = ["LEAST_BYTES", "oddity_of"]

LEAST_BYTES = 1 << 20
"""What a scenario takes for a size whose unit was forgotten is smaller."""

_MOST = 1_000_000
"""Pods or pages of one node that a scenario counts."""


def oddity_of(node: Node) -> str:
    """What is odd about a node, "" for nothing; *node* is as its object says."""
    both = (node.capacity, node.allocatable)
    if not all(each.get(name) for each in both for name in (CPU, MEMORY)):
        return "offers no CPU or no memory"
    sizes = (each.get(name, 0) for each in both for name in (MEMORY, EPHEMERAL_STORAGE))
    if any(0 < size < LEAST_BYTES for size in sizes):
        return "says bytes where MiB are meant"
    pages = {
        name.removeprefix(HUGEPAGES_PREFIX): amount
        for name, amount in node.capacity.items()
        if name.startswith(HUGEPAGES_PREFIX)
    }
    if sum(pages.values()) >= node.capacity[MEMORY]:
        return "its hugepages take more memory than it has"
    counts = [amount // page_bytes(size) for size, amount in pages.items()]
    if max([*counts, *(each.get(PODS, 0) for each in both)]) > _MOST:
        return "has more pods or hugepages than a scenario counts"
    return ""
