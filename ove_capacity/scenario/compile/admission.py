"""Which VMs the policies of their clusters let in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ove_capacity.manifests.fields import Fields
from ove_capacity.model.assumption import Evidence
from ove_capacity.platform.admission import (
    Request,
    Review,
    is_excepted,
    reviews,
    unasked_parts,
    unmodelled_parts,
)
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context

__all__ = ["is_stored", "refusals", "warn_of_policies"]


def is_stored(resource: Mapping[str, Any]) -> bool:
    """Whether an API server has the object already: it was let in, whatever policies say now."""
    metadata = resource.get("metadata")
    if not isinstance(metadata, Mapping):
        return False
    return bool(metadata.get("uid") or metadata.get("creationTimestamp"))


def refusals(
    context: Context, resource: Mapping[str, Any], clusters: Iterable[Compiled]
) -> dict[str, str]:
    """Cluster -> the words of the policies that refuse an object there.

    Where the scenario assumes that admission is off nobody is refused, and that is told.
    """
    found: dict[str, str] = {}
    for compiled in clusters:
        refused = list(_refused(context, resource, compiled))
        if refused and _is_off(context, compiled):
            source = "the scenario's assume.admission: its policies refuse VMs that are planned"
            context.assume("admission", "off", source, compiled.cluster.name, Evidence.ASSUMED)
        elif refused:
            found[compiled.cluster.name] = "; ".join(refused)
    return found


def warn_of_policies(context: Context, clusters: Iterable[Compiled]) -> None:
    """Name what policies do beside what is decided here, each policy once."""
    every = [policy for each in clusters for policy in _own_policies(each)]
    for policy in (*every, *context.hub.policies):
        rules = policy.fields("spec").get("rules")
        told: dict[str, None] = {}
        for rule in rules if isinstance(rules, list) else ():
            if isinstance(rule, Mapping):
                told |= dict.fromkeys((*unmodelled_parts(rule), *unasked_parts(rule)))
        if told:
            message = f"not modelled: {', '.join(told)}; what they refuse is not known"
            warning = policy.document.problem((*policy.path, "spec", "rules"), message)
            if warning not in context.problems.warnings:
                context.problems.warnings.append(warning)


def _refused(context: Context, resource: Mapping[str, Any], compiled: Compiled) -> Iterator[str]:
    request = Request(resource, _namespace_labels(context, resource, compiled))
    for policy in (*_own_policies(compiled), *context.hub.policies):  # the hub hands its own out
        for review in reviews(policy.value, request):
            if not review.is_refusal:
                continue
            exception = _exception(context, compiled, policy, review, request)
            if exception is None:
                yield f"{_name_of(policy)}: {review.words}"
            else:
                message = f"lets VMs in that {_name_of(policy)} refuses, where exceptions are on"
                warning = exception.document.problem(exception.path, message)
                if warning not in context.problems.warnings:
                    context.problems.warnings.append(warning)


def _own_policies(compiled: Compiled) -> list[Fields]:
    return [*compiled.objects.policies, *compiled.vms.policies]


def _exception(
    context: Context, compiled: Compiled, policy: Fields, review: Review, request: Request
) -> Fields | None:
    every = (*compiled.objects.policy_exceptions, *context.hub.policy_exceptions)
    return next(
        (each for each in every if is_excepted(each.value, policy.value, review.rule, request)),
        None,
    )


def _namespace_labels(
    context: Context, resource: Mapping[str, Any], compiled: Compiled
) -> dict[str, str]:
    """What the API server gives every namespace, and what the manifests say of it."""
    metadata = resource.get("metadata")
    said = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    name = str(said or "default")
    known = {**context.hub.namespaces, **compiled.objects.namespaces}
    return {"kubernetes.io/metadata.name": name, **known.get(name, {})}


def _is_off(context: Context, compiled: Compiled) -> bool:
    own = context.scenario.clusters[compiled.cluster.name].assume.admission
    return (own or context.scenario.assume.admission) == "off"


def _name_of(fields: Fields) -> str:
    return fields.fields("metadata").text("name")
