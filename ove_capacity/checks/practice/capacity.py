"""The architecture's practices for planning: the system's share, and NUMA cells."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.analysis.system_share import GUIDELINE_PERCENT, guideline_verdict
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import affected, launched_vms
from ove_capacity.checks.subject import Subject
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY

__all__ = ["CAPACITY_RULES"]

_ALIGNING = ("best-effort", "restricted", "single-numa-node")


def _share_percent(cluster: Cluster) -> tuple[float, str]:
    """The larger share, over CPU and memory, of workers that is not for guests; and of which."""
    shares = []
    for name in (CPU, MEMORY):
        have = sum(node.capacity.get(name, 0) for node in cluster.workers)
        free = sum(
            node.allocatable.get(name, 0) - node.platform.get(name, 0) for node in cluster.workers
        )
        if name == MEMORY:  # hugepages are memory that guests use
            free += sum(
                amount
                for node in cluster.workers
                for resource, amount in node.allocatable.items()
                if resource.startswith(HUGEPAGES_PREFIX)
            )
        shares.append((round(100 * (have - free) / have, 1) if have else 0.0, name))
    return max(shares)


def _overhead(subject: Subject) -> Iterator[Finding]:
    """The architecture plans 20-30 % of a cluster for the system; less leaves more to guests.

    Counted is what is reserved and what platform pods ask for, of the workers' capacity; `verdict`
    tells the other two ways to count.

    Source: the reference architecture, Best Practices, Resource Planning: 20-30% overhead for
    system components; the parts as in docs/model.md, Headroom.
    """
    low, high = GUIDELINE_PERCENT
    for cluster in subject.case.fleet.clusters if subject.case else ():
        if not cluster.workers:
            continue
        percent, name = _share_percent(cluster)
        verdict = guideline_verdict(percent)
        if verdict == "within":
            continue
        said = f"the system takes {percent:g} % of {name} on its workers"
        problem = subject.problem(f"{said}: {verdict} {low}-{high} %", "clusters", cluster.name)
        told = "guests get less than planned" if verdict == "above" else "guests may use the rest"
        repair = "fewer, larger workers" if verdict == "above" else ""
        severity = Severity.WARNING if verdict == "above" else None
        yield Finding(problem, f"{told}: {100 - percent:g} % of {name}", repair, severity)


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
