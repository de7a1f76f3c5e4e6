"""LeastNUMANodes: how few NUMA zones a pod's containers would spread over, and how close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from ove_capacity.kube.numa_zones import (
    ZoneAmounts,
    amounts_of,
    numa_settings,
    pod_amounts,
    zone_amounts,
)
from ove_capacity.model.node_resource_topology import NodeResourceTopology
from ove_capacity.model.pod import PodSpec

__all__ = ["least_numa_nodes_score"]

_MOST = 100
_UNKNOWN_DISTANCE = 255

_Costs = Mapping[int, Mapping[int, int]]


def _distance(costs: _Costs, zones: Sequence[int]) -> int:
    """Sum over all ordered pairs, a zone and itself too; sets of one size compare by it."""
    return sum(costs[one].get(other, _UNKNOWN_DISTANCE) for one in zones for other in zones)


def _fits(zones: dict[int, ZoneAmounts], chosen: Sequence[int], request: ZoneAmounts) -> bool:
    return all(
        all(name in zones[number] for number in chosen)
        and (not amount or sum(zones[number][name] for number in chosen) >= amount)
        for name, amount in request.items()
    )


def _fewest(
    zones: dict[int, ZoneAmounts], costs: _Costs, request: ZoneAmounts
) -> tuple[tuple[int, ...], bool]:
    """The zones a request needs, and whether none of as many are closer; () when none do."""
    for size in range(1, len(zones) + 1):
        choices = list(combinations(zones, size))
        fitting = [chosen for chosen in choices if _fits(zones, chosen, request)]
        if fitting:
            best = min(fitting, key=lambda chosen: _distance(costs, chosen))
            closest = min(_distance(costs, chosen) for chosen in choices)
            return best, _distance(costs, best) == closest
    return (), False


def _subtract(zones: dict[int, ZoneAmounts], chosen: Sequence[int], request: ZoneAmounts) -> None:
    for name, amount in request.items():
        left = amount
        for number in chosen:
            part = min(zones[number].get(name, 0), left)
            if part > 0:
                zones[number][name] -= part
                left -= part


def least_numa_nodes_score(spec: PodSpec, topology: NodeResourceTopology) -> int:
    """Score 0..100 of a node for a Guaranteed pod; 0 when it does not fit.

    What asks only for resources that no zone reports needs no zone.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/least_numa.go,
    leastNUMAContainerScopeScore, leastNUMAPodScopeScore and normalizeScore.
    """
    settings = numa_settings(topology)
    zones = zone_amounts(topology.zones)
    costs = {zone.number: zone.costs for zone in topology.zones}
    containers = spec.init_containers + spec.containers
    requests = [amounts_of(container.requests) for container in containers]
    if settings.scope == "pod":
        requests = [pod_amounts(spec)]
    most, all_closest = 0, True
    for request in requests:
        if not any(name in zone for zone in zones.values() for name in request):
            continue
        chosen, is_closest = _fewest(zones, costs, request)
        if not chosen:
            return 0
        most = max(most, len(chosen))
        all_closest = all_closest and is_closest
        _subtract(zones, chosen, request)
    if not most:
        return _MOST
    step = _MOST // settings.max_numa_nodes
    return _MOST - most * step + (step // 2 if all_closest else 0)
