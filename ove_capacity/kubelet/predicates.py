"""The kubelet's own look at node totals, after its managers have allocated."""

from __future__ import annotations

from ove_capacity.kube.filters.node_resources_fit import lacks
from ove_capacity.kubelet.refusal import Refusal
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    MEMORY,
    PODS,
    Amounts,
    is_extended,
    is_schedulable,
)

__all__ = ["out_of"]

_FIRST = (PODS, CPU, MEMORY, EPHEMERAL_STORAGE)


def out_of(request: Amounts, allocatable: Amounts, requested: Amounts) -> Refusal | None:
    """OutOfcpu, OutOfmemory, OutOfpods …: what the scheduler saw otherwise, as after a race.

    *request* of the pod, *allocatable* and *requested* of the node: ``cpu`` in milli-cores, the
    rest in bytes and pieces. A pod counts as one of ``pods``. Devices that the node does not list
    are not looked at, nor is what the scheduler does not count either.

    Source: kubernetes v1.36.2 pkg/kubelet/lifecycle/predicate.go, predicateAdmitHandler.Admit,
    removeMissingExtendedResources, InsufficientResourceError.
    """
    asked = {PODS: 1, **request}
    others = sorted(name for name in asked if name not in _FIRST)
    for name in (*_FIRST, *others):
        amount = asked.get(name, 0)
        if not is_schedulable(name) or (is_extended(name) and name not in allocatable):
            continue
        capacity, used = allocatable.get(name, 0), requested.get(name, 0)
        if lacks(amount, capacity, used):
            return Refusal(
                f"OutOf{name}",
                f"Node didn't have enough resource: {name}, requested: {amount}, used: {used}, "
                f"capacity: {capacity}",
            )
    return None
