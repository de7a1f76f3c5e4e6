"""VMs whose node selector no node answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ove_capacity.checks.created import CreatedVm, created_vms
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Subject
from ove_capacity.model.node import Node

__all__ = ["SCHEDULING_RULES"]


def _selects_no_node(subject: Subject) -> Iterator[Finding]:
    """A VM that selects a label which no node has stays Pending for ever.

    What only `assume.nodeLabels` of the scenario puts on nodes is told as a warning: the manifests
    alone would not run these VMs.

    Source: kubernetes v1.28 pkg/scheduler/framework/plugins/nodeaffinity (a nodeSelector is
    required of the node).
    """
    told: dict[tuple[str, str], tuple[CreatedVm, tuple[str | int, ...], bool, dict[str, int]]] = {}
    for vm in created_vms(subject):
        path, wanted = _selector(vm)
        for cluster, count in vm.counts if wanted else ():
            nodes = _nodes(subject, cluster)
            missing = _missing(wanted, nodes, frozenset())
            assumed = not missing
            missing = missing or _missing(wanted, nodes, _assumed(subject, cluster))
            if nodes and missing:
                place = vm.problem(subject, "", *path, missing).place
                key = (place, missing)
                told.setdefault(key, (vm, (*path, missing), assumed, {}))
                counts = told[key][3]
                counts[cluster] = counts.get(cluster, 0) + count
    for (_, label), (vm, path, assumed, counts) in told.items():
        yield _finding(subject, vm, path, label, assumed, counts)


def _finding(
    subject: Subject,
    vm: CreatedVm,
    path: tuple[str | int, ...],
    label: str,
    assumed: bool,
    counts: Mapping[str, int],
) -> Finding:
    where, total = ", ".join(counts), sum(counts.values())
    vms = f"{total} VMs" if total else "its VMs"
    if assumed:
        message = f"only assume.nodeLabels puts {label} on nodes of {where}"
        consequence = f"without the assumption {vms} stay Pending"
    else:
        message = f"no node of {where} has {label} with that value"
        consequence = f"{vms} stay Pending"
    return Finding(
        vm.problem(subject, message, *path),
        consequence=consequence,
        repair=f"label {label} on the worker pools",
        severity=Severity.WARNING if assumed else None,
    )


def _selector(vm: CreatedVm) -> tuple[tuple[str | int, ...], dict[str, str]]:
    """Where the node selector stands in the object, and what it says."""
    path: tuple[str | int, ...] = ("spec", "template", "spec", "nodeSelector")
    if vm.resource.get("kind") == "VirtualMachineInstance":
        path = ("spec", "nodeSelector")
    found: object = vm.resource
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return path, {}
    return path, {str(key): str(value) for key, value in found.items()}


def _nodes(subject: Subject, cluster: str) -> tuple[Node, ...]:
    fleet = subject.case.fleet.clusters if subject.case else ()
    return next((each.nodes for each in fleet if each.name == cluster), ())


def _assumed(subject: Subject, cluster: str) -> frozenset[str]:
    """Labels that nothing but an assumption gives to nodes."""
    if subject.scenario is None:
        return frozenset()
    own = subject.scenario.clusters[cluster].assume.node_labels
    return frozenset((*subject.scenario.assume.node_labels, *own))


def _missing(wanted: Mapping[str, str], nodes: tuple[Node, ...], without: frozenset[str]) -> str:
    """The first label that keeps every node from matching; "" when one matches."""
    left = list(nodes)
    for key, value in wanted.items():
        left = [each for each in left if key not in without and each.labels.get(key) == value]
        if not left:
            return key
    return ""


SCHEDULING_RULES = (
    Rule("vm-selects-no-node", "VMs that select no node", Severity.ERROR, _selects_no_node),
)
"""Node selectors."""
