"""VirtualServices of a mesh -> where requests for a host go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.network import Route

__all__ = ["routes_of"]

_PROTOCOLS = ("http", "tls", "tcp")
_SVC = "svc"


def routes_of(written: Iterable[Fields]) -> tuple[Route, ...]:
    """The ways of all VirtualServices; redirects and answers without a destination are none."""
    return tuple(route for each in written for route in _routes(each))


def _routes(written: Fields) -> Iterator[Route]:
    namespace = written.fields("metadata").text("namespace") or "default"
    spec = written.fields("spec")
    for host in spec.texts("hosts"):
        for way in (way for protocol in _PROTOCOLS for way in spec.each(protocol)):
            match = " or ".join(_said(each.value) for each in way.each("match"))
            for target in way.each("route"):
                service = _service(target.fields("destination").text("host"), namespace)
                yield Route(host, match, service, target.whole("weight", 100, 0, 100))


def _service(host: str, namespace: str) -> str:
    """``a.b.svc.cluster.local`` and, in the same namespace, ``a`` are Services of the cluster."""
    parts = host.split(".")
    if len(parts) == 1:
        return f"{namespace}/{host}"
    return f"{parts[1]}/{parts[0]}" if parts[2:3] == [_SVC] else host


def _said(match: Mapping[str, Any]) -> str:
    return ", ".join(_flat(match))


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, inner in value.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(inner, Mapping):
            yield from _flat(inner, name)
        else:
            yield f"{name}={inner}"
