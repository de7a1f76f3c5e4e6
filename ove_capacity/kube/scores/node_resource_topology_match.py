"""NodeResourceTopologyMatch's scores: how full a NUMA zone would be, the worst zone counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ove_capacity.kube.numa_zones import (
    SINGLE_NUMA_NODE,
    ZoneAmounts,
    amounts_of,
    numa_settings,
    pod_amounts,
    zone_amounts,
)
from ove_capacity.kube.scores.least_numa_nodes import least_numa_nodes_score
from ove_capacity.model.node_resource_topology import NodeResourceTopology
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.pod_requests import qos_class
from ove_capacity.quantity import Quantity

__all__ = ["STRATEGIES", "numa_score"]

_Weights = Mapping[str, int]

_MOST = 100


def _whole(nano: int) -> int:
    """Whole units, rounded up: a part of a CPU counts as one."""
    return Quantity(nano).value


def _least(request: int, capacity: int) -> int:
    return (_whole(capacity) - _whole(request)) * _MOST // _whole(capacity)


def _most(request: int, capacity: int) -> int:
    return _whole(request) * _MOST // _whole(capacity)


def _weighted(
    request: ZoneAmounts, zone: ZoneAmounts, weights: _Weights, score: Callable[[int, int], int]
) -> int:
    """Mean of the resources' scores; what a zone does not report counts as 0."""
    total = parts = 0
    for name, amount in request.items():
        weight = max(1, weights.get(name, 1))
        capacity = zone.get(name, 0)
        if capacity and amount <= capacity:
            total += weight * score(amount, capacity)
        parts += weight
    return total // parts if parts else 0


def _balanced(request: ZoneAmounts, zone: ZoneAmounts) -> int:
    """100 less the sample variance of the used shares."""
    shares = []
    for name, amount in request.items():
        capacity = _whole(zone.get(name, 0))
        share = _whole(amount) / capacity if capacity else 1.0
        if share > 1:
            return 0
        shares.append(share)
    if len(shares) < 2:
        return 0  # upstream divides by zero; a Guaranteed pod asks for two resources at least
    mean = sum(shares) / len(shares)
    apart = [share - mean for share in shares]
    squares = sum(each * each for each in apart)
    variance = (squares - sum(apart) * sum(apart) / len(apart)) / (len(apart) - 1)
    return int((1 - variance) * _MOST)


_ZONE_SCORES: dict[str, Callable[[ZoneAmounts, ZoneAmounts, _Weights], int]] = {
    "LeastAllocated": lambda request, zone, weights: _weighted(request, zone, weights, _least),
    "MostAllocated": lambda request, zone, weights: _weighted(request, zone, weights, _most),
    "BalancedAllocation": lambda request, zone, _: _balanced(request, zone),
}

STRATEGIES = (*_ZONE_SCORES, "LeastNUMANodes")
"""``scoringStrategy.type``."""


def numa_score(
    strategy: str, spec: PodSpec, topology: NodeResourceTopology | None, weights: _Weights
) -> int:
    """Score 0..100 of a node for a pod.

    The zone with the lowest score above 0 decides, though it may not be the one used; containers
    are averaged and what they take is not subtracted.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/score.go, Score,
    scoreForEachNUMANode; least_allocated.go, most_allocated.go, balanced_allocation.go.
    """
    if qos_class(spec) != "Guaranteed":
        return _MOST
    if topology is None or topology.stale:
        return 0
    if strategy == "LeastNUMANodes":
        return least_numa_nodes_score(spec, topology)
    settings = numa_settings(topology)
    if settings.policy != SINGLE_NUMA_NODE:
        return 0
    zones = zone_amounts(topology.zones).values()
    zone_score = _ZONE_SCORES[strategy]

    def worst(request: ZoneAmounts) -> int:
        scores = (zone_score(request, zone, weights) for zone in zones)
        return min((score for score in scores if score), default=0)

    if settings.scope == "pod":
        return worst(pod_amounts(spec))
    containers = spec.init_containers + spec.containers
    scores = [worst(amounts_of(container.requests)) for container in containers]
    return int(sum(scores) / len(scores))
