"""Prioritizers: each scores all candidate clusters at once, from what the hub knows.

A prioritizer takes the placement, the clusters that passed the filters and the decisions so far;
it returns -100 to 100 for each cluster, and nothing (so 0) for one it cannot judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.prioritizers.balance import balance
from ove_capacity.ocm.prioritizers.resource_allocatable import (
    resource_allocatable_cpu,
    resource_allocatable_memory,
)
from ove_capacity.ocm.prioritizers.steady import steady
from ove_capacity.registry import Registry

__all__ = ["PRIORITIZERS", "Prioritizer"]

Prioritizer = Callable[[Placement, Sequence[ManagedCluster], Decisions], Mapping[str, int]]

PRIORITIZERS: Registry[Prioritizer] = Registry(
    "prioritizer",
    {
        "Balance": balance,
        "ResourceAllocatableCPU": resource_allocatable_cpu,
        "ResourceAllocatableMemory": resource_allocatable_memory,
        "Steady": steady,
    },
    group="ove_capacity.prioritizers",
)
"""All prioritizers by the name a Placement uses."""
