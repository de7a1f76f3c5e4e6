"""What the hub has decided so far: its PlacementDecisions, and how often each cluster is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import PlacementDecision
from ove_capacity.ocm.inventory import Inventory

__all__ = ["Decisions", "Tally"]


class Tally(NamedTuple):
    """How often decisions name each cluster."""

    counts: NDArray[np.int64]
    """(clusters,) in the order of the inventory."""
    gone: dict[str, int]
    """Clusters that the inventory does not have."""


class Decisions:
    """All PlacementDecisions of a hub; never changed, `replaced` gives another one."""

    __slots__ = ("_tallies", "by_placement", "objects")

    def __init__(self, objects: Iterable[PlacementDecision] = ()) -> None:
        """Of two objects of one namespace and name the last counts."""
        self.objects = {(each.namespace, each.name): each for each in objects}
        self.by_placement: dict[str, list[PlacementDecision]] = {}
        """``namespace/placement`` -> its pages; under ``namespace/`` those of nobody."""
        for each in self.objects.values():
            self.by_placement.setdefault(each.key, []).append(each)
        self._tallies: dict[str | None, tuple[dict[str, int], Tally]] = {}

    def of(self, key: str) -> tuple[str, ...]:
        """Clusters that the pages of a Placement name, in their order."""
        return tuple(name for each in self.by_placement.get(key, ()) for name in each.clusters)

    def tally(self, inventory: Inventory, key: str | None = None) -> Tally:
        """How often the pages of a Placement name each cluster; without one, all pages."""
        kept = self._tallies.get(key)
        if kept is not None and kept[0] is inventory.index:
            return kept[1]
        pages = self.objects.values() if key is None else self.by_placement.get(key, ())
        counts = np.zeros(len(inventory), np.int64)
        gone: dict[str, int] = {}
        for page in pages:
            for name in page.clusters:
                at = inventory.index.get(name)
                if at is None:
                    gone[name] = gone.get(name, 0) + 1
                else:
                    counts[at] += 1
        tally = Tally(counts, gone)
        self._tallies[key] = inventory.index, tally
        return tally

    def replaced(self, key: str, pages: Iterable[PlacementDecision]) -> Decisions:
        """The same with these pages instead of those that the Placement has."""
        new = tuple(pages)
        if new == tuple(self.by_placement.get(key, ())):
            return self
        left = (each for each in self.objects.values() if each.key != key)
        return Decisions((*left, *new))
