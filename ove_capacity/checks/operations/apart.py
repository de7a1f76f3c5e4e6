"""VMs kept apart: where each takes a machine of its own, none of them has one to migrate to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import (
    Launched,
    affected,
    launched_by_namespace,
    launched_vms,
    nodes_for,
)
from ove_capacity.checks.selecting import label_selector, pods_by_namespace
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.kubevirt.eviction import MIGRATES, on_eviction
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.pod import PodAffinityTerm

__all__ = ["APART_RULES"]


def _repelled(subject: Subject, vm: Launched, term: PodAffinityTerm) -> int:
    """VMs on its cluster that the term keeps apart from each other; 0: not from its own like."""
    assert vm.pod is not None
    selector, spaces = term.selector, term.namespaces or (vm.pod.namespace,)
    if selector is None or not selector.matches(vm.pod.labels) or vm.pod.namespace not in spaces:
        return 0
    known = launched_by_namespace(subject)
    return sum(
        other.count
        for space in spaces
        for other in known.get((vm.cluster.name, space), ())
        if other.pod is not None and selector.matches(other.pod.labels)
    )


def _domains(subject: Subject, vm: Launched, key: str) -> int:
    """How many domains of a topology key the VM may be in."""
    assert vm.pod is not None
    nodes = nodes_for(subject, vm.cluster, vm.pod.spec)
    return len({node.labels[key] for node in nodes if key in node.labels})


def _terms(vm: Launched) -> tuple[PodAffinityTerm, ...]:
    affinity = vm.vmi.spec.affinity
    return affinity.anti_required if affinity and vm.pod else ()


def _one_each(subject: Subject) -> Iterator[Finding]:
    """Strict anti-affinity counts both pods of a migrating VM: it needs one domain more than VMs.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go;
    kubevirt v1.9.0 pkg/virt-controller/watch/migration: the target is a pod like the source.
    """
    for vm in launched_vms(subject):
        for term in _terms(vm):
            number, places = _repelled(subject, vm, term), _domains(subject, vm, term.topology_key)
            if not vm.count or number <= 1 or number < places or not places:
                continue
            said = f"{number} VMs kept apart by {term.topology_key}, and {places} of these"
            keys = ("affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
            found = vm.finding(subject, f"{said} on {vm.cluster.name}", *keys)
            if number > places:
                told = f"{number - places} VMs stay Pending"
                repair = f"at least {number + 1} of them, or preferred anti-affinity"
                yield replace(found, consequence=told, repair=repair, severity=Severity.ERROR)
            elif _migrates(vm):
                # The VMs of one node count for all: each node has one of them.
                told = affected([vm], "finds no target", "find no target")
                told += ": no drain completes, and no loss is survived"
                repair = "one machine more, or preferred anti-affinity"
                yield replace(found, consequence=told, repair=repair)


def _migrates(vm: Launched) -> bool:
    kubevirt, rules = vm.cluster.kubevirt, rules_of(vm.cluster.release.kubevirt_rules)
    return on_eviction(vm.vmi, kubevirt, rules) == MIGRATES


def _protected(subject: Subject, budget: Manifest) -> list[Launched]:
    """VMs whose pods a budget selects."""
    selector = label_selector(budget.mapping("spec", "selector"))
    known = launched_by_namespace(subject)
    return [
        vm
        for cluster in ((budget.cluster,) if budget.cluster else subject.clusters)
        for vm in known.get((cluster, budget.namespace or "default"), ())
        if vm.pod is not None and selector.matches(vm.pod.labels)
    ]


def _selects_others(subject: Subject, budget: Manifest) -> bool:
    """Whether pods that are no VM's are among those that a budget counts."""
    selector = label_selector(budget.mapping("spec", "selector"))
    space = budget.namespace or "default"
    return any(
        not is_vm and selector.matches(labels)
        for (cluster, namespace), pods in pods_by_namespace(subject).items()
        for labels, is_vm in pods
        if namespace == space and budget.cluster in ("", cluster)
    )


def _zero(subject: Subject, budget: Manifest, vms: list[Launched]) -> tuple[str, str]:
    """(field, why it allows no disruption); ("", "") when it allows one."""
    least, most = budget.get("spec", "minAvailable"), budget.get("spec", "maxUnavailable")
    field = "maxUnavailable" if most is not None else "minAvailable"
    if str(most) in ("0", "0%") or str(least) == "100%":
        return field, "allows no pod of a VM to be evicted"
    if most is not None or str(least).endswith("%"):
        return field, "a VM has no scale to count by: no pod of one may be evicted"
    count = sum(vm.count for vm in vms)
    if isinstance(least, int) and 0 < count <= least and not _selects_others(subject, budget):
        return field, f"{least} of {count} VMs: no pod of one may be evicted"
    return "", ""


def _no_disruption(subject: Subject) -> Iterator[Finding]:
    """A budget of zero on the pods of VMs refuses every eviction: a drain waits for ever.

    What is relative to a scale is zero: the owner of a launcher pod is a VirtualMachineInstance,
    which has none.

    Source: kubernetes v1.28 pkg/registry/core/pod/storage/eviction.go: disruptionsAllowed 0 is a
    429; pkg/controller/disruption/disruption.go, getExpectedScale and failSafe; kubevirt/kubevirt
    issue 18063; openshift/machine-config-operator release-4.15 pkg/controller/drain retries.
    """
    for budget in subject.of_kind("PodDisruptionBudget", "policy"):
        vms = _protected(subject, budget)
        field, why = _zero(subject, budget, vms) if vms else ("", "")
        if field:
            yield Finding(
                budget.problem(why, "spec", field),
                consequence=affected(vms, "keeps its node", "keep their nodes")
                + " from being drained",
                repair="no budget: KubeVirt migrates VMs on eviction by itself",
            )


APART_RULES = (
    Rule("anti-affinity-blocks-drain", "VMs with a machine each", Severity.WARNING, _one_each),
    Rule("budget-blocks-drain", "Budgets of zero", Severity.WARNING, _no_disruption),
)
"""What keeps VMs apart, or where they are."""
