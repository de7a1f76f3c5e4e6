"""Selectors over pods that no pod answers: Services, budgets, policies of the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.selecting import label_selector, pods_by_namespace
from ove_capacity.checks.subject import Manifest, Subject

__all__ = ["SELECTOR_RULES"]

_KUBEVIRT = "kubevirt.io"
_CONSEQUENCES = {
    "Service": "nothing answers behind that name",
    "PodDisruptionBudget": "it protects nobody",
    "NetworkPolicy": "it isolates nobody",
}


def _selector(each: Manifest) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Where an object's selector stands, and what it says; a Service has bare labels."""
    if each.kind == "Service":
        return ("spec", "selector"), {"matchLabels": each.mapping("spec", "selector")}
    key = "podSelector" if each.kind == "NetworkPolicy" else "selector"
    return ("spec", key), each.mapping("spec", key)


def _selects_nothing(subject: Subject) -> Iterator[Finding]:
    """Labels of a VM object are not those of its pod: only those of its template are.

    Told where the namespace has VMs, or where the selector itself speaks of them; pods that nobody
    lists are not known, and a selector may be theirs.

    Source: kubevirt v1.1.0 pkg/virt-controller/services/template.go, podLabels; kubernetes v1.28
    pkg/controller/endpoint: a Service without matching pods has no endpoints.
    """
    pods = pods_by_namespace(subject)
    for kind, consequence in _CONSEQUENCES.items():
        for each in subject.of_kind(kind):
            path, given = _selector(each)
            if not (given.get("matchLabels") or given.get("matchExpressions")):
                continue
            here = pods.get((each.cluster, each.namespace or "default"), ())
            selector = label_selector(given)
            if any(selector.matches(labels) for labels, _ in here):
                continue
            of_vms = any(_KUBEVIRT in one.key for one in selector.requirements)
            if of_vms or any(is_vm for _, is_vm in here):
                yield Finding(
                    each.problem("selects no pod of the VMs, and none that is listed", *path),
                    consequence=consequence,
                    repair="labels under spec.template.metadata.labels of the VMs",
                )


SELECTOR_RULES = (
    Rule(
        "selector-matches-nothing", "Selectors no pod answers", Severity.WARNING, _selects_nothing
    ),
)
"""Selectors over pods."""
