"""Small nodes, pods and clusters in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import HOSTNAME_LABEL, ZONE_LABEL, Node
from ove_capacity.model.pod import Container, Pod, PodAffinityTerm, PodSpec
from ove_capacity.model.resources import CPU, MEMORY, PODS
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.quantity import Quantity, cpu_milli, memory_bytes
from ove_capacity.releases import release

__all__ = ["cluster", "node", "pod", "selector", "term"]


def node(
    name: str,
    cpu: str | int = 32,
    memory: str = "128Gi",
    *,
    pods: int = 250,
    zone: str = "",
    labels: Mapping[str, str] | None = None,
    extra: Mapping[str, int] | None = None,
    **fields: Any,
) -> Node:
    """A worker with these amounts allocatable; *extra*: further resources in pieces or bytes."""
    amounts = {CPU: cpu_milli(cpu), MEMORY: memory_bytes(memory), PODS: pods, **(extra or {})}
    worn = {HOSTNAME_LABEL: name, "node-role.kubernetes.io/worker": ""}
    if zone:
        worn[ZONE_LABEL] = zone
    return Node(name, amounts, amounts, {**worn, **(labels or {})}, **fields)


def selector(**labels: str) -> LabelSelector:
    """Labels that must be equal."""
    return LabelSelector(tuple(Requirement(key, "In", (value,)) for key, value in labels.items()))


def term(key: str = HOSTNAME_LABEL, **labels: str) -> PodAffinityTerm:
    """A pod affinity term over pods with these labels, in the pod's own namespace."""
    return PodAffinityTerm(key, selector(**labels))


def pod(
    name: str,
    cpu: str | int | None = 1,
    memory: str | None = "1Gi",
    *,
    labels: Mapping[str, str] | None = None,
    namespace: str = "default",
    extra: Mapping[str, int] | None = None,
    start_ms: int | None = None,
    **spec: Any,
) -> Pod:
    """A pod of one container with these requests; other fields are those of `PodSpec`."""
    requests: dict[str, Quantity] = {}
    if cpu is not None:
        requests[CPU] = Quantity.parse(cpu)
    if memory is not None:
        requests[MEMORY] = Quantity.parse(memory)
    requests |= {key: Quantity.of(amount) for key, amount in (extra or {}).items()}
    made = PodSpec(containers=(Container("c", requests=requests),), **spec)
    return Pod(name, made, namespace, labels or {}, start_ms=start_ms)


def cluster(nodes: Iterable[Node] | int = 3, **fields: Any) -> Cluster:
    """A cluster of these nodes, or of so many like ones (w0, w1 …)."""
    if isinstance(nodes, int):
        nodes = [node(f"w{i}") for i in range(nodes)]
    fields.setdefault("release", release("4.15"))
    return Cluster(fields.pop("name", "test"), nodes=tuple(nodes), **fields)
