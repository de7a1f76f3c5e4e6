"""How much of a node is asked for: what decides whether it is worth looking at for removal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.drainability import is_long_terminating
from ove_capacity.openshift.autoscaler.gpus import gpu_resource
from ove_capacity.openshift.autoscaler.view import is_daemon_pod

__all__ = ["SpecAmounts", "Utilization", "utilization"]

_NANO_PER_MILLI = 1_000_000
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Utilization:
    """Shares of what a node has to give that its pods ask for."""

    cpu: float = 0.0
    memory: float = 0.0
    gpu: float | None = None
    """Of a node with GPUs, of which nothing else is looked at."""

    @property
    def highest(self) -> float:
        """The larger one, which is compared with the threshold; of GPUs, theirs."""
        return max(self.cpu, self.memory) if self.gpu is None else self.gpu


class SpecAmounts:
    """What pods of each spec ask for, worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[PodSpec, dict[str, int]]] = {}

    def nano(self, specs: Mapping[int, tuple[PodSpec, int]], resource: str) -> int:
        """Billionths that pods ask for in sum: *specs* is by identity, with how many there are."""
        return sum(self._of(spec)[resource] * count for spec, count in specs.values())

    def _of(self, spec: PodSpec) -> dict[str, int]:
        found = self._known.get(id(spec))
        if found is None:
            asked = pod_requests(spec)
            nano = {name: asked[name].nano if name in asked else 0 for name in (CPU, MEMORY)}
            found = self._known[id(spec)] = (spec, nano)  # keeps the identity alive
        return found[1]


def utilization(
    node: Node,
    pods: Sequence[Pod],
    now_ms: int,
    *,
    ignore_daemons: bool = False,
    amounts: SpecAmounts | None = None,
) -> Utilization | None:
    """CPU and memory asked for, as shares of allocatable; None when the node has none of one.

    Hugepages and devices do not count; on a node with GPUs nothing but they do. What the platform's
    own pods ask for counts as DaemonSets'.
    *amounts*: remembers what specs ask for.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/utilization/
    info.go, Calculate.
    """
    amounts = amounts or SpecAmounts()
    if resource := gpu_resource(node):
        return Utilization(gpu=_gpu_share(node, resource, pods, now_ms, ignore_daemons))
    counted = _by_spec(pod for pod in pods if not is_long_terminating(pod, now_ms))
    daemons: dict[int, tuple[PodSpec, int]] = {}
    if ignore_daemons:
        staying = [pod for pod in pods if not is_long_terminating(pod, now_ms)]
        counted = _by_spec(pod for pod in staying if not is_daemon_pod(pod))
        daemons = _by_spec(pod for pod in pods if is_daemon_pod(pod))
    shares = []
    for resource in (CPU, MEMORY):
        allocatable = _milli_of(resource, node.allocatable.get(resource, 0))
        if not allocatable:
            return None
        platform = _milli_of(resource, node.platform.get(resource, 0))
        asked = _milli(amounts.nano(counted, resource))
        if ignore_daemons:
            allocatable -= platform + _milli(amounts.nano(daemons, resource))
        else:
            asked += platform
        shares.append(float(asked) / float(allocatable) if allocatable else 0.0)
    return Utilization(*shares)


def _gpu_share(
    node: Node, resource: str, pods: Sequence[Pod], now_ms: int, ignore_daemons: bool
) -> float:
    """0 when they are not ready, so that such a node may still go."""
    left, asked = node.allocatable.get(resource, 0), 0
    for pod in pods:
        amount = pod_requests(pod.spec).get(resource)
        if amount is None:
            continue
        if ignore_daemons and is_daemon_pod(pod):
            left -= amount.value
        elif not is_long_terminating(pod, now_ms):
            asked += amount.value
    return float(asked) / float(left) if left else 0.0


def _by_spec(pods: Iterable[Pod]) -> dict[int, tuple[PodSpec, int]]:
    found: dict[int, tuple[PodSpec, int]] = {}
    for pod in pods:
        spec = pod.spec
        known = found.get(id(spec))
        found[id(spec)] = (spec, 1 if known is None else known[1] + 1)
    return found


def _milli_of(resource: str, amount: int) -> int:
    """Thousandths; amounts of CPU are thousandths already."""
    return amount if resource == CPU else amount * _MILLI


def _milli(nano: int) -> int:
    return -(-nano // _NANO_PER_MILLI)
