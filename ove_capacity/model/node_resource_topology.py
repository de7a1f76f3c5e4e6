"""NodeResourceTopology: what a node publishes of its NUMA cells, for schedulers that look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.resources import ResourceList

__all__ = ["NodeResourceTopology", "NumaZone"]


@dataclass(frozen=True, slots=True)
class NumaZone:
    """One zone of type Node: a NUMA cell."""

    number: int
    """From its name, ``node-<number>``."""
    available: ResourceList = field(default_factory=dict)
    """What is not in use; only what belongs to a cell is reported."""
    costs: Mapping[int, int] = field(default_factory=dict)
    """Zone -> distance."""


@dataclass(frozen=True, slots=True)
class NodeResourceTopology:
    """One node's object."""

    zones: tuple[NumaZone, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    """``topologyManagerPolicy``, ``topologyManagerScope``, ``topologyManagerMaxNUMANodes``."""
    stale: bool = False
    """The scheduler's cache does not trust it until the node has reported again."""
