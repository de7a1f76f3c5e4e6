"""What a prioritizer is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.placement import Placement
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.inventory import Inventory

__all__ = ["Candidates", "ClusterNames", "ClusterScores"]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The clusters that passed the filters, with all that the hub knows of them."""

    placement: Placement
    inventory: Inventory
    chosen: NDArray[np.int64]
    """Which of the inventory's, ascending: in the order of their names."""
    decisions: Decisions
    now_ms: int = 0
    """Since 1970."""

    @property
    def names(self) -> list[str]:
        """Their names."""
        return list(self.inventory.names[self.chosen])

    @property
    def clusters(self) -> list[ManagedCluster]:
        """The clusters themselves."""
        return [self.inventory.clusters[i] for i in self.chosen]

    def scores(
        self, values: NDArray[np.int64], given: NDArray[np.bool_] | None = None
    ) -> ClusterScores:
        """One score a candidate; only those that are *given*, when that is said."""
        return ClusterScores(self.inventory, self.chosen, values, given)


class ClusterScores(Mapping[str, int]):
    """Cluster -> score, over arrays: thousands of them cost nothing until somebody reads them."""

    __slots__ = ("_as_dict", "chosen", "given", "inventory", "values_of")

    def __init__(
        self,
        inventory: Inventory,
        chosen: NDArray[np.int64],
        values: NDArray[np.int64],
        given: NDArray[np.bool_] | None = None,
    ) -> None:
        """*values* are parallel to *chosen*; where not *given* they are 0."""
        self.inventory, self.chosen = inventory, chosen
        self.values_of = values
        self.given = given
        self._as_dict: dict[str, int] | None = None

    def _read(self) -> dict[str, int]:
        if self._as_dict is None:
            chosen, values = self.chosen, self.values_of
            if self.given is not None:
                chosen, values = chosen[self.given], values[self.given]
            names = self.inventory.names[chosen].tolist()
            self._as_dict = dict(zip(names, values.tolist(), strict=True))
        return self._as_dict

    def __getitem__(self, name: str) -> int:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())


class ClusterNames(Sequence[str]):
    """Names of clusters of an inventory: thousands of them cost nothing until somebody reads."""

    __slots__ = ("_as_tuple", "chosen", "inventory")

    def __init__(self, inventory: Inventory, chosen: NDArray[np.int64]) -> None:
        """*chosen*: which of the inventory's, in the order wanted."""
        self.inventory, self.chosen = inventory, chosen
        self._as_tuple: tuple[str, ...] | None = None

    def _read(self) -> tuple[str, ...]:
        if self._as_tuple is None:
            self._as_tuple = tuple(self.inventory.names[self.chosen].tolist())
        return self._as_tuple

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return self._read()[at]

    def __len__(self) -> int:
        return len(self.chosen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._read() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._read())

    def __repr__(self) -> str:
        return repr(self._read())
