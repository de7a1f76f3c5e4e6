"""Steady: stay where the placement is already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.ocm.decisions import Decisions

__all__ = ["steady"]


def steady(
    placement: Placement, clusters: Sequence[ManagedCluster], decisions: Decisions
) -> Mapping[str, int]:
    """100 for a cluster that this placement has chosen already, 0 (not -100) for any other.

    Source: ocm v1.3.0-78 pkg/placement/plugins/steady/steady.go, Score.
    """
    chosen = frozenset(decisions.get(placement.key, ()))
    return {cluster.name: 100 if cluster.name in chosen else 0 for cluster in clusters}
