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
from ove_capacity.model.resources import CPU, Amounts, ResourceList
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.quantity import Notation, Quantity

__all__ = ["PART_LABEL", "service_pods"]

PART_LABEL = "app.kubernetes.io/component"
_SERVICE_LABEL = "app.kubernetes.io/part-of"
_APART = 35
"""Weight by which replicas would rather be on different machines."""


def service_pods(parts: Iterable[ServicePart], workers: int) -> tuple[Pod, ...]:
    """A pod of each replica, and of a daemon one for each of the workers, in the order of parts.

    Replicas would rather be on different machines. Nothing but requests binds them to any.

    Source: stolostron/multiclusterhub-operator pkg/utils DistributePods, taken for all services.
    """
    found: list[Pod] = []
    for part in parts:
        number = workers if part.is_daemon else part.replicas
        namespace, labels = _namespace(part.service), _labels(part)
        spec = _spec(part, namespace, labels)
        kind = "DaemonSet" if part.is_daemon else "ReplicaSet"
        found += [
            Pod(f"{part.name}-{index}", spec, namespace, labels, OwnerReference(kind, part.name))
            for index in range(number)
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
    if part.is_daemon:
        # One on each worker: what a DaemonSet says by node affinity.
        return PodSpec((container,), affinity=Affinity(anti_required=(apart,)))
    several = part.replicas > 1
    affinity = Affinity(anti_preferred=(PreferredPodTerm(_APART, apart),)) if several else None
    return PodSpec((container,), affinity=affinity or Affinity())


def _resources(amounts: Amounts) -> ResourceList:
    return {
        name: Quantity.parse(f"{amount}m") if name == CPU else Quantity.of(amount, Notation.BINARY)
        for name, amount in amounts.items()
    }
