"""Which clusters a Placement may choose at all."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.placement import ManagedCluster, Placement

__all__ = ["feasible"]


def feasible(placement: Placement, clusters: Iterable[ManagedCluster]) -> list[ManagedCluster]:
    """The clusters that match any of the placement's predicates, or all when it has none.

    Source: ocm v1.3.0-78 pkg/placement/plugins/predicate/predicate.go, Filter.
    """
    if not placement.predicates:
        return list(clusters)
    return [
        cluster
        for cluster in clusters
        if any(selector.matches(cluster.labels) for selector in placement.predicates)
    ]
