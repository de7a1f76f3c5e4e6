"""What a pod asks for in sum, and its quality-of-service class.

Shared upstream by the scheduler, the kubelet and quota; so it lives with the noun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, ResourceList
from ove_capacity.quantity import Quantity

__all__ = ["asks_as_a_pod", "effective_requests", "pod_limits", "pod_requests", "qos_class"]

_ZERO = Quantity(0)


def _add(total: dict[str, Quantity], more: ResourceList) -> None:
    for name, quantity in more.items():
        held = total.get(name)
        total[name] = quantity if held is None else held + quantity


def _raise_to(total: dict[str, Quantity], other: ResourceList) -> None:
    for name, quantity in other.items():
        held = total.get(name)
        if held is None or quantity.nano > held.nano:
            total[name] = quantity


def _aggregate(spec: PodSpec, demands: Sequence[ResourceList]) -> dict[str, Quantity]:
    """Containers and sidecars together, or the largest moment of start-up, each resource apart.

    *demands*: of the containers, then of the init containers.
    """
    total: dict[str, Quantity] = {}
    for resources in demands[: len(spec.containers)]:
        _add(total, resources)
    sidecars: dict[str, Quantity] = {}
    starting: dict[str, Quantity] = {}
    for container, resources in zip(
        spec.init_containers, demands[len(spec.containers) :], strict=True
    ):
        if container.restart_always:
            _add(total, resources)
            _add(sidecars, resources)
            _raise_to(starting, sidecars)
        else:
            moment = dict(resources)
            _add(moment, sidecars)
            _raise_to(starting, moment)
    _raise_to(total, starting)
    return total


def _is_pod_level(name: str) -> bool:
    return name in (CPU, MEMORY) or name.startswith(HUGEPAGES_PREFIX)


def asks_as_a_pod(spec: PodSpec) -> bool:
    """Whether ``spec.resources.requests`` names anything that may be asked for there.

    Source: kubernetes/component-helpers v0.34.1 resource/helpers.go, IsPodLevelRequestsSet.
    """
    return any(_is_pod_level(name) for name in spec.pod_requests or ())


def pod_requests(
    spec: PodSpec,
    *,
    defaults: Mapping[str, Quantity] | None = None,
    pod_level: bool = True,
    held: tuple[ResourceList, ...] = (),
) -> dict[str, Quantity]:
    """Exact sum of requests: containers, sidecars, the start-up maximum, overhead.

    Args:
        spec: the pod's spec.
        defaults: stands in for a request that a container leaves out (an explicit 0 stays 0).
        pod_level: let ``spec.resources.requests`` replace CPU, memory and hugepages.
        held: what counts instead of the containers' requests, while a pod is resized in place.

    Source: kubernetes/component-helpers v0.34.1 resource/helpers.go, PodRequests and
    AggregateContainerRequests.
    """
    demands = held or [each.requests for each in (*spec.containers, *spec.init_containers)]
    if defaults:
        demands = [{**defaults, **requests} for requests in demands]
    total = _aggregate(spec, demands)
    if pod_level and spec.pod_requests is not None:
        for name, quantity in spec.pod_requests.items():
            if _is_pod_level(name):
                total[name] = quantity
    _add(total, spec.overhead)
    return total


def effective_requests(pod: Pod) -> dict[str, Quantity]:
    """What a pod that runs already counts for on its node, resized in place or not.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, PodInfo.calculateResource.
    """
    return pod_requests(pod.spec, held=pod.allocated)


def pod_limits(spec: PodSpec) -> dict[str, Quantity]:
    """Exact sum of limits; containers without a limit add nothing, nor does overhead to no limit.

    Source: kubernetes/component-helpers v0.34.1 resource/helpers.go, PodLimits.
    """
    containers = (*spec.containers, *spec.init_containers)
    total = _aggregate(spec, [container.limits for container in containers])
    for name, quantity in spec.overhead.items():
        if name in total and total[name].nano:
            total[name] = total[name] + quantity
    return total


def qos_class(spec: PodSpec) -> str:
    """Guaranteed, Burstable or BestEffort.

    Source: kubernetes v1.34.1 pkg/apis/core/v1/helper/qos/qos.go, ComputePodQOS.
    """
    containers = spec.containers + spec.init_containers
    asked = [
        (container.requests.get(name, _ZERO).nano, container.limits.get(name, _ZERO).nano)
        for container in containers
        for name in (CPU, MEMORY)
    ]
    if not any(request or limit for request, limit in asked):
        return "BestEffort"
    if all(limit and request == limit for request, limit in asked):
        return "Guaranteed"
    return "Burstable"
