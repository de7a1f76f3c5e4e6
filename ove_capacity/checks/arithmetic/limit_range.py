"""LimitRanges that refuse the pods of VMs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, launched_by_namespace
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.model.resources import CPU, MEMORY, amounts
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["LIMIT_RANGE_RULES"]

_GIB = 1 << 30
_BOUNDS: tuple[tuple[str, str, Callable[[int, int], bool]], ...] = (
    ("max", "more", lambda need, bound: need > bound),
    ("min", "less", lambda need, bound: need < bound),
)


def _bound(limits: Manifest, index: int, side: str, resource: str) -> int | None:
    """Milli-cores or bytes; None: no such bound."""
    try:
        quantity = Quantity.parse(str(limits.get("spec", "limits", index, side, resource)))
    except QuantityError:
        return None
    return quantity.milli if resource == CPU else quantity.value


def _asked(vm: Launched, kind: object, resource: str) -> list[int]:
    """What the pod, or each of its containers that asks for any, asks for."""
    assert vm.pod is not None
    if kind == "Pod":
        return [amounts(effective_requests(vm.pod)).get(resource, 0)]
    if kind != "Container":
        return []
    every = [amounts(each.requests) for each in vm.pod.spec.containers]
    return [each[resource] for each in every if resource in each]


def _refused(subject: Subject) -> Iterator[Finding]:
    """A pod that asks for more than a LimitRange allows, or for less, is refused.

    Requests alone are held against it: a limit is never below them, and which limits KubeVirt or
    the range itself would add is not looked at.

    Source: kubernetes v1.28 plugin/pkg/admission/limitranger/admission.go, PodValidateLimitFunc.
    """
    known = launched_by_namespace(subject)
    for limits in subject.of_kind("LimitRange", ""):
        for cluster in (limits.cluster,) if limits.cluster else subject.clusters:
            vms = known.get((cluster, limits.namespace or "default"), ())
            yield from _of_range(limits, vms)


def _of_range(limits: Manifest, vms: Sequence[Launched]) -> Iterator[Finding]:
    every = product(range(len(limits.listed("spec", "limits"))), _BOUNDS, (CPU, MEMORY))
    for index, (side, word, breaks), resource in every:
        kind = limits.get("spec", "limits", index, "type")
        bound = _bound(limits, index, side, resource)
        if bound is None:
            continue
        hit = [vm for vm in vms if any(breaks(need, bound) for need in _asked(vm, kind, resource))]
        if hit:
            said = f"pods of VMs ask for {word} than {_shown(resource, bound)}"
            yield Finding(
                limits.problem(said, "spec", "limits", index, side, resource),
                affected(hit, "never starts", "never start"),
                "bounds that the VMs keep, with their launchers' overhead",
            )


def _shown(resource: str, amount: int) -> str:
    return f"{amount / 1000:g} CPUs" if resource == CPU else f"{amount / _GIB:.4g} GiB"


LIMIT_RANGE_RULES = (
    Rule("limit-range-refuses", "Ranges that refuse VMs", Severity.ERROR, _refused),
)
"""LimitRanges."""
