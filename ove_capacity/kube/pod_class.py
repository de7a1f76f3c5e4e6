"""What the scheduler derives from one pod, and which pods it cannot tell apart.

Pods of a class have the same spec and namespace, and every selector that anyone asks with treats
them alike. VMs differ in the label that carries their name; only the part of the labels that some
selector looks at (the `Interest`) tells classes apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache

from ove_capacity.model.cluster import Service
from ove_capacity.model.node import HOSTNAME_LABEL, ZONE_LABEL
from ove_capacity.model.pod import Pod, PodSpec, SpreadConstraint
from ove_capacity.model.pod_requests import asks_as_a_pod, effective_requests, pod_requests
from ove_capacity.model.resources import AMOUNT_MAX, CPU, MEMORY, PODS, amounts, is_schedulable
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.quantity import Quantity

__all__ = [
    "Interest",
    "PodClass",
    "default_selector",
    "derive",
    "freeze",
    "nonzero_requests",
    "spread_constraints",
]

_DEFAULTS = {CPU: Quantity.parse("100m"), MEMORY: Quantity.parse("200Mi")}
"""Source: kubernetes v1.34.1 pkg/scheduler/util/pod_resources.go."""

_SYSTEM_CONSTRAINTS = ((HOSTNAME_LABEL, 3), (ZONE_LABEL, 5))
"""Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/plugin.go."""

_PLAIN = frozenset((bool, int, str, type(None)))
"""What is its own image; most values are."""


def freeze(value: object) -> Hashable:
    """A hashable image of a noun: equal images for equal nouns.

    Source: ours; upstream compares specs by their serialised form.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, tuple):
        return tuple([freeze(entry) for entry in value])
    if isinstance(value, Mapping):
        return tuple(sorted((key, freeze(entry)) for key, entry in value.items()))
    if is_dataclass(kind) and kind is not Quantity:
        return tuple([freeze(getattr(value, name)) for name in _field_names(kind)])
    assert isinstance(value, Hashable)
    return value


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@dataclass(slots=True)
class Interest:
    """Which label keys any selector looks at, and which values it names."""

    values: dict[str, set[str] | None] = field(default_factory=dict)
    """Key -> values named in In and NotIn; None: every value matters."""

    def add(self, selector: LabelSelector | None) -> bool:
        """Look at what the selector looks at; whether that is news."""
        news = False
        for requirement in selector.requirements if selector else ():
            news |= self._add_key(requirement)
        return news

    def add_key(self, key: str) -> bool:
        """Every value of the key matters from now on; whether that is news."""
        news = self.values.get(key, ()) is not None
        self.values[key] = None
        return news

    def _add_key(self, requirement: Requirement) -> bool:
        known = self.values.get(requirement.key)
        if known is None:
            if requirement.key in self.values:
                return False
            self.values[requirement.key] = set(requirement.values)
            return True
        news = not known.issuperset(requirement.values)
        known.update(requirement.values)
        return news

    def reduce(self, labels: Mapping[str, str]) -> tuple[object, ...]:
        """What of the labels anyone can see: equal for pods that no selector tells apart."""
        return tuple(
            labels.get(key, False) if named is None or labels.get(key) in named else key in labels
            for key, named in self.values.items()
        )

    def copy(self) -> Interest:
        """An independent copy."""
        return Interest({key: v if v is None else set(v) for key, v in self.values.items()})


@dataclass(frozen=True, slots=True)
class PodClass:
    """One class, with what its pods take."""

    pod: Pod
    """Any one of them."""
    request: Mapping[str, int]
    """Amounts it takes on a node, itself as a pod included."""
    nonzero: tuple[int, int]
    """CPU (milli) and memory (bytes) with upstream's defaults."""
    scored: Mapping[str, int]
    """Amounts that the fit score reads for the incoming pod."""
    balanced: Mapping[str, int]
    """Amounts that the balanced score reads for the incoming pod."""
    hard: tuple[SpreadConstraint, ...]
    soft: tuple[SpreadConstraint, ...]
    needs_all_keys: bool
    """Nodes that lack a soft constraint's key are left out of the spread score."""


def nonzero_requests(pod: Pod) -> tuple[int, int]:
    """CPU (milli) and memory (bytes) that a bound pod counts for in scores.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, calculateResource and
    getNonMissingContainerRequests.
    """
    defaults = _DEFAULTS
    if asks_as_a_pod(pod.spec):
        asked = effective_requests(pod)
        defaults = {name: value for name, value in _DEFAULTS.items() if name not in asked}
    total = _bounded(amounts(pod_requests(pod.spec, defaults=defaults, held=pod.allocated)))
    return total.get(CPU, 0), total.get(MEMORY, 0)


def default_selector(pod: Pod, services: Iterable[Service]) -> LabelSelector:
    """The selector of default constraints: of the Services that select the pod, and of its owner.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/helper/spread.go, DefaultSelector.
    """
    requirements: dict[Requirement, None] = {}
    for service in services:
        if service.namespace != pod.namespace:
            continue
        owner = pod.owner
        if service.kind == "Service":
            wanted = bool(service.selector.requirements) and service.selector.matches(pod.labels)
        else:
            wanted = (
                owner is not None
                and owner.controller
                and (service.kind, service.name)
                == (
                    owner.kind,
                    owner.name,
                )
            )
        if wanted:
            requirements.update(dict.fromkeys(service.selector.requirements))
    return LabelSelector(tuple(requirements))


def spread_constraints(
    pod: Pod,
    services: Iterable[Service],
    defaults: tuple[SpreadConstraint, ...] | None,
) -> tuple[tuple[SpreadConstraint, ...], bool]:
    """The constraints that hold for a pod, and whether nodes must have all their keys to be scored.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/common.go,
    buildDefaultConstraints.
    """
    if pod.spec.spread:
        return pod.spec.spread, True
    selector = default_selector(pod, services)
    if not selector.requirements:
        return (), defaults is not None
    if defaults is None:
        system = tuple(
            SpreadConstraint(skew, key, hard=False, selector=selector)
            for key, skew in _SYSTEM_CONSTRAINTS
        )
        return system, False
    return tuple(replace(c, selector=selector, match_label_keys=()) for c in defaults), True


def _incoming_amounts(spec: PodSpec) -> dict[str, int]:
    # sic: upstream's fit score does not see pod-level resources of the incoming pod.
    return amounts(pod_requests(spec, defaults=_DEFAULTS, pod_level=False))


def _bounded(asked: Mapping[str, int]) -> dict[str, int]:
    """What the scheduler knows of, and no more than twice what any node may have.

    That is as far out of reach, and sums stay in 64 bits.
    """
    return {
        name: min(amount, 2 * AMOUNT_MAX) for name, amount in asked.items() if is_schedulable(name)
    }


def derive(
    pod: Pod, services: tuple[Service, ...], defaults: tuple[SpreadConstraint, ...] | None
) -> PodClass:
    """Everything about a class that the state does not change.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/
    resource_allocation.go, calculatePodResourceRequest.
    """
    constraints, needs_all_keys = spread_constraints(pod, services, defaults)
    return PodClass(
        pod=pod,
        request={**_bounded(amounts(effective_requests(pod))), PODS: 1},
        nonzero=nonzero_requests(pod),
        scored=_bounded(_incoming_amounts(pod.spec)),
        balanced=_bounded(amounts(pod_requests(pod.spec))),
        hard=tuple(c for c in constraints if c.hard),
        soft=tuple(c for c in constraints if not c.hard),
        needs_all_keys=needs_all_keys,
    )
