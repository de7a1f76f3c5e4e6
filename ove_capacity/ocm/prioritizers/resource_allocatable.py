"""ResourceAllocatableCPU and ResourceAllocatableMemory: go to the larger cluster.

The size of the cluster, not what is free on it: what already runs there is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.ocm.decisions import Decisions

__all__ = [
    "allocatable_score",
    "approximate_float",
    "resource_allocatable_cpu",
    "resource_allocatable_memory",
]


def resource_allocatable_cpu(
    placement: Placement, clusters: Sequence[ManagedCluster], decisions: Decisions
) -> Mapping[str, int]:
    """-100 to 100 by allocatable CPU, relative to the candidates.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, Score.
    """
    return _scores(clusters, CPU)


def resource_allocatable_memory(
    placement: Placement, clusters: Sequence[ManagedCluster], decisions: Decisions
) -> Mapping[str, int]:
    """-100 to 100 by allocatable memory, relative to the candidates.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, Score.
    """
    return _scores(clusters, MEMORY)


def allocatable_score(value: float, lowest: float, highest: float) -> int:
    """100 for the largest candidate, -100 for the smallest, 100 when all are of one size.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, Score.
    """
    if lowest == highest:
        return 100
    # The order of operations is upstream's: another one truncates to other integers.
    return int(((value - lowest) / (highest - lowest) - 0.5) * 2.0 * 100.0)


def approximate_float(resource: str, value: int) -> float:
    """An amount as upstream's float: mantissa × power of ten, with one rounding.

    The API server writes 1500m for one and a half cores, and 2 for two.

    Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, AsApproximateFloat64.
    """
    if resource != CPU:
        return float(value)
    return float(value // 1000) if value % 1000 == 0 else value * 0.001


def _scores(clusters: Sequence[ManagedCluster], resource: str) -> Mapping[str, int]:
    # Of the capacity upstream reads only that it is there.
    sizes = {
        cluster.name: approximate_float(resource, cluster.allocatable[resource])
        for cluster in clusters
        if resource in cluster.allocatable and resource in cluster.capacity
    }
    lowest, highest = min(sizes.values(), default=0.0), max(sizes.values(), default=0.0)
    return {name: allocatable_score(size, lowest, highest) for name, size in sizes.items()}
