"""VMs that no node takes, however empty it is: selectors, devices, sheer size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, gathered, launched_vms, nodes_for
from ove_capacity.checks.subject import Subject
from ove_capacity.errors import did_you_mean
from ove_capacity.kube.filters.node_affinity import matches_node
from ove_capacity.kube.filters.taint_toleration import untolerated_taint
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import PodSpec
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, PODS, amounts

__all__ = ["SCHEDULING_RULES"]

_ABILITIES = re.compile(
    r"(machine-type|cpu-model|cpu-feature|hyperv|host-model-.*)\.node\.kubevirt\.io/"
)
"""Labels that tell what a machine can do: where nobody has seen the machines, nobody knows."""
_INSTALLS = ("HyperConverged", "KubeVirt")
_PENDING = ("stays Pending", "stay Pending")
_GIB = 1 << 30
_SELECTOR = "nodeSelector"
_SHOWN_TERMS = 3


def _assumed_labels(subject: Subject, cluster: str) -> Mapping[str, str]:
    """Labels of workers that nothing but the scenario's assumptions supplies."""
    if subject.scenario is None or cluster not in subject.scenario.clusters:
        return {}
    section = subject.scenario.clusters[cluster]
    return {**subject.scenario.assume.node_labels, **section.assume.node_labels}


def _bare(subject: Subject, cluster: Cluster) -> tuple[Node, ...]:
    """The nodes without labels that are only assumed."""
    assumed = _assumed_labels(subject, cluster.name)
    if not assumed or subject.scenario is None:
        return cluster.nodes
    pools = subject.scenario.clusters[cluster.name].pools
    written = {each.name: each.labels for each in subject.of_kind("Node", "")}
    found = []
    for node in cluster.nodes:
        own = {**written.get(node.name, {})}
        own |= pools[node.pool].labels if node.pool in pools else {}
        labels = {
            key: value for key, value in node.labels.items() if key in own or key not in assumed
        }
        found.append(replace(node, labels=labels))
    return tuple(found)


def _own_demand(vm: Launched) -> PodSpec:
    """The pod as far as its author demands certain nodes."""
    spec = vm.vmi.spec
    affinity = spec.affinity
    demand = PodSpec(node_selector=spec.node_selector)
    return demand if affinity is None else replace(demand, affinity=affinity)


def _takes(demand: PodSpec, nodes: Sequence[Node]) -> bool:
    return any(matches_node(demand, node) for node in nodes)


def _unmatched(demand: PodSpec, nodes: Sequence[Node]) -> list[str]:
    """The labels of a nodeSelector that no node has, as ``key=value``."""
    return [
        f"{key}={value}"
        for key, value in demand.node_selector.items()
        if not any(node.labels.get(key) == value for node in nodes)
    ]


def _selects_no_node(subject: Subject) -> Iterator[Finding]:
    """A VM whose nodeSelector or required node affinity no node satisfies never starts.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go,
    Filter, asked of every node of the cluster.
    """
    yield from gathered(_unselected(subject), *_PENDING)
    yield from gathered(_selected_by_assumption(subject), *_PENDING, "without the assumption ")


def _unselected(subject: Subject) -> Iterator[tuple[Finding, Launched]]:
    for vm in launched_vms(subject):
        nodes, demand = vm.cluster.nodes, _own_demand(vm)
        if not nodes or nodes_for(subject, vm.cluster, demand):
            continue
        missing = _unmatched(demand, nodes)
        yield _selection(subject, vm, missing, "no node has"), vm


def _selected_by_assumption(subject: Subject) -> Iterator[tuple[Finding, Launched]]:
    for vm in launched_vms(subject):
        demand = _own_demand(vm)
        assumed = _assumed_labels(subject, vm.cluster.name)
        if not assumed or not nodes_for(subject, vm.cluster, demand):
            continue
        bare = _bare(subject, vm.cluster)
        if not _takes(demand, bare):
            missing = _unmatched(demand, bare)
            words = "only the scenario's assume.nodeLabels gives a node"
            yield replace(_selection(subject, vm, missing, words), severity=Severity.WARNING), vm


def _selection(subject: Subject, vm: Launched, missing: list[str], words: str) -> Finding:
    labels = ", ".join(missing)
    if missing:
        key = missing[0].partition("=")[0]
        keys: tuple[str, ...] = (_SELECTOR, key)
        known = {name for node in vm.cluster.nodes for name in node.labels}
        near = did_you_mean(key, sorted(known - {key}))
        said, repair = f"{words} {labels}", f"label the nodes of a pool {labels}"
        said += f"; did you mean {near!r}?" if near else ""
    else:
        keys = ("affinity",) if vm.vmi.spec.affinity else (_SELECTOR,)
        said, repair = f"{words} what its node selector and affinity ask for together", ""
    return vm.finding(subject, said, *keys, repair=repair)


def _lacks_virtualization(subject: Subject) -> Iterator[Finding]:
    """KubeVirt's own demands on a node: that virt-handler runs there, pinning, machine type.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/nodeselectorrenderer.go; the labels come
    from virt-handler and its node labeller.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            nodes = nodes_for(subject, vm.cluster, _own_demand(vm))
            if vm.pod is None or not nodes or nodes_for(subject, vm.cluster, vm.pod.spec):
                continue
            missing = _unmatched(vm.pod.spec, nodes)
            shown = ", ".join(missing[:_SHOWN_TERMS]) or "what KubeVirt asks for"
            cure = _cure(missing) if vm.cluster.workers else "a pool of workers: there is none"
            told = vm.finding(subject, f"no node that it selects has {shown}", repair=cure)
            if missing and all(_ABILITIES.match(each) for each in missing):
                told = replace(told, severity=Severity.WARNING)
            yield told, vm

    yield from gathered(found(), *_PENDING)


def _not_installed(subject: Subject) -> Iterator[Finding]:
    """A cluster runs VMs when OpenShift Virtualization is installed there, by a HyperConverged.

    Told where the manifests of another cluster have one, so that installing it is their business.

    Source: kubevirt/hyperconverged-cluster-operator 1.11.0 README.md.
    """
    having = {each.cluster for kind in _INSTALLS for each in subject.of_kind(kind)}
    bare: dict[str, list[Launched]] = {}
    for vm in launched_vms(subject):
        if having and vm.is_used and vm.cluster.name not in having:
            bare.setdefault(vm.cluster.name, []).append(vm)
    for cluster, vms in () if "" in having else bare.items():
        yield Finding(
            subject.problem("no HyperConverged among its manifests", "clusters", cluster),
            consequence=f"unless it is installed otherwise, {affected(vms, *_PENDING)}",
            repair="a HyperConverged",
        )


def _cure(missing: list[str]) -> str:
    if any("cpumanager" in each for each in missing):
        return "cpuManagerPolicy: static for the pool, by a KubeletConfig or a PerformanceProfile"
    if missing and all(_ABILITIES.match(each) for each in missing):
        return "labels of the pool, if its machines can do that"
    return "install OpenShift Virtualization on these nodes"


def _candidates(subject: Subject, vm: Launched) -> list[Node]:
    """Nodes that the VM may run on as far as labels, taints and cordons go."""
    assert vm.pod is not None
    spec = vm.pod.spec
    return [
        node
        for node in nodes_for(subject, vm.cluster, spec)
        if not node.unschedulable and untolerated_taint(node.taints, spec.tolerations) is None
    ]


def _best(nodes: Sequence[Node], resource: str) -> int:
    """The most that a node has for pods, beside the platform's own."""
    left = (node.allocatable.get(resource, 0) - node.platform.get(resource, 0) for node in nodes)
    return max(left, default=0)


def _shortages(subject: Subject, vm: Launched) -> dict[str, tuple[int, int]]:
    """Resource -> (asked for, the most that a node has), where that is less."""
    if vm.pod is None:
        return {}
    nodes = _candidates(subject, vm)
    if not nodes:
        return {}
    asked = amounts(effective_requests(vm.pod))
    most = {name: _best(nodes, name) for name in asked}
    return {name: (need, most[name]) for name, need in asked.items() if need > most[name]}


def _not_offered(subject: Subject) -> Iterator[Finding]:
    """Devices and hugepages are counted in integers: what no node offers nobody gets.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            for name, (need, most) in _shortages(subject, vm).items():
                if name in (CPU, MEMORY, PODS):
                    continue
                asked = f"asks for {_shown(name, need)} of {name}"
                has = (
                    f"the most that a node has is {_shown(name, most)}"
                    if most
                    else "no node has any"
                )
                told = vm.finding(subject, f"{asked}, and {has}", "domain")
                if name in _pages_made(subject, vm.cluster.name):
                    cure = "nodes described as the profile has them boot: with its pages"
                    told = replace(told, repair=cure, severity=Severity.WARNING)
                yield told, vm

    yield from gathered(found(), *_PENDING)


def _pages_made(subject: Subject, cluster: str) -> set[str]:
    """Hugepages that PerformanceProfiles reserve, as nodes name them: 1G is hugepages-1Gi."""
    return {
        f"{HUGEPAGES_PREFIX}{size.removesuffix('i')}i"
        for each in subject.of_kind("PerformanceProfile")
        if each.cluster == cluster
        for index, _ in enumerate(each.listed("spec", "hugepages", "pages"))
        if (size := str(each.get("spec", "hugepages", "pages", index, "size") or ""))
    }


def _larger_than_a_node(subject: Subject) -> Iterator[Finding]:
    """A VM that asks for more than the largest node has left beside the platform never starts.

    Source: as for devices; what the platform's pods ask for is the scenario's, or assumed as
    docs/model.md says.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in launched_vms(subject):
            for name, (need, most) in _shortages(subject, vm).items():
                if name in (CPU, MEMORY):
                    said = f"asks for {_shown(name, need)} of {name} with its launcher's overhead"
                    message = f"{said}; the largest node it may run on has {_shown(name, most)}"
                    yield vm.finding(subject, message, "domain"), vm

    yield from gathered(found(), *_PENDING)


def _shown(resource: str, amount: int) -> str:
    if resource == CPU:
        return f"{amount / 1000:g} CPUs"
    if resource == MEMORY or resource.startswith(HUGEPAGES_PREFIX):
        return f"{amount / _GIB:.4g} GiB"
    return f"{amount:,}"


SCHEDULING_RULES = (
    Rule("vm-selects-no-node", "VMs that select no node", Severity.ERROR, _selects_no_node),
    Rule(
        "vm-node-not-ready",
        "Nodes that lack what KubeVirt asks for",
        Severity.ERROR,
        _lacks_virtualization,
    ),
    Rule(
        "vm-device-not-offered",
        "Devices and hugepages no node offers",
        Severity.ERROR,
        _not_offered,
    ),
    Rule(
        "virtualization-missing",
        "Clusters without virtualization",
        Severity.WARNING,
        _not_installed,
    ),
    Rule("vm-too-large", "VMs larger than any node", Severity.ERROR, _larger_than_a_node),
)
"""The scheduler's filters on an empty cluster."""
