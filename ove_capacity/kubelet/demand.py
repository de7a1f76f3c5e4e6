"""What the kubelet's managers read from a pod, once per kind of pod."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.model.pod_requests import qos_class
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, Amounts, is_extended
from ove_capacity.quantity import NANO, Quantity

__all__ = ["ContainerDemand", "PodDemand", "demand_without", "pod_demand"]


@dataclass(frozen=True, slots=True)
class ContainerDemand:
    """What one container asks of the managers."""

    name: str
    cpus: int = 0
    """CPUs for itself alone; 0: it runs on the shared ones."""
    memory: tuple[tuple[str, int], ...] = ()
    """(memory or hugepages, bytes) that the memory manager counts, sorted by name."""
    devices: tuple[tuple[str, int], ...] = ()
    """(resource, pieces) of what may be devices, sorted by name."""
    is_init: bool = False
    """It ends before the next container starts; a sidecar does not."""
    has_whole_bytes: bool = True
    """False: it asks for parts of a byte (``0.1Gi``, ``512m``), which the memory manager cannot
    read."""


@dataclass(frozen=True, slots=True)
class PodDemand:
    """What a pod asks of the managers."""

    qos: str
    containers: tuple[ContainerDemand, ...]
    """Init containers in order, then the others."""
    total: ContainerDemand
    """What the managers are asked for when their scope is the pod."""
    counts_memory: bool = False
    """Whether the memory manager looks at it at all."""


def _cpus(container: Container) -> int:
    quantity = container.requests.get(CPU)
    return quantity.nano // NANO if quantity is not None and not quantity.nano % NANO else 0


def _memory(container: Container) -> list[tuple[str, Quantity]]:
    return [
        (name, quantity)
        for name, quantity in sorted(container.requests.items())
        if name == MEMORY or name.startswith(HUGEPAGES_PREFIX)
    ]


def _devices(container: Container) -> tuple[tuple[str, int], ...]:
    return tuple(
        (name, quantity.value)
        for name, quantity in sorted(container.limits.items())
        if is_extended(name)
    )


def _container(container: Container, *, is_init: bool, exclusive: bool) -> ContainerDemand:
    memory = _memory(container) if exclusive else []
    return ContainerDemand(
        container.name,
        _cpus(container) if exclusive else 0,
        tuple((name, quantity.value) for name, quantity in memory),
        _devices(container),
        is_init and not container.restart_always,
        not any(quantity.nano % NANO for _, quantity in memory),
    )


def _peaks(
    spec: PodSpec, parts: tuple[ContainerDemand, ...], read: Callable[[ContainerDemand], Amounts]
) -> dict[str, tuple[int, int]]:
    """Resource -> what runs together, and the largest moment of start-up."""
    running: dict[str, int] = {}
    sidecars: dict[str, int] = {}
    moments: dict[str, int] = {}
    for number, part in enumerate(parts):
        for name, amount in read(part).items():
            if part.is_init:
                moments[name] = max(moments.get(name, 0), sidecars.get(name, 0) + amount)
                continue
            running[name] = running.get(name, 0) + amount
            if number < len(spec.init_containers):
                sidecars[name] = sidecars.get(name, 0) + amount
    names = sorted(running.keys() | moments.keys())
    return {name: (running.get(name, 0), moments.get(name, 0)) for name in names}


def _larger(peaks: Mapping[str, tuple[int, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, max(amounts)) for name, amounts in peaks.items())


def pod_demand(spec: PodSpec) -> PodDemand:
    """What a pod of this spec asks of the managers.

    Only Guaranteed pods get CPUs of their own, container by container where the request is whole,
    and only they are counted in memory. Pod-level resources keep both managers away.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_static.go, guaranteedCPUs and
    podGuaranteedCPUs; memorymanager/policy_static.go, getPodRequestedResources;
    devicemanager/topology_hints.go, getPodDeviceRequest.
    """
    qos = qos_class(spec)
    exclusive = qos == "Guaranteed" and spec.pod_requests is None
    parts = tuple(
        _container(each, is_init=number < len(spec.init_containers), exclusive=exclusive)
        for number, each in enumerate(spec.init_containers + spec.containers)
    )
    asked = {name for part in parts[len(spec.init_containers) :] for name, _ in part.memory}
    memory = {
        name: amounts
        for name, amounts in _peaks(spec, parts, lambda part: dict(part.memory)).items()
        if name in asked
    }
    cpus = _peaks(spec, parts, lambda part: {CPU: part.cpus})
    devices = _peaks(spec, parts, lambda part: dict(part.devices))
    total = ContainerDemand(
        "",
        max(cpus.get(CPU, (0, 0))),
        _larger(memory),
        _larger(devices),
        has_whole_bytes=all(part.has_whole_bytes for part in parts),
    )
    return PodDemand(qos, parts, total, exclusive)


def demand_without(demand: PodDemand, plenty: Collection[str]) -> PodDemand:
    """The demand on a node that has plenty of these resources, wherever in it.

    A container that asks for no memory is refused by a manager that counts it, so that it asks for
    0 bytes of what there is plenty of.

    Source: ours.
    """

    def spared(part: ContainerDemand) -> ContainerDemand:
        memory = tuple((name, 0 if name in plenty else n) for name, n in part.memory)
        devices = tuple(each for each in part.devices if each[0] not in plenty)
        return replace(part, cpus=0 if CPU in plenty else part.cpus, memory=memory, devices=devices)

    total = spared(demand.total)
    counts_memory = demand.counts_memory and any(n for _, n in total.memory)
    return PodDemand(demand.qos, tuple(map(spared, demand.containers)), total, counts_memory)
