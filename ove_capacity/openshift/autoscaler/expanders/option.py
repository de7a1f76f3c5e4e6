"""One group that could grow: what an expander is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.model.node import Node

__all__ = ["Option"]


@dataclass(frozen=True, slots=True)
class Option:
    """A group, the nodes it would need, and whom they would help."""

    group: str
    nodes: int
    pods: tuple[int, ...]
    """Numbers of the pods that would run."""
    cpu_milli: int
    """What these pods ask for in sum."""
    memory_bytes: int
    node: Node
    """A new node of the group."""
    priorities: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Number -> patterns of group names: the ConfigMap of the priority expander."""
