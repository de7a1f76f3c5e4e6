"""How much of a node is asked for: what decides whether it is worth looking at for removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.drainability import is_long_terminating
from ove_capacity.openshift.autoscaler.view import is_daemon_pod
from ove_capacity.quantity import Quantity

__all__ = ["Utilization", "utilization"]

_NANO_PER_MILLI = 1_000_000
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Utilization:
    """Shares of what a node has to give that its pods ask for."""

    cpu: float
    memory: float

    @property
    def highest(self) -> float:
        """The larger one, which is compared with the threshold."""
        return max(self.cpu, self.memory)


def utilization(
    node: Node, pods: Sequence[Pod], now_ms: int, *, ignore_daemons: bool = False
) -> Utilization | None:
    """CPU and memory asked for, as shares of allocatable; None when the node has none of one.

    Hugepages and devices do not count. What the platform's own pods ask for counts as DaemonSets'.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/utilization/
    info.go, Calculate.
    """
    shares = []
    for resource in (CPU, MEMORY):
        allocatable = _milli_of(resource, node.allocatable.get(resource, 0))
        if not allocatable:
            return None
        platform = _milli_of(resource, node.platform.get(resource, 0))
        daemons = [pod for pod in pods if is_daemon_pod(pod)]
        others = [
            pod
            for pod in pods
            if not is_long_terminating(pod, now_ms) and not (ignore_daemons and is_daemon_pod(pod))
        ]
        asked = _sum_milli(others, resource)
        if ignore_daemons:
            allocatable -= platform + _sum_milli(daemons, resource)
        else:
            asked += platform
        shares.append(float(asked) / float(allocatable) if allocatable else 0.0)
    return Utilization(*shares)


def _milli_of(resource: str, amount: int) -> int:
    """Thousandths; amounts of CPU are thousandths already."""
    return amount if resource == CPU else amount * _MILLI


def _sum_milli(pods: Sequence[Pod], resource: str) -> int:
    nano = sum(_asked(pod.spec, resource).nano for pod in pods)
    return -(-nano // _NANO_PER_MILLI)


def _asked(spec: PodSpec, resource: str) -> Quantity:
    return pod_requests(spec).get(resource, Quantity(0))
