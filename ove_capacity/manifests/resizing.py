"""Pods that are resized in place: what counts for them is not only what their spec asks for."""

from __future__ import annotations

from itertools import islice

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.resources import ResourceList
from ove_capacity.quantity import Quantity

__all__ = ["held_requests"]

_PENDING = "PodResizePending"


def held_requests(spec: PodSpec, status: Fields) -> tuple[ResourceList, ...]:
    """What counts for each container, the init containers last; () when all count as they ask.

    The most of the spec, of what is in force and of what is allocated; without the spec when the
    node said that it can never give so much.

    Source: kubernetes/component-helpers v0.34.1 resource/helpers.go, AggregateContainerRequests and
    determineContainerReqs.
    """
    given = _given(status)
    infeasible = _is_infeasible(status)
    containers = (*spec.containers, *spec.init_containers)
    held: list[ResourceList] = []
    for at, each in enumerate(containers):
        runs_on = at < len(spec.containers) or each.restart_always
        if not runs_on or each.name not in given:
            held.append(each.requests)
        else:
            held.append(_most(*given[each.name], *(() if infeasible else (each.requests,))))
    resized = any(one != each.requests for one, each in zip(held, containers, strict=True))
    return tuple(held) if resized else ()


def _given(status: Fields) -> dict[str, tuple[ResourceList, ResourceList]]:
    """Container name -> what is in force, what is allocated; of those that report the former."""
    return {
        each.text("name"): (
            each.fields("resources").quantities("requests"),
            each.quantities("allocatedResources"),
        )
        for key in ("containerStatuses", "initContainerStatuses")
        for each in status.each(key)
        if "resources" in each
    }


def _is_infeasible(status: Fields) -> bool:
    pending = (each for each in status.each("conditions") if each.text("type") == _PENDING)
    return any(each.text("reason") == "Infeasible" for each in islice(pending, 1))


def _most(*lists: ResourceList) -> dict[str, Quantity]:
    most: dict[str, Quantity] = {}
    for each in lists:
        for name, quantity in each.items():
            if name not in most or most[name].nano < quantity.nano:
                most[name] = quantity
    return most
