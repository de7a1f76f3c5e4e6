"""Prioritizers: each scores all candidate clusters at once, from what the hub knows.

A prioritizer takes the candidates: the clusters that passed the filters, the placement and the
decisions so far. It returns -100 to 100 for each by name, and nothing (so 0) for one that it
cannot judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ove_capacity.ocm.candidates import Candidates
from ove_capacity.ocm.prioritizers.balance import balance
from ove_capacity.ocm.prioritizers.resource_allocatable import (
    resource_allocatable_cpu,
    resource_allocatable_memory,
)
from ove_capacity.ocm.prioritizers.steady import steady
from ove_capacity.registry import Registry

__all__ = ["PRIORITIZERS", "Prioritizer"]

Prioritizer = Callable[[Candidates], Mapping[str, int]]

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
