"""The architecture's practices for planning: the system's share, and NUMA cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ove_capacity.analysis.headroom import headroom
from ove_capacity.analysis.system_share import GUIDELINE_PERCENT
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import affected, launched_vms
from ove_capacity.checks.subject import Subject
from ove_capacity.model.plan import Plan

__all__ = ["CAPACITY_RULES"]

_ALIGNING = ("best-effort", "restricted", "single-numa-node")


def _overhead(subject: Subject) -> Iterator[Finding]:
    """The architecture plans 20-30 % of a cluster for the system; less leaves more to guests.

    Counted is what is reserved and what platform pods ask for, of the workers' capacity, as
    `headroom` does; `verdict` tells the other two ways to count.

    Source: the reference architecture, Best Practices, Resource Planning: 20-30% overhead for
    system components; the parts as in docs/model.md, Headroom.
    """
    low, high = GUIDELINE_PERCENT
    case = subject.case
    empty = replace(case, plan=Plan()) if case else None  # no VM has a part in it
    for name, room in headroom(empty, shapes=()).clusters.items() if empty else ():
        share = next(each for each in room.shares if each.name == "reserved_and_platform")
        percent, verdict = share.percent, share.verdict
        if percent is None:
            continue
        if verdict == "within":
            continue
        said = f"the system takes {percent:.1f} % of {share.larger} on its workers"
        problem = subject.problem(f"{said}: {verdict} {low}-{high} %", "clusters", name)
        told = "guests get less than planned" if verdict == "above" else "guests may use the rest"
        repair = "fewer, larger workers" if verdict == "above" else ""
        severity = Severity.WARNING if verdict == "above" else None
        yield Finding(problem, f"{told}: {100 - percent:.1f} % of {share.larger}", repair, severity)


def _aligned(subject: Subject, cluster: str) -> bool:
    """Whether anything configures the topology manager of a cluster's kubelets."""
    section = subject.scenario.clusters.get(cluster) if subject.scenario else None
    if section is not None and section.kubelet.topology_manager_policy in _ALIGNING:
        return True
    for kind, keys in (
        ("KubeletConfig", ("kubeletConfig", "topologyManagerPolicy")),
        ("PerformanceProfile", ("numa", "topologyPolicy")),
    ):
        for each in subject.of_kind(kind):
            if each.cluster == cluster and each.get("spec", *keys) in _ALIGNING:
                return True
    return False


def _numa(subject: Subject) -> Iterator[Finding]:
    """Pinned CPUs and hugepages from different cells cost latency; the kubelet can prevent it.

    Source: the reference architecture, Best Practices: consider NUMA topology for high-performance
    VMs; kubernetes v1.28 pkg/kubelet/cm/topologymanager: the policy's default is none.
    """
    for name in subject.clusters:
        vms = [
            vm
            for vm in launched_vms(subject)
            if vm.cluster.name == name and vm.vmi.spec.domain.cpu.dedicated_cpu_placement
        ]
        if vms and not _aligned(subject, name):
            said = "VMs are pinned, and no kubelet aligns them to NUMA cells"
            yield Finding(
                subject.problem(said, "clusters", name),
                consequence=affected(vms, "may span cells", "may span cells"),
                repair="topologyManagerPolicy: single-numa-node; it may refuse what seems to fit",
            )


CAPACITY_RULES = (
    Rule("practice-overhead", "The system's share", Severity.INFO, _overhead),
    Rule("practice-numa", "Pinned VMs over cells", Severity.INFO, _numa),
)
"""Planning."""
