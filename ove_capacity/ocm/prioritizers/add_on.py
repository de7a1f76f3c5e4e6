"""AddOn/<resource>/<score>: what an add-on measured decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.placement import AddOnScore
from ove_capacity.ocm.candidates import Candidates, ClusterScores
from ove_capacity.ocm.inventory import Inventory

__all__ = ["add_on", "expired"]

_FOR_EVER = (1 << 63) - 1


def add_on(candidates: Candidates, wanted: AddOnScore) -> ClusterScores:
    """The add-on's value, unclamped; 0 where it says nothing, or what it said has expired.

    Source: ocm v1.3.0-78 pkg/placement/plugins/addon/addon.go, Score.
    """

    def ask(inventory: Inventory, cluster: ManagedCluster) -> int:
        said = inventory.add_on_scores.get((cluster.name, wanted.resource))
        return dict(said.scores).get(wanted.score, 0) if said else 0

    values = candidates.inventory.column(wanted, np.int64, ask)[candidates.chosen]
    old = _is_expired(candidates, wanted.resource)
    return candidates.scores(np.where(old, 0, values))


def expired(candidates: Candidates, resource: str) -> list[str]:
    """``namespace/name`` of the candidates' scores that are no longer valid.

    Source: ocm v1.3.0-78 pkg/placement/plugins/addon/addon.go, Score.
    """
    old = candidates.chosen[_is_expired(candidates, resource)]
    return [f"{name}/{resource}" for name in candidates.inventory.names[old].tolist()]


def _is_expired(candidates: Candidates, resource: str) -> NDArray[np.bool_]:
    def ask(inventory: Inventory, cluster: ManagedCluster) -> int:
        said = inventory.add_on_scores.get((cluster.name, resource))
        until_ms = said.valid_until_ms if said else None
        return _FOR_EVER if until_ms is None else until_ms

    until = candidates.inventory.column(("valid until", resource), np.int64, ask)
    old: NDArray[np.bool_] = until[candidates.chosen] < candidates.now_ms
    return old
