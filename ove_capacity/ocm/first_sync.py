"""All Placements of a fleet, decided for the first time."""

from __future__ import annotations

from ove_capacity.model.cluster import Fleet
from ove_capacity.ocm.decide import Decision, decide
from ove_capacity.ocm.status import managed_cluster

__all__ = ["first_sync"]


def first_sync(fleet: Fleet) -> dict[str, Decision]:
    """Each Placement once, by ``namespace/name`` and in that order.

    A later one sees what the earlier ones chose, which is all that Balance reads.

    Source: ours: upstream's order is that of its events, so one had to be chosen.
    """
    hub = [managed_cluster(cluster) for cluster in fleet.clusters]
    chosen: dict[str, tuple[str, ...]] = {}
    decided: dict[str, Decision] = {}
    for placement in sorted(fleet.placements, key=lambda each: each.key):
        decided[placement.key] = decide(placement, hub, chosen)
        chosen[placement.key] = decided[placement.key].clusters
    return decided
