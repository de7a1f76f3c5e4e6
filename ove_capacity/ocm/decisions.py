"""What the hub has decided so far, as the prioritizers read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["Decisions"]

Decisions = Mapping[str, Sequence[str]]
"""``namespace/name`` of a Placement -> the clusters its PlacementDecisions name."""
