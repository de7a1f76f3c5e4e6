"""VMs that nodes keep out, or that keep themselves out: taints, domains, companions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, gathered, launched_vms, nodes_for
from ove_capacity.checks.selecting import pods_by_namespace
from ove_capacity.checks.subject import Subject
from ove_capacity.kube.filters.taint_toleration import untolerated_taint
from ove_capacity.model.node import Taint
from ove_capacity.model.pod import PodAffinityTerm

__all__ = ["KEPT_OUT_RULES"]

_PENDING = ("stays Pending", "stay Pending")
_SHOWN = 3


def _taints(subject: Subject, vm: Launched) -> list[Taint] | None:
    """Taints of the nodes that it selects, which it does not tolerate; None: a node lets it in."""
    assert vm.pod is not None
    found = [
        untolerated_taint(node.taints, vm.pod.spec.tolerations)
        for node in nodes_for(subject, vm.cluster, vm.pod.spec)
    ]
    return None if None in found else list(dict.fromkeys(each for each in found if each))


def _not_tolerated(subject: Subject) -> Iterator[Finding]:
    """A node's taint keeps out every pod that does not tolerate it, VMs among them.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go,
    Filter, asked of every node that the VM selects.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            taints = _taints(subject, vm) if vm.pod else None
            if not taints:
                continue
            shown = ", ".join(f"{each.key}={each.value}:{each.effect}" for each in taints[:_SHOWN])
            said = f"does not tolerate the taints of the nodes it may run on: {shown}"
            own = taints[-1]
            repair = f"{{key: {own.key}, operator: Exists, effect: {own.effect}}}"
            yield vm.finding(subject, said, "tolerations", repair=repair), vm

    yield from gathered(found(), *_PENDING)


def _over_no_domain(subject: Subject) -> Iterator[Finding]:
    """Hard spreading, and affinity to pods, ask for nodes that have the label of their domain.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/podtopologyspread/filtering.go,
    Filter (missing required label); interpodaffinity/filtering.go, satisfyPodAffinity.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            if vm.pod is None:
                continue
            nodes = nodes_for(subject, vm.cluster, vm.pod.spec)
            spread = [each.topology_key for each in vm.pod.spec.spread if each.hard]
            near = [each.topology_key for each in vm.pod.spec.affinity.pod_required]
            for key in dict.fromkeys((*spread, *near)):
                if nodes and not any(key in node.labels for node in nodes):
                    field = "topologySpreadConstraints" if key in spread else "affinity"
                    said = f"no node that it selects has the label {key}"
                    yield vm.finding(subject, said, field, repair=f"label the nodes {key}=…"), vm

    yield from gathered(found(), *_PENDING)


def _meets_somebody(subject: Subject, vm: Launched, term: PodAffinityTerm) -> bool:
    assert vm.pod is not None
    if term.selector is None or term.namespace_selector is not None:
        return term.selector is not None
    spaces = term.namespaces or (vm.pod.namespace,)
    if vm.pod.namespace in spaces and term.selector.matches(vm.pod.labels):
        return True  # the first of them may go anywhere
    return any(
        term.selector.matches(labels)
        for space in spaces
        for labels, _ in pods_by_namespace(subject).get((vm.cluster.name, space), ())
    )


def _near_nobody(subject: Subject) -> Iterator[Finding]:
    """A VM that must be near pods waits for them; pods that nobody lists may still come.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/interpodaffinity/filtering.go,
    satisfyPodAffinity.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            for term in vm.pod.spec.affinity.pod_required if vm.pod else ():
                if not _meets_somebody(subject, vm, term):
                    keys = ("affinity", "podAffinity")
                    told = vm.finding(
                        subject, "no VM and no listed pod is what it must be near", *keys
                    )
                    yield replace(told, severity=Severity.WARNING), vm

    yield from gathered(found(), *_PENDING, "unless such pods come from elsewhere ")


KEPT_OUT_RULES = (
    Rule("vm-not-tolerated", "VMs that taints keep out", Severity.ERROR, _not_tolerated),
    Rule("vm-without-domain", "VMs over no domain", Severity.ERROR, _over_no_domain),
    Rule("vm-near-nobody", "VMs that wait for company", Severity.WARNING, _near_nobody),
)
"""What keeps VMs out."""
