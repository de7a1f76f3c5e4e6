"""ResourceAllocatableCPU and ResourceAllocatableMemory: go to the larger cluster.

The size of the cluster, not what is free on it: what already runs there is not seen.
"""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.ocm.candidates import Candidates, ClusterScores
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.quantity import NANO, Quantity

__all__ = [
    "allocatable_scores",
    "approximate_float",
    "resource_allocatable_cpu",
    "resource_allocatable_memory",
    "written_float",
]

_WRITTEN = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))", re.ASCII)
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def resource_allocatable_cpu(candidates: Candidates) -> ClusterScores:
    """-100 to 100 by allocatable CPU, relative to the candidates.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, Score.
    """
    return _scores(candidates, CPU)


def resource_allocatable_memory(candidates: Candidates) -> ClusterScores:
    """-100 to 100 by allocatable memory, relative to the candidates.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, Score.
    """
    return _scores(candidates, MEMORY)


def allocatable_scores(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """100 for the largest, -100 for the smallest, 100 for all when they are of one size.

    Source: ocm v1.3.0-78 pkg/placement/plugins/resource/resource.go, mostResourceAllocatableScores.
    """
    lowest, highest = sizes.min(initial=math.inf), sizes.max(initial=-math.inf)
    if lowest >= highest:
        return np.full(len(sizes), 100, np.int64)
    # The order of operations is upstream's: another one truncates to other integers.
    scores = ((sizes - lowest) / (highest - lowest) - 0.5) * 2.0 * 100.0
    truncated: NDArray[np.int64] = np.trunc(scores).astype(np.int64)
    return truncated


def approximate_float(resource: str, value: int) -> float:
    """An amount as upstream's float: mantissa × power of ten, with one rounding.

    The API server writes 1500m for one and a half cores, and 2 for two.

    Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, AsApproximateFloat64.
    """
    if resource != CPU:
        return float(value)
    return float(value // 1000) if value % 1000 == 0 else value * 0.001


def written_float(text: str) -> float:
    """A quantity's text as upstream's float: ``1.75`` is 175 × 0.01, ``1750m`` is 1750 × 0.001.

    Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, ParseQuantity,
    AsApproximateFloat64. What no float holds is the capped quantity's.
    """
    match = _WRITTEN.fullmatch(text)
    assert match is not None, text
    sign, whole, fraction, exponent, suffix = match.groups()
    mantissa = int(sign + (whole + fraction or "0"))
    scale = -len(fraction) + (int(exponent) if exponent else _DECIMAL.get(suffix or "", 0))
    mantissa <<= _BINARY.get(suffix or "", 0)
    try:
        found = float(mantissa) if scale == 0 else float(mantissa) * float(f"1e{scale}")
    except OverflowError:
        found = math.inf
    return found if math.isfinite(found) else Quantity.parse(text).nano / NANO


def _size(cluster: ManagedCluster, resource: str) -> float:
    # Of the capacity upstream reads only that it is there.
    if resource not in cluster.allocatable or resource not in cluster.capacity:
        return math.nan
    if resource in cluster.approximate:
        return cluster.approximate[resource]
    return approximate_float(resource, cluster.allocatable[resource])


def _scores(candidates: Candidates, resource: str) -> ClusterScores:
    def ask(_: Inventory, cluster: ManagedCluster) -> float:
        return _size(cluster, resource)

    key = ("allocatable", resource)
    sizes = candidates.inventory.column(key, np.float64, ask)[candidates.chosen]
    given = ~np.isnan(sizes)
    scores = np.zeros(len(sizes), np.int64)
    scores[given] = allocatable_scores(sizes[given])
    return candidates.scores(scores, given)
