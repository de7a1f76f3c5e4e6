"""Topology hints: which cells a provider could use for a resource, and which it prefers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple, TypeAlias

from ove_capacity.model.cpu_set import mask_of

__all__ = ["Hint", "Hints", "cell_masks"]


class Hint(NamedTuple):
    """A set of cells; None: any."""

    cells: int | None
    """As a mask."""
    preferred: bool


Hints: TypeAlias = Mapping[str, tuple[Hint, ...] | None] | None
"""Resource -> hints. () is impossible; None, for a resource or for all, is no preference."""


def cell_masks(cells: Iterable[int]) -> tuple[int, ...]:
    """Every set of these cells but the empty one: small sets first, then in order of numbers.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/topologymanager/bitmask/bitmask.go, IterateBitMasks.
    """
    numbers = sorted(cells)
    return tuple(
        mask_of(chosen)
        for size in range(1, len(numbers) + 1)
        for chosen in combinations(numbers, size)
    )
