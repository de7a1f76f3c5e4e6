"""The object that installs a service -> its parts, as written and as documented."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ove_capacity.model.management import DeclaredService, ServicePart
from ove_capacity.platform.management.documented import (
    BACKUP,
    CENTRAL,
    COLLECTOR,
    GITOPS,
    KYVERNO,
    OBSERVABILITY,
    PROMETHEUS,
    RHACM,
    SENSOR,
    Documented,
)

__all__ = ["part_of", "service_parts"]


def part_of(
    service: str,
    known: Documented,
    said: DeclaredService,
    *,
    is_available: bool = False,
) -> ServicePart:
    """One part: what the object says of it wins, field by field, over what is documented.

    *is_available*: the service is to be highly available.

    Source: ours, how a default takes effect.
    """
    name = known.name
    documented = (is_available and known.replicas_when_available) or known.replicas
    written = said.replicas.get(name)
    kept = name not in said.dropped
    requests, limits = said.requests.get(name, {}), said.limits.get(name, {})
    volume = said.storage_bytes.get(name, 0)
    return ServicePart(
        service=service,
        name=name,
        replicas=documented if written is None else written,
        requests={**known.requests, **(requests if kept else {})},
        limits={**known.limits, **(limits if kept else {})},
        storage_bytes=volume or known.storage_bytes,
        written_requests=requests,
        written_limits=limits,
        written_replicas=written,
        written_storage_bytes=volume,
        documented_replicas=documented,
        documented_requests=known.requests,
        documented_storage_bytes=known.storage_bytes,
        source=known.source,
        evidence=known.evidence,
        is_daemon=known.is_daemon,
    )


def _hub(said: DeclaredService) -> list[ServicePart]:
    high = said.settings.get("availability", "High") != "Basic"
    parts = [part_of("RHACM", each, said, is_available=high) for each in RHACM]
    if said.settings.get("backup") == "true":
        parts += [part_of("cluster backup", each, said) for each in BACKUP]
    return parts


def _gitops(said: DeclaredService) -> list[ServicePart]:
    high = said.settings.get("ha") == "true"
    return [
        part_of("OpenShift GitOps", each, said, is_available=high)
        for each in GITOPS
        if high or each.name != "haproxy"
    ]


def _of(
    service: str, known: Iterable[Documented]
) -> Callable[[DeclaredService], list[ServicePart]]:
    return lambda said: [part_of(service, each, said) for each in known]


_SERVICES: Mapping[str, Callable[[DeclaredService], list[ServicePart]]] = {
    "ArgoCD": _gitops,
    "Central": _of("RHACS", CENTRAL),
    "ClusterLogForwarder": _of("logging", (COLLECTOR,)),
    "ClusterPolicy": _of("Kyverno", KYVERNO),
    "MultiClusterHub": _hub,
    "MultiClusterObservability": _of("observability", OBSERVABILITY),
    "Prometheus": _of("Prometheus", (PROMETHEUS,)),
    "Schedule": _of("Velero", BACKUP),
    "SecuredCluster": _of("RHACS", SENSOR),
}
"""Kind of the object -> what it installs, or what must be installed for it to do anything."""

_ONCE = frozenset(("ClusterLogForwarder", "ClusterPolicy", "Schedule"))
"""Kinds of which several are served by one service."""


def service_parts(declared: Iterable[DeclaredService]) -> tuple[ServicePart, ...]:
    """What the objects of one cluster make run there.

    Source: the tables of what is documented, each with its own.
    """
    found: list[ServicePart] = []
    seen: set[str] = set()
    for said in declared:
        if said.kind not in _SERVICES or (said.kind in _ONCE and said.kind in seen):
            continue
        seen.add(said.kind)
        found += _SERVICES[said.kind](said)
    return tuple(found)
