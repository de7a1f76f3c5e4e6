"""VMs that the cluster's own policies refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ove_capacity.checks.created import CreatedVm, created_vms
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.platform.admission import (
    Outcome,
    Request,
    Review,
    is_excepted,
    reviews,
    unasked_parts,
    unmodelled_parts,
)
from ove_capacity.scenario.compile.admission import is_stored

__all__ = ["ADMISSION_RULES"]

_GROUP = "kyverno.io"
_KINDS = ("ClusterPolicy", "Policy")
_OTHERS = {
    "ConstraintTemplate": "templates.gatekeeper.sh",
    "ImageValidatingPolicy": "policies.kyverno.io",
    "MutatingAdmissionPolicy": "admissionregistration.k8s.io",
    "MutatingPolicy": "policies.kyverno.io",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io",
    "ValidatingPolicy": "policies.kyverno.io",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io",
}
"""Kinds that admit or refuse, too -> their API group."""
_MOST_KEYS = 6


def _policies(subject: Subject, cluster: str) -> Iterator[Manifest]:
    """Of a cluster and of the hub, which hands its own out."""
    for kind in _KINDS:
        for each in subject.of_kind(kind, _GROUP):
            if each.cluster in (cluster, ""):
                yield each


def _namespace_labels(subject: Subject, cluster: str, name: str) -> Mapping[str, str]:
    given = {"kubernetes.io/metadata.name": name}
    for each in subject.of_kind("Namespace", ""):
        if each.name == name and each.cluster in (cluster, ""):
            return {**given, **{str(key): str(value) for key, value in each.labels.items()}}
    return given


def _reviewed(subject: Subject, vm: CreatedVm) -> dict[tuple[str, str], list[_Verdict]]:
    """(policy, rule) -> what it says on each cluster that has it."""
    found: dict[tuple[str, str], list[_Verdict]] = {}
    metadata = vm.resource.get("metadata")
    namespace = metadata.get("namespace", "") if isinstance(metadata, Mapping) else ""
    for cluster, count in vm.counts:
        labels = _namespace_labels(subject, cluster, str(namespace))
        for policy in _policies(subject, cluster):
            for review in reviews(policy.value, Request(vm.resource, labels)):
                verdicts = found.setdefault((policy.name, review.rule), [])
                verdicts.append((cluster, count, policy, review))
    return found


_Verdict = tuple[str, int, Manifest, Review]
"""Cluster, VMs there, policy, what its rule says."""

_Reviewed = tuple[CreatedVm, dict[tuple[str, str], list[_Verdict]]]
"""VMs that are alike, and what each rule of each policy says of them."""

_Refusal = tuple[CreatedVm, list[_Verdict]]
"""VMs that are alike, and who refuses them."""


def _all_reviewed(subject: Subject) -> list[_Reviewed]:
    return [(vm, _reviewed(subject, vm)) for vm in created_vms(subject)]


def _refused(subject: Subject) -> Iterator[Finding]:
    """A policy that enforces what a VM does not have keeps that VM from ever being created.

    Source: kyverno v1.12.6 pkg/engine (validate patterns) and its documentation; decided as in
    ove_capacity/platform/admission, for requests to create, by no user in particular.
    """
    told: dict[tuple[object, ...], tuple[Finding, list[_Refusal]]] = {}
    for vm, reviewed in subject.once(_all_reviewed):
        if is_stored(vm.resource):  # it was let in, whatever policies say now
            continue
        for (policy, rule), verdicts in reviewed.items():
            refused = [each for each in verdicts if each[3].is_refusal]
            if refused:
                found = _excepted(
                    subject, vm, _finding(subject, vm, policy, rule, refused[0]), refused[0]
                )
                key = (found.problem.place, found.message)
                told.setdefault(key, (found, []))[1].append((vm, refused))
    for found, refusals in told.values():
        verdicts = [each for _, own in refusals for each in own]
        clusters = tuple(dict.fromkeys(cluster for cluster, *_ in verdicts if cluster))
        off = [name for name in clusters if _is_off(subject, name)]
        told_of = _consequence(refusals)
        severity = found.severity
        if off and off == list(clusters):
            told_of = f"without the scenario's assume.admission {told_of}"
            severity = Severity.WARNING
        yield replace(found, consequence=told_of, clusters=clusters, severity=severity)


def _is_off(subject: Subject, cluster: str) -> bool:
    """Whether the scenario lets everybody in there, whatever the policies say."""
    if subject.scenario is None or cluster not in subject.scenario.clusters:
        return False
    own = subject.scenario.clusters[cluster].assume.admission
    return (own or subject.scenario.assume.admission) == "off"


def _finding(subject: Subject, vm: CreatedVm, policy: str, rule: str, verdict: _Verdict) -> Finding:
    _, _, manifest, review = verdict
    pattern = manifest.get("spec", "rules", review.index, "validate", "pattern")
    missing = list(_missing(vm.resource, pattern))
    keys = [each for each in review.path.split("/") if each]
    said = f" ({review.message.strip()})" if review.message else ""
    return Finding(
        vm.problem(subject, f"{policy}, rule {rule}, refuses it{said}", *keys),
        repair=f"set {', '.join(missing[:_MOST_KEYS])}" if missing else "",
    )


def _excepted(subject: Subject, vm: CreatedVm, found: Finding, verdict: _Verdict) -> Finding:
    """A warning instead, when a PolicyException may let the VM in."""
    cluster, _, policy, review = verdict
    for each in subject.of_kind("PolicyException", _GROUP):
        near = each.cluster in (cluster, "")
        if near and is_excepted(each.value, policy.value, review.rule, Request(vm.resource)):
            said = f"{found.problem.message}, unless {each.shown} lets it in"
            problem = replace(found.problem, message=said)
            return replace(found, problem=problem, severity=Severity.WARNING)
    return found


def _consequence(refusals: list[_Refusal]) -> str:
    """All VMs of one template together: how many now, and whose more would come."""
    verdicts = [each for _, own in refusals for each in own]
    total = sum(count for _, count, _, _ in verdicts)
    where = ", ".join(dict.fromkeys(cluster for cluster, *_ in verdicts if cluster))
    on = f" on {where}" if where else ""
    names = [vm.name for vm, own in refusals if any(count for _, count, _, _ in own)]
    later = [vm.name for vm, own in refusals if not any(count for _, count, _, _ in own)]
    parts = []
    if total:
        are = "VM is" if total == 1 else "VMs are"
        parts.append(f"{total} {are} refused{on} ({', '.join(names)})")
    if later:
        parts.append(f"every VM of {', '.join(later)} is refused{on}")
    return "; ".join(parts)


def _missing(resource: Any, pattern: Any, path: str = "") -> Iterator[str]:
    """Plain keys of the pattern that the object does not have at all."""
    if not isinstance(pattern, Mapping):
        return
    for key, wanted in pattern.items():
        if "(" in key:
            continue
        here = f"{path}.{key}" if path else key
        own = resource.get(key) if isinstance(resource, Mapping) else None
        if isinstance(wanted, Mapping):
            yield from _missing(own, wanted, here)
        elif own is None and not isinstance(wanted, list):
            yield here


def _reported(subject: Subject) -> Iterator[Finding]:
    """A policy that only audits lets the VM run and reports it.

    Source: as for refused VMs; audit is the default of validationFailureAction.
    """
    for vm, reviewed in subject.once(_all_reviewed):
        for (policy, rule), verdicts in reviewed.items():
            review = verdicts[0][3]
            if review.outcome is Outcome.FAIL and not review.is_enforced:
                keys = [each for each in review.path.split("/") if each]
                yield Finding(
                    vm.problem(subject, f"{policy}, rule {rule}, only reports it", *keys),
                    consequence="no VM is refused as long as the policy audits",
                )


def _not_modelled(subject: Subject) -> Iterator[Finding]:
    """What a policy does beside validating patterns is not decided here.

    Source: ours; mutation changes requests, generation adds objects, and deny, CEL, variables and
    image checks need what only a cluster has.
    """
    for kind in _KINDS:
        for policy in subject.of_kind(kind, _GROUP):
            for index, rule in enumerate(policy.listed("spec", "rules")):
                if not isinstance(rule, Mapping):
                    continue
                parts = (*unmodelled_parts(rule), *unasked_parts(rule))
                if parts:
                    message = f"not modelled: {', '.join(parts)}; what it refuses is not known here"
                    yield Finding(policy.problem(message, "spec", "rules", index))
    for kind, group in _OTHERS.items():
        for each in subject.of_kind(kind, group):
            message = f"not modelled: what a {kind} refuses is not known here"
            yield Finding(each.problem(message))


ADMISSION_RULES = (
    Rule("policy-refuses-vm", "VMs that a policy refuses", Severity.ERROR, _refused),
    Rule("policy-reports-vm", "VMs that a policy reports", Severity.INFO, _reported),
    Rule("policy-not-modelled", "Policies decided elsewhere", Severity.INFO, _not_modelled),
)
"""Kyverno."""
