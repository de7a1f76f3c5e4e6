"""Names of Services: hosts that nothing answers to, and names that end at the cluster's edge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.files import embedded_document

__all__ = ["SERVICE_NAME_RULES"]

_LOCAL = re.compile(
    r"([a-z0-9][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?(?![-\w])"
)
_BARE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_MESH = "networking.istio.io"
_ROUTES = ("http", "tcp", "tls")
_MAIN_GATEWAY = "mesh"


def _names(text: object) -> list[tuple[str, str]]:
    """(namespace, Service) of each cluster-local name in a text."""
    if not isinstance(text, str):
        return []
    return [(namespace, service) for service, namespace in _LOCAL.findall(text)]


def _short(service: Manifest, host: object) -> list[tuple[str, str]]:
    """A bare name is a Service of the VirtualService's own namespace."""
    is_bare = isinstance(host, str) and _BARE.fullmatch(host) is not None
    return [(service.namespace or "default", str(host))] if is_bare else []


def _known(subject: Subject, cluster: str) -> frozenset[tuple[str, str]]:
    """Services of a cluster, and the hosts that service entries add."""
    found = set()
    for each in subject.of_kind("Service", ""):
        if each.cluster == cluster:
            found.add((each.namespace or "default", each.name))
    for each in subject.of_kind("ServiceEntry", _MESH):
        if each.cluster == cluster:
            found |= {name for host in each.listed("spec", "hosts") for name in _names(host)}
    return frozenset(found)


def _hosts(service: Manifest) -> Iterator[tuple[FieldPath, object]]:
    """Hosts that a VirtualService is for, and those it sends to."""
    for index, host in enumerate(service.listed("spec", "hosts")):
        yield ("spec", "hosts", index), host
    for path, destination in _destinations(service):
        yield (*path, "host"), destination.get("host")


def _destinations(service: Manifest) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for protocol in _ROUTES:
        for index, _ in enumerate(service.listed("spec", protocol)):
            keys = ("spec", protocol, index, "route")
            for number, _ in enumerate(service.listed(*keys)):
                path = (*keys, number, "destination")
                yield path, service.mapping(*path)


def _unanswered_hosts(subject: Subject) -> Iterator[Finding]:
    """A route to a host that the mesh's registry does not have answers 503.

    Source: istio.io docs/reference/config/networking/virtual-service, Destination.host: platform
    services and ServiceEntries; unknown ones are discarded.
    """
    for service in subject.of_kind("VirtualService", _MESH):
        known = _known(subject, service.cluster)
        for path, host in _hosts(service):
            for namespace, name in _names(host) or _short(service, host):
                if (namespace, name) not in known:
                    yield Finding(
                        service.problem(
                            f"no Service {namespace}/{name} among the manifests", *path
                        ),
                        consequence="unless it is made elsewhere, no VM is reached by that name",
                        repair=f"a Service {name} in {namespace} that selects the VMs' pods",
                    )


def _unknown_gateways(subject: Subject) -> Iterator[Finding]:
    """Gateways and subsets are names of other objects; without them no route of theirs exists.

    Source: istio.io docs/reference/config/networking/virtual-service (gateways, subset) and
    destination-rule (subsets).
    """
    gateways = {(each.cluster, each.name) for each in subject.of_kind("Gateway", _MESH)}
    subsets = {
        (rule.cluster, rule.get("spec", "host"), rule.get("spec", "subsets", index, "name"))
        for rule in subject.of_kind("DestinationRule", _MESH)
        for index, _ in enumerate(rule.listed("spec", "subsets"))
    }
    for service in subject.of_kind("VirtualService", _MESH):
        for index, gateway in enumerate(service.listed("spec", "gateways")):
            name = str(gateway).rpartition("/")[2]
            if name != _MAIN_GATEWAY and (service.cluster, name) not in gateways:
                yield Finding(
                    service.problem(
                        f"no Gateway {gateway} among the manifests", "spec", "gateways", index
                    ),
                    consequence="unless it is made elsewhere, nothing enters by it",
                    repair=f"a Gateway {name}",
                )
        for path, destination in _destinations(service):
            subset, host = destination.get("subset"), destination.get("host")
            if isinstance(subset, str) and (service.cluster, host, subset) not in subsets:
                yield Finding(
                    service.problem(
                        f"no DestinationRule has subset {subset} of {host}", *path, "subset"
                    ),
                    consequence="unless it is made elsewhere, that route answers 503",
                    repair=f"a DestinationRule for {host} with subset {subset}",
                )


def _jobs(subject: Subject) -> Iterator[tuple[str, Document, FieldPath, Mapping[str, Any]]]:
    """Scrape jobs: (cluster, document, path, job); bare ones, and those inside other objects."""
    documents = list(subject.documents)
    for kind, key in (("Secret", "stringData"), ("ConfigMap", "data")):
        for each in subject.of_kind(kind, ""):
            for name, text in each.mapping(key).items():
                if isinstance(text, str) and "job_name" in text:
                    inner = _inner(each, key, str(name))
                    documents += [(each.cluster, inner)] if inner else []
    for cluster, document in documents:
        value: Any = document.value
        path: FieldPath = ()
        if isinstance(value, Mapping):  # a whole configuration of Prometheus
            value, path = value.get("scrape_configs"), ("scrape_configs",)
        for index, job in enumerate(value if isinstance(value, list) else ()):
            if isinstance(job, Mapping) and "job_name" in job:
                yield cluster, document, (*path, index), job


def _inner(manifest: Manifest, *keys: str) -> Document | None:
    try:
        return embedded_document(manifest.document, (*manifest.path, *keys), Problems())
    except (KeyError, ScenarioError):
        return None


def _beyond_the_cluster(subject: Subject) -> Iterator[Finding]:
    """A name below svc.cluster.local is known to the DNS of its own cluster and to no other.

    Source: kubernetes/website content/en/docs/concepts/services-networking/dns-pod-service.md;
    that a Service which is not among the manifests is another cluster's is our judgement.
    """
    yield from _targets(subject)
    for forwarder in subject.of_kind("ClusterLogForwarder"):
        known = _known(subject, forwarder.cluster)
        for index, output in enumerate(forwarder.listed("spec", "outputs")):
            url = output.get("url") if isinstance(output, Mapping) else None
            for namespace, name in _names(url):
                if (namespace, name) not in known:
                    yield Finding(
                        forwarder.problem(_apart(namespace, name), "spec", "outputs", index, "url"),
                        consequence="if it is the hub's, the logs of this cluster go nowhere",
                        repair="the host of a Route",
                    )


def _targets(subject: Subject) -> Iterator[Finding]:
    for cluster, document, path, job in _jobs(subject):
        known = _known(subject, cluster)
        configs = job.get("static_configs")
        for index, config in enumerate(configs if isinstance(configs, list) else ()):
            targets = config.get("targets") if isinstance(config, Mapping) else None
            for number, target in enumerate(targets if isinstance(targets, list) else ()):
                for namespace, name in _names(target):
                    if (namespace, name) not in known:
                        keys = (*path, "static_configs", index, "targets", number)
                        yield Finding(
                            document.problem(keys, _apart(namespace, name)),
                            consequence="if it is another cluster's, no alert on its metrics fires",
                            repair="the host of a Route, or remote write from that cluster",
                        )


def _apart(namespace: str, name: str) -> str:
    return f"resolves in its own cluster only, and no Service {namespace}/{name} is listed here"


SERVICE_NAME_RULES = (
    Rule("mesh-host-unknown", "Hosts that are no Service", Severity.WARNING, _unanswered_hosts),
    Rule(
        "mesh-name-unknown",
        "Gateways and subsets that are not there",
        Severity.WARNING,
        _unknown_gateways,
    ),
    Rule("cluster-local-target", "Names of another cluster", Severity.WARNING, _beyond_the_cluster),
)
"""Names of Services."""
