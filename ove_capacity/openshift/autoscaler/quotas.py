"""Cores, memory and GPUs of the whole cluster: how many nodes more, or less, limits allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ove_capacity.model.node import Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.gpus import gpus_of
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.view import ClusterView

__all__ = ["Quotas", "maximum_quotas", "minimum_quotas", "node_resources"]

_CORE_MILLI = 1000
_NOT_COUNTED = ("type", "virtual-kubelet")


def node_resources(node: Node) -> dict[str, int]:
    """Whole cores, rounded up, and bytes of memory of a node's capacity; its GPUs by their type.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/utils/utils.go,
    GetNodeCoresAndMemory, and resourcequotas/cache.go, totalNodeResources.
    """
    cores = -(-node.capacity.get(CPU, 0) // _CORE_MILLI)
    return {CPU: cores, MEMORY: node.capacity.get(MEMORY, 0), **gpus_of(node)}


@dataclass(slots=True)
class Quotas:
    """What is left of what is limited; it shrinks as nodes are granted."""

    left: dict[str, int]
    by_group: dict[str, dict[str, int]] = field(default_factory=dict)
    """Group -> resources of the first node seen of it, which speaks for all."""

    def _delta(self, group: str, node: Node) -> dict[str, int]:
        if not group:
            return node_resources(node)
        return self.by_group.setdefault(group, node_resources(node))

    def allowed(self, group: str, node: Node, wanted: int) -> tuple[int, list[str]]:
        """How many of *wanted* nodes are allowed, and which resources would run out."""
        allowed, short = wanted, []
        for resource, each in self._delta(group, node).items():
            left = self.left.get(resource)
            if left is not None and each > 0 and left < each * wanted:
                allowed = min(allowed, left // each)
                short.append(resource)
        return allowed, short

    def take(self, group: str, node: Node, count: int) -> bool:
        """Grant so many nodes, if all of them are allowed; whether they are."""
        if self.allowed(group, node, count)[0] != count:
            return False
        for resource, each in self._delta(group, node).items():
            if resource in self.left:
                self.left[resource] = max(0, self.left[resource] - count * each)
        return True


def maximum_quotas(
    view: ClusterView,
    nodes: Iterable[tuple[Node, str]],
    templates: Mapping[str, Node],
    options: AutoscalingOptions,
) -> Quotas:
    """What may still be added.

    Args:
        view: targets of the groups.
        nodes: every node of the snapshot, awaited ones too, with its group ("" for none).
        templates: group -> its template.
        options: limits; and how the release counts.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/resourcequotas/factory.go,
    newQuotasTracker; release-4.21 cluster-autoscaler/core/scaleup/resource/manager.go.
    """
    gpus = {kind: most for kind, (_, most) in options.gpus.items()}
    quotas = Quotas({CPU: options.cores_max, MEMORY: options.memory_max_bytes, **gpus})
    if options.rules.counts_usage_by_target:
        used = _used_by_target(view, nodes, templates)
    else:
        used = _used(quotas, nodes)
    quotas.left = {name: max(0, limit - used[name]) for name, limit in quotas.left.items()}
    return quotas


def minimum_quotas(nodes: Iterable[tuple[Node, str]], options: AutoscalingOptions) -> Quotas:
    """What may still be taken away; see `maximum_quotas`.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/resourcequotas/factory.go,
    newQuotasTracker.
    """
    gpus = {kind: least for kind, (least, _) in options.gpus.items()}
    quotas = Quotas({CPU: options.cores_min, MEMORY: options.memory_min_bytes, **gpus})
    used = _used(quotas, nodes)
    quotas.left = {name: max(0, used[name] - limit) for name, limit in quotas.left.items()}
    return quotas


def _counts(node: Node) -> bool:
    key, value = _NOT_COUNTED
    return node.labels.get(key) != value


def _used(quotas: Quotas, nodes: Iterable[tuple[Node, str]]) -> Counter[str]:
    used: Counter[str] = Counter()
    for node, group in nodes:
        if _counts(node):
            for name, amount in quotas._delta(group, node).items():
                used[name] += amount
    return used


def _used_by_target(
    view: ClusterView, nodes: Iterable[tuple[Node, str]], templates: Mapping[str, Node]
) -> Counter[str]:
    """Targets of the groups times their templates, and every node outside them."""
    used: Counter[str] = Counter()
    parts = [(node_resources(node), 1) for node, group in nodes if not group and _counts(node)]
    parts += [
        (node_resources(templates[state.name]), state.target_size)
        for state in view.groups
        if state.name in templates
    ]
    for resources, count in parts:
        for name, amount in resources.items():
            used[name] += count * amount
    return used
