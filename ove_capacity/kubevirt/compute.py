"""Requests and limits of the compute container, in the order in which upstream settles them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.kubevirt.defaults import overcommitted, page_size
from ove_capacity.kubevirt.devices import device_counts, required_devices
from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import pool_threads
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    HUGEPAGES_PREFIX,
    MEMORY,
    ResourceList,
)
from ove_capacity.model.selector import Labels
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, Vmi
from ove_capacity.quantity import Notation, Quantity

__all__ = ["compute_resources"]

_ZERO = Quantity(0)
_ONE = Quantity.of(1)
_EPHEMERAL_STORAGE = Quantity.parse("50M")
_EVEN_PARITY = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
_MEMORY_RATIO_LABEL = "alpha.kubevirt.io/auto-memory-limits-ratio"
_DEFAULT_CPU_RATIO = 10
_DEFAULT_MEMORY_RATIO = 2.0


@dataclass(slots=True)
class _Layers:
    """What the VM says, over what KubeVirt works out."""

    requests: dict[str, Quantity]
    limits: dict[str, Quantity]
    worked_out_requests: dict[str, Quantity] = field(default_factory=dict)
    worked_out_limits: dict[str, Quantity] = field(default_factory=dict)

    def add_devices(self, counts: Mapping[str, int]) -> None:
        """Add to requests and limits alike."""
        for name, count in counts.items():
            for own, worked_out in (
                (self.requests, self.worked_out_requests),
                (self.limits, self.worked_out_limits),
            ):
                held = own.get(name, worked_out.get(name, _ZERO))
                worked_out[name] = held + Quantity.of(count)

    def settle(self) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
        """Requests and limits; the API server makes a limit without a request the request."""
        limits = {**self.worked_out_limits, **self.limits}
        return {**limits, **self.worked_out_requests, **self.requests}, limits


def _settle_memory_request(layers: _Layers, domain: Domain, kubevirt: KubeVirt) -> None:
    """Without a request: the limit as it is, or guest memory divided by the overcommit."""
    if layers.requests.get(MEMORY, _ZERO).nano:
        return
    if layers.limits.get(MEMORY, _ZERO).nano:
        layers.requests[MEMORY] = layers.limits[MEMORY]
    if MEMORY in layers.requests:
        return
    memory = domain.memory.guest
    if memory is None:
        memory = page_size(domain.memory.hugepages_page_size)
    if memory is not None and memory.value > 0:
        layers.requests[MEMORY] = overcommitted(memory, kubevirt.memory_overcommit)


def _emulator_cpus(vmi: Vmi, kubevirt: KubeVirt, rules: Rules, limit: Quantity) -> Quantity:
    """CPUs of an isolated emulator thread: one, or two when the count would else be odd."""
    aligned = _EVEN_PARITY in kubevirt.annotations and rules.enables("AlignCPUs", kubevirt.gates)
    if not rules.even_parity or not (aligned or _EVEN_PARITY in vmi.annotations):
        return _ONE
    domain = vmi.spec.domain
    # sic: the pool's threads are in the limit already and are counted once more
    again = domain.supplemental_pool_thread_count if rules.pool_threads_count else 0
    pool = again if domain.io_threads_policy == "supplementalPool" else 0
    return Quantity.of(1 + (limit.value + pool + 1) % 2)


def _pin_cpus(layers: _Layers, vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> None:
    """CPUs of a VM with dedicated placement; its memory limit becomes its memory request."""
    domain = vmi.spec.domain
    cpus = Quantity.of(domain.cpu.vcpus + pool_threads(domain, rules), Notation.BINARY)
    if rules.pinned_cpu_overrides:
        layers.limits[CPU] = layers.requests[CPU] = cpus
    else:
        layers.worked_out_limits[CPU] = cpus
    if domain.cpu.isolate_emulator_thread:
        limit = layers.limits[CPU] if rules.pinned_cpu_overrides else cpus
        extra = _emulator_cpus(vmi, kubevirt, rules, limit)
        layers.limits[CPU] = limit + extra
        if CPU in layers.requests:
            layers.requests[CPU] = layers.requests[CPU] + extra
    if MEMORY in layers.requests or not rules.pinned_cpu_overrides:
        layers.limits[MEMORY] = layers.requests.get(MEMORY, _ZERO)


def _printed(number: float) -> str:
    """A float in its shortest form, without a trailing ``.0``."""
    return repr(number).removesuffix(".0")


def _share_cpus(layers: _Layers, vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> None:
    """CPUs of a VM that shares them: vCPUs over the allocation ratio, through a printed float."""
    domain = vmi.spec.domain
    cpus = domain.cpu.vcpus + pool_threads(domain, rules)
    share = float(cpus) / float(kubevirt.cpu_allocation_ratio or _DEFAULT_CPU_RATIO)
    text = f"{_printed(share * 1000)}m" if share < 1 else _printed(share)
    layers.worked_out_requests[CPU] = Quantity.parse(text)
    if _limits_cpu(vmi, kubevirt, rules):
        layers.worked_out_limits[CPU] = Quantity.of(cpus)


def _limits_resource(vmi: Vmi, kubevirt: KubeVirt, rules: Rules, name: str) -> bool:
    """Whether a quota of the namespace wants a limit that the VM does not set."""
    if not rules.enables("AutoResourceLimitsGate", kubevirt.gates):
        return False
    if name in vmi.spec.domain.resources.limits:
        return False
    return any(
        quota.namespace == vmi.namespace and f"limits.{name}" in quota.hard
        for quota in kubevirt.quotas
    )


def _limits_cpu(vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> bool:
    if _limits_resource(vmi, kubevirt, rules, CPU):
        return True
    selector = kubevirt.auto_cpu_limit_namespaces
    if selector is None or CPU in vmi.spec.domain.resources.limits:
        return False
    labels = kubevirt.namespaces.get(vmi.namespace)
    return labels is not None and selector.matches(labels)


def _split_hugepages(layers: _Layers, domain: Domain, overhead: Quantity) -> None:
    """Guest memory comes from hugepages; what exceeds it, and the overhead, from normal memory."""
    guest = domain.memory.guest
    request = layers.requests.get(MEMORY, _ZERO)
    limit = layers.limits.get(MEMORY)
    beyond_request = beyond_limit = _ZERO
    pages = request
    if guest is not None and request.value > guest.value:
        pages, beyond_request = guest, _minus(request, guest)
    if guest is not None and limit is not None and limit.value > guest.value:
        beyond_limit = _minus(limit, guest)
    name = HUGEPAGES_PREFIX + domain.memory.hugepages_page_size
    layers.worked_out_requests[name] = layers.worked_out_limits[name] = pages
    layers.requests[MEMORY] = beyond_request + overhead
    if limit is not None:
        layers.limits[MEMORY] = beyond_limit + overhead


def _minus(left: Quantity, right: Quantity) -> Quantity:
    return Quantity(left.nano - right.nano, left.notation)


def _add_overhead(layers: _Layers, domain: Domain, overhead: Quantity) -> None:
    request = layers.requests.get(MEMORY, _ZERO)
    added = _ZERO if domain.resources.overcommit_guest_overhead else overhead
    layers.requests[MEMORY] = request + added if added.nano else request
    if MEMORY in layers.limits:
        layers.limits[MEMORY] = layers.limits[MEMORY] + overhead


def _memory_ratio(labels: Labels | None) -> float:
    try:
        ratio = float((labels or {}).get(_MEMORY_RATIO_LABEL, _DEFAULT_MEMORY_RATIO))
    except ValueError:
        return _DEFAULT_MEMORY_RATIO
    return ratio if 1.0 <= ratio < math.inf else _DEFAULT_MEMORY_RATIO


def _limit_memory(layers: _Layers, vmi: Vmi, kubevirt: KubeVirt) -> None:
    request = layers.requests[MEMORY]
    ratio = _memory_ratio(kubevirt.namespaces.get(vmi.namespace))
    limit = int(float(request.value) * ratio)
    layers.worked_out_limits[MEMORY] = Quantity.of(limit, request.notation)


def compute_resources(
    vmi: Vmi, kubevirt: KubeVirt, rules: Rules, overhead: Quantity
) -> tuple[ResourceList, ResourceList]:
    """Requests and limits of the compute container of a VMI whose defaults are set.

    Raises:
        RenderError: a network or a device that the cluster does not know.

    Source: kubevirt v1.1.0, v1.8.4 and v1.9.0
    pkg/virt-controller/services/renderresources.go, NewResourceRenderer, and template.go,
    VMIResourcePredicates.
    """
    domain = vmi.spec.domain
    layers = _Layers(dict(domain.resources.requests), dict(domain.resources.limits))
    storage = layers.requests.get(EPHEMERAL_STORAGE, _ZERO)
    layers.requests[EPHEMERAL_STORAGE] = storage + _EPHEMERAL_STORAGE
    if EPHEMERAL_STORAGE in layers.limits:
        layers.limits[EPHEMERAL_STORAGE] = layers.limits[EPHEMERAL_STORAGE] + _EPHEMERAL_STORAGE
    layers.limits.update(dict.fromkeys(required_devices(domain, kubevirt), _ONE))
    if rules.late_memory_request:
        _settle_memory_request(layers, domain, kubevirt)
    if domain.cpu.dedicated_cpu_placement:
        _pin_cpus(layers, vmi, kubevirt, rules)
    else:
        _share_cpus(layers, vmi, kubevirt, rules)
    if domain.memory.hugepages_page_size:
        _split_hugepages(layers, domain, overhead)
    else:
        _add_overhead(layers, domain, overhead)
    if _limits_resource(vmi, kubevirt, rules, MEMORY):
        _limit_memory(layers, vmi, kubevirt)
    layers.add_devices(device_counts(vmi, kubevirt, rules))
    return layers.settle()
