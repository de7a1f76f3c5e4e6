"""NodeResourceTopologyMatch: each container, or the whole pod, finds one NUMA zone with room.

An optional plugin. It knows zones as the node reported them, and neither core alignment nor groups
of cells: a node that passes may still refuse the pod.
"""

from __future__ import annotations

from collections.abc import Collection

from ove_capacity.kube.numa_zones import (
    SINGLE_NUMA_NODE,
    ZoneAmounts,
    amounts_of,
    is_bound_to_cells,
    is_native,
    numa_settings,
    pod_amounts,
    zone_amounts,
)
from ove_capacity.model.node_resource_topology import NodeResourceTopology
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.pod_requests import qos_class
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY, PODS

__all__ = ["NUMA_PLUGIN", "numa_refusal"]

NUMA_PLUGIN = "NodeResourceTopologyMatch"

_ALWAYS_ALLOCATABLE = (CPU, MEMORY, EPHEMERAL_STORAGE, PODS)
_OF_THE_HOST = (EPHEMERAL_STORAGE, "storage")


def _zone_for(
    zones: dict[int, ZoneAmounts], request: ZoneAmounts, allocatable: Collection[str], qos: str
) -> int | None:
    """The lowest zone that has room for all of a request."""
    fitting = list(zones) or [0]
    for name, amount in request.items():
        if not amount:
            continue
        if name not in allocatable and name not in _ALWAYS_ALLOCATABLE:
            return None
        reporting = [number for number, zone in zones.items() if name in zone]
        if not reporting and (name in _OF_THE_HOST or not is_native(name)):
            continue
        lenient = qos != "Guaranteed" and is_bound_to_cells(name)
        room = {number for number in reporting if lenient or zones[number][name] >= amount}
        fitting = [number for number in fitting if number in room]
        if not fitting:
            return None
    return fitting[0]


def _by_container(
    spec: PodSpec, zones: dict[int, ZoneAmounts], allocatable: Collection[str], qos: str
) -> str:
    for container in spec.init_containers:
        if _zone_for(zones, amounts_of(container.requests), allocatable, qos) is None:
            return "cannot align init container"
    for container in spec.containers:
        request = amounts_of(container.requests)
        number = _zone_for(zones, request, allocatable, qos)
        if number is None:
            return "cannot align container"
        zone = zones.get(number, {})
        for name, amount in request.items():
            if name in zone and (qos == "Guaranteed" or not is_bound_to_cells(name)):
                zone[name] -= amount
    return ""


def numa_refusal(
    spec: PodSpec, allocatable: Collection[str], topology: NodeResourceTopology | None
) -> str:
    """Why a pod cannot be aligned on a node, or "".

    *allocatable*: names of what the node has at all; amounts of the node play no part here.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/filter.go,
    Filter, singleNUMAContainerLevelHandler and singleNUMAPodLevelHandler.
    """
    qos = qos_class(spec)
    asked = (name for each in spec.containers + spec.init_containers for name in each.requests)
    if qos == "BestEffort" and all(map(is_native, asked)):
        return ""
    if topology is None:
        return ""
    if topology.stale:
        return "invalid node topology data"
    settings = numa_settings(topology)
    if settings.policy != SINGLE_NUMA_NODE:
        return ""
    zones = zone_amounts(topology.zones)
    if settings.scope == "pod":
        aligned = _zone_for(zones, pod_amounts(spec), allocatable, qos) is not None
        return "" if aligned else "cannot align pod"
    return _by_container(spec, zones, allocatable, qos)
