"""ImageLocality: nodes that hold the pod's images already."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.model.node import Node
from ove_capacity.model.pod import PodSpec

__all__ = ["image_score", "image_spread", "normalized_name"]

_MIB = 1 << 20
_LEAST_BYTES = 23 * _MIB
_MOST_BYTES_PER_CONTAINER = 1000 * _MIB


def normalized_name(name: str) -> str:
    """The name with its tag; ``:latest`` when it has none.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/imagelocality/image_locality.go,
    normalizedImageName.
    """
    return name if name.rfind(":") > name.rfind("/") else f"{name}:latest"


def image_spread(nodes: list[Node]) -> dict[str, tuple[int, int]]:
    """Image name -> (size in bytes as the first node reports it, number of nodes that have it).

    Source: kubernetes v1.34.1 pkg/scheduler/backend/cache/cache.go, addNodeImageStates.
    """
    spread: dict[str, tuple[int, int]] = {}
    for node in nodes:
        sizes: dict[str, int] = {}
        for image in node.images:
            for name in image.names:
                sizes.setdefault(name, image.size_bytes)
        for name, size in sizes.items():
            first, count = spread.get(name, (size, 0))
            spread[name] = (first, count + 1)
    return spread


def image_score(
    spec: PodSpec, held: frozenset[str], spread: Mapping[str, tuple[int, int]], nodes: int
) -> int:
    """Score 0..100 of a node that holds the images named, for a pod, in a cluster of *nodes*.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/imagelocality/image_locality.go,
    sumImageScores and calculatePriority.
    """
    containers = (*spec.init_containers, *spec.containers)
    total = 0
    for container in containers:
        name = normalized_name(container.image)
        if name in held:
            size, count = spread[name]
            total += int(float(size) * (float(count) / float(nodes)))
    most = _MOST_BYTES_PER_CONTAINER * len(containers)
    total = max(_LEAST_BYTES, min(total, most))
    return 100 * (total - _LEAST_BYTES) // (most - _LEAST_BYTES)
