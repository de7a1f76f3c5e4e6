"""Parts of services -> pods that the scheduler can place."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.management import ServicePart
from ove_capacity.model.node import HOSTNAME_LABEL
from ove_capacity.model.pod import (
    Affinity,
    Container,
    OwnerReference,
    Pod,
    PodAffinityTerm,
    PodSpec,
    PreferredPodTerm,
)
from ove_capacity.model.resources import CPU, PODS, Amounts, ResourceList
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.quantity import Notation, Quantity

__all__ = ["PART_LABEL", "daemon_requests", "service_pods"]

PART_LABEL = "app.kubernetes.io/component"
_SERVICE_LABEL = "app.kubernetes.io/part-of"
_APART = 35
"""Weight by which replicas would rather be on different machines."""


def daemon_requests(parts: Iterable[ServicePart]) -> Amounts:
    """What the daemons of one node ask for together; ``pods`` counts them.

    Source: ours, a sum.
    """
    total: dict[str, int] = {}
    for part in parts:
        if part.is_daemon:
            for name, amount in {**part.requests, PODS: 1}.items():
                total[name] = total.get(name, 0) + amount
    return total


def service_pods(parts: Iterable[ServicePart]) -> tuple[Pod, ...]:
    """A pod of each replica, in the order of parts, but of daemons.

    Replicas would rather be on different machines. Nothing but requests binds them to any.

    Source: stolostron/multiclusterhub-operator b978524 pkg/utils/utils.go, DistributePods, taken
    for all services.
    """
    found: list[Pod] = []
    for part in parts:
        if part.is_daemon:
            continue
        namespace, labels = _namespace(part.service), _labels(part)
        spec = _spec(part, namespace, labels)
        owner = OwnerReference("ReplicaSet", part.name)
        found += [
            Pod(f"{part.name}-{index}", spec, namespace, labels, owner)
            for index in range(part.replicas)
        ]
    return tuple(found)


def _namespace(service: str) -> str:
    return service.lower().replace(" ", "-")


def _labels(part: ServicePart) -> dict[str, str]:
    return {PART_LABEL: part.name, _SERVICE_LABEL: _namespace(part.service)}


def _selector(part: ServicePart) -> LabelSelector:
    return LabelSelector((Requirement(PART_LABEL, "In", (part.name,)),))


def _spec(part: ServicePart, namespace: str, labels: dict[str, str]) -> PodSpec:
    container = Container(part.name, _resources(part.requests), _resources(part.limits))
    apart = PodAffinityTerm(HOSTNAME_LABEL, _selector(part), (namespace,))
    several = part.replicas > 1
    affinity = Affinity(anti_preferred=(PreferredPodTerm(_APART, apart),)) if several else None
    return PodSpec((container,), affinity=affinity or Affinity())


def _resources(amounts: Amounts) -> ResourceList:
    return {
        name: Quantity.parse(f"{amount}m") if name == CPU else Quantity.of(amount, Notation.BINARY)
        for name, amount in amounts.items()
    }
