"""All clusters of a hub, side by side: what is asked of every one of them becomes an array.

What a question found of each cluster is kept. When one cluster changes, only its own answers are
found again, so that a decision over thousands of clusters costs what it compares, not what it
reads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ove_capacity.model.managed_cluster import AddOnPlacementScore, ManagedCluster

__all__ = ["Inventory"]

_Ask = Callable[["Inventory", ManagedCluster], Any]


class Inventory:
    """Clusters in the order of their names' bytes, and the scores that add-ons gave them.

    It is never changed; `replaced` gives another one.
    """

    __slots__ = ("_columns", "add_on_scores", "clusters", "index", "names")

    def __init__(
        self,
        clusters: Iterable[ManagedCluster],
        add_on_scores: Iterable[AddOnPlacementScore] = (),
    ) -> None:
        """Of two clusters of one name the last counts, and of two scores."""
        by_name = {cluster.name: cluster for cluster in clusters}
        self.clusters = sorted(by_name.values(), key=lambda cluster: cluster.name.encode())
        self.names: NDArray[Any] = np.array([c.name for c in self.clusters], dtype=object)
        self.index = {cluster.name: i for i, cluster in enumerate(self.clusters)}
        self.add_on_scores: Mapping[tuple[str, str], AddOnPlacementScore] = {
            (each.cluster, each.name): each for each in add_on_scores
        }
        """(cluster, resource) -> what the add-on said."""
        self._columns: dict[Hashable, tuple[_Ask, NDArray[Any]]] = {}

    def __len__(self) -> int:
        return len(self.clusters)

    def column(self, key: Hashable, dtype: DTypeLike, ask: _Ask) -> NDArray[Any]:
        """The answer for each cluster to the question of that *key*: (clusters,) of *dtype*."""
        found = self._columns.get(key)
        if found is None:
            answers = np.fromiter((ask(self, each) for each in self.clusters), dtype, len(self))
            found = self._columns[key] = ask, answers
        return found[1]

    def replaced(self, cluster: ManagedCluster) -> Inventory:
        """The same with another cluster of that name; KeyError when there is none."""
        at = self.index[cluster.name]
        other = Inventory.__new__(Inventory)
        other.clusters = self.clusters.copy()
        other.clusters[at] = cluster
        other.names, other.index = self.names, self.index
        other.add_on_scores = self.add_on_scores
        other._columns = {}
        for key, (ask, answers) in self._columns.items():
            copied = answers.copy()
            copied[at] = ask(other, cluster)
            other._columns[key] = ask, copied
        return other

    def without(self, name: str) -> Inventory:
        """The same without that cluster."""
        left = (cluster for cluster in self.clusters if cluster.name != name)
        return Inventory(left, self.add_on_scores.values())
