"""What NodeResourceTopologyMatch's filter and scores share: zones, and what fits them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ove_capacity.model.node_resource_topology import NodeResourceTopology, NumaZone
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, ResourceList

__all__ = [
    "SINGLE_NUMA_NODE",
    "NumaSettings",
    "ZoneAmounts",
    "amounts_of",
    "is_bound_to_cells",
    "is_native",
    "numa_settings",
    "pod_amounts",
    "zone_amounts",
]

SINGLE_NUMA_NODE = "single-numa-node"

_POLICIES = ("none", "best-effort", "restricted", SINGLE_NUMA_NODE)
_SCOPES = ("container", "pod")
_LIMIT_ZONES = 1024
_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)

ZoneAmounts = dict[str, int]
"""Resource -> nano-units."""


class NumaSettings(NamedTuple):
    """How the node's kubelet aligns."""

    policy: str = "none"
    scope: str = "container"
    max_numa_nodes: int = 8


def numa_settings(topology: NodeResourceTopology) -> NumaSettings:
    """What the node's attributes say; what is no known value leaves the default.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/nodeconfig/
    topologymanager.go, updateFromAttributes.
    """
    settings, given = NumaSettings(), topology.attributes
    policy, scope = given.get("topologyManagerPolicy"), given.get("topologyManagerScope")
    if policy in _POLICIES:
        settings = settings._replace(policy=policy)
    if scope in _SCOPES:
        settings = settings._replace(scope=scope)
    most = given.get("topologyManagerMaxNUMANodes", "")
    if _NUMBER.fullmatch(most) and int(most) > 1:
        settings = settings._replace(max_numa_nodes=min(int(most), _LIMIT_ZONES))
    return settings


def is_bound_to_cells(name: str) -> bool:
    """CPU, memory and hugepages: what every zone reports.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/filter.go,
    isNUMAAffineResource.
    """
    return name in (CPU, MEMORY) or name.startswith(HUGEPAGES_PREFIX)


def is_native(name: str) -> bool:
    """Whether a resource is Kubernetes' own.

    Source: kubernetes v1.34.1 pkg/apis/core/v1/helper/helpers.go, IsNativeResource.
    """
    return "/" not in name or "kubernetes.io/" in name


def amounts_of(resources: ResourceList) -> ZoneAmounts:
    """Quantities as exact numbers.

    Source: ours; sums and comparisons of quantities upstream are exact, too.
    """
    return {name: quantity.nano for name, quantity in resources.items()}


def zone_amounts(zones: Sequence[NumaZone]) -> dict[int, ZoneAmounts]:
    """What is available, by zone in order of numbers; to be subtracted from.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/noderesourcetopology/
    pluginhelpers.go, createNUMANodeList.
    """
    ordered = sorted(zones, key=lambda zone: zone.number)
    return {zone.number: amounts_of(zone.available) for zone in ordered}


def pod_amounts(spec: PodSpec) -> ZoneAmounts:
    """A pod as one container: all containers or the largest init container, and overhead.

    Sidecars count as init containers that end, which the kubelet sees otherwise.

    Source: kubernetes-sigs/scheduler-plugins 903da7df82cb pkg/util/resource.go,
    GetPodEffectiveRequest.
    """
    total: ZoneAmounts = {}
    for container in spec.containers:
        _add(total, container.requests)
    for container in spec.init_containers:
        for name, quantity in container.requests.items():
            total[name] = max(total.get(name, 0), quantity.nano)
    _add(total, spec.overhead)
    return total


def _add(total: ZoneAmounts, more: ResourceList) -> None:
    for name, quantity in more.items():
        total[name] = total.get(name, 0) + quantity.nano
