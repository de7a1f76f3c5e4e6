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
from ove_capacity.kubevirt.eviction import MIGRATES, SHUTS_DOWN, on_eviction
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


def _evicted(vm: Launched) -> str:
    kubevirt, rules = vm.cluster.kubevirt, rules_of(vm.cluster.release.kubevirt_rules)
    return on_eviction(vm.vmi, kubevirt, rules)


def _migrates(vm: Launched) -> bool:
    return _evicted(vm) == MIGRATES


def _has_two(vm: Launched) -> bool:
    """Whether an eviction comes upon a budget of KubeVirt's own, too."""
    rules = rules_of(vm.cluster.release.kubevirt_rules)
    return _migrates(vm) and not rules.webhook_answers_evictions


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
    """A budget of zero on VMs that are shut down on eviction refuses it: a drain waits for ever.

    What is relative to a scale is zero: the owner of a launcher pod is a VirtualMachineInstance,
    which has none. VMs that migrate do so before a budget is asked, as KubeVirt's webhook marks
    them for it; others that may not be evicted are told of by vm-cannot-migrate.

    Source: kubernetes 01aa0f3f6 pkg/registry/core/pod/storage/eviction.go, Create: admission, then
    disruptionsAllowed 0 is a 429; v1.28 pkg/controller/disruption/disruption.go, getExpectedScale
    and failSafe; kubevirt/kubevirt issue 18063; kubevirt v1.1.0, v1.5.0 and v1.9.0 pkg/virt-api/
    webhooks/validating-webhook/admitters/pod-eviction-admitter.go, Admit.
    """
    for budget in subject.of_kind("PodDisruptionBudget", "policy"):
        vms = _protected(subject, budget)
        field, why = _zero(subject, budget, vms) if vms else ("", "")
        if not field:
            continue
        problem = budget.problem(why, "spec", field)
        if held := [vm for vm in vms if _evicted(vm) == SHUTS_DOWN]:
            yield Finding(
                problem,
                consequence=affected(held, "keeps its node", "keep their nodes")
                + " from being drained",
                repair="no budget, or evictionStrategy: LiveMigrate for VMs that can migrate",
            )
        if moving := [vm for vm in vms if _migrates(vm) and not _has_two(vm)]:
            yield Finding(
                problem,
                consequence=affected(moving, "migrates", "migrate")
                + ": no drain asks the budget, only an autoscaler before it removes a node",
                severity=Severity.INFO,
            )


def _second_budget(subject: Subject) -> Iterator[Finding]:
    """Until KubeVirt v1.4 the eviction of a VM that migrates is left to KubeVirt's own budget.

    With a second one on the same pod the answer is an error instead of a refusal that is tried
    again: the drain ends, though the VM was marked before that, and migrates.

    Source: kubernetes 01aa0f3f6 pkg/registry/core/pod/storage/eviction.go, Create; 014e1fb54
    staging/src/k8s.io/kubectl/pkg/drain/drain.go, evictPods, which tries again after a 429 only;
    kubevirt v1.4.0 pkg/virt-controller/watch/drain/disruptionbudget/disruptionbudget.go, createPDB,
    and v1.1.0, v1.3.0 and v1.4.0 pkg/virt-api/webhooks/validating-webhook/admitters/
    pod-eviction-admitter.go, Admit.
    """
    for budget in subject.of_kind("PodDisruptionBudget", "policy"):
        if vms := [vm for vm in _protected(subject, budget) if _has_two(vm)]:
            yield Finding(
                budget.problem("KubeVirt has a budget for each of these pods already", "spec"),
                consequence=affected(vms, "ends the drain of its node", "end drains of their nodes")
                + " in an error; they migrate, and a drain that is begun again finds them gone",
                repair="no budget: KubeVirt migrates VMs on eviction by itself",
            )


APART_RULES = (
    Rule("anti-affinity-blocks-drain", "VMs with a machine each", Severity.WARNING, _one_each),
    Rule("budget-blocks-drain", "Budgets of zero", Severity.WARNING, _no_disruption),
    Rule("budget-beside-kubevirts", "Two budgets on a pod", Severity.WARNING, _second_budget),
)
"""What keeps VMs apart, or where they are."""
