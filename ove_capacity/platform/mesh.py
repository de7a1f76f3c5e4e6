"""What a service mesh puts into pods: its proxy."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.model.resources import CPU, MEMORY, ResourceList
from ove_capacity.model.selector import Labels
from ove_capacity.quantity import Quantity

__all__ = ["gets_proxy", "proxy_requests", "with_proxy"]

_INJECT = "sidecar.istio.io/inject"
_NAMESPACE, _REVISION = "istio-injection", "istio.io/rev"
_YES = ("y", "yes", "true", "on")


def _amounts(cpu: str, memory: str) -> ResourceList:
    return {CPU: Quantity.parse(cpu), MEMORY: Quantity.parse(memory)}


_PROXY = Container("istio-proxy", _amounts("100m", "128Mi"), _amounts("2000m", "1024Mi"))


def proxy_requests() -> ResourceList:
    """What one proxy asks for.

    Source: istio/istio 007204d manifests/charts/istio-control/istio-discovery/values.yaml,
    global.proxy.resources.
    """
    return _PROXY.requests


def gets_proxy(labels: Labels, namespace: Labels) -> bool:
    """Whether a pod with these labels, in a namespace with those, is given a proxy.

    A namespace that is enabled, or a revision that it or the pod names, asks for all but those that
    say no; elsewhere only pods that say yes get one, and none where the namespace is disabled.

    Source: istio/istio 543a3cf manifests/charts/istio-control/istio-discovery/templates/
    revision-tags-mwc.yaml (selectors); 00af2c5 pkg/kube/inject/inject.go, injectRequired.
    """
    said = labels.get(_INJECT, "")
    by_namespace = namespace.get(_NAMESPACE)
    by_revision = by_namespace is None and (_REVISION in namespace or _REVISION in labels)
    if by_namespace == "enabled" or by_revision:
        return said.lower() in (*_YES, "")
    return by_namespace is None and said == "true"


def with_proxy(spec: PodSpec) -> PodSpec:
    """The spec with the proxy beside its containers.

    Source: istio/istio 00af2c5 pkg/kube/inject/inject.go, RunTemplate.
    """
    return replace(spec, containers=(*spec.containers, _PROXY))
