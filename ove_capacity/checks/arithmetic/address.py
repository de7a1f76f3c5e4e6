"""Addresses that do not suffice: ranges that overlap, slices, addresses of pods and VMs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ove_capacity.checks.arithmetic.machines import most_machines
from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, launched_vms
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.files import embedded_document
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import PODS

__all__ = ["ADDRESS_RULES"]

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_USES = ("clusterNetwork", "serviceNetwork", "machineNetwork")
"""Lists of ranges: of ``cidr``, or of texts."""
_HOLDERS: tuple[tuple[str, FieldPath], ...] = (
    ("Network", ("spec",)),
    ("AgentClusterInstall", ("spec", "networking")),
    ("ClusterInstance", ("spec",)),
    ("HostedCluster", ("spec", "networking")),
)
"""Kind -> where it has them.

Source: openshift/api config/v1 types_network.go; openshift/assisted-service api/hiveextension/
v1beta1; stolostron/siteconfig api/v1alpha1; openshift/hypershift api/hypershift/v1beta1.
"""


@dataclass(frozen=True, slots=True)
class _Range:
    """A range that is given to pods, Services or machines."""

    document: Document
    cluster: str
    path: FieldPath
    use: str
    network: _Network


def _ranges(subject: Subject) -> Iterator[_Range]:
    """Of Network objects, of clusters to install, and of an install-config, which has no kind."""
    for kind, path in _HOLDERS:
        for each in subject.of_kind(kind):
            yield from _listed(each.document, each.cluster, each.mapping(*path), each.path + path)
    for cluster, document in subject.documents:
        value = document.value
        if isinstance(value, Mapping) and "kind" not in value:
            yield from _listed(document, cluster, value.get("networking"), ("networking",))
    for each in subject.of_kind("ConfigMap", ""):
        for key, text in each.mapping("data").items():
            inner = _embedded(each, key) if "networking:" in str(text) else None
            if inner is not None and isinstance(inner.value, Mapping):
                found = inner.value.get("networking")
                yield from _listed(inner, each.cluster, found, ("networking",))


def _embedded(manifest: Manifest, key: str) -> Document | None:
    try:
        path = (*manifest.path, "data", key)
        return embedded_document(manifest.document, path, Problems())
    except (KeyError, ScenarioError):
        return None


def _listed(document: Document, cluster: str, value: object, base: FieldPath) -> Iterator[_Range]:
    for use in _USES:
        found = value.get(use) if isinstance(value, Mapping) else None
        for index, item in enumerate(found if isinstance(found, list) else ()):
            keys = ("cidr",) if isinstance(item, Mapping) else ()
            network = _network(item.get("cidr") if isinstance(item, Mapping) else item)
            if network is not None:
                yield _Range(document, cluster, (*base, use, index, *keys), use, network)


def _network(text: object) -> _Network | None:
    try:
        return ipaddress.ip_network(str(text), strict=False) if isinstance(text, str) else None
    except ValueError:
        return None


def _overlaps(subject: Subject) -> Iterator[Finding]:
    """Ranges of pods, Services and machines that overlap send traffic to the wrong one.

    Source: openshift/installer pkg/types/validation/installconfig.go and pkg/validate/validate.go,
    DoCIDRsOverlap: cluster, service and machine networks that overlap are refused.
    """
    ranges = list(_ranges(subject))
    for index, one in enumerate(ranges):
        for other in ranges[:index]:
            same = one.cluster == other.cluster
            if not same or one.network.version != other.network.version:
                continue
            if one.path == other.path and one.network == other.network:
                continue  # the configuration as wanted, and as it is
            if (one.use, one.network) == (other.use, other.network):
                continue
            if one.network.overlaps(other.network):
                said = f"{one.network} overlaps with {other.network} of {other.use}"
                yield Finding(
                    one.document.problem(one.path, said),
                    consequence="the installer refuses it; by hand, addresses are given twice",
                    repair="ranges that share no address",
                )


def _clusters(subject: Subject) -> tuple[Cluster, ...]:
    return subject.case.fleet.clusters if subject.case else ()


def _at(subject: Subject, cluster: str) -> FieldPath:
    """The nearest that the scenario says of the pod network of a cluster."""
    section = subject.scenario.clusters.get(cluster) if subject.scenario else None
    path: FieldPath = ("clusters", cluster)
    if section is None or "network" not in section.model_fields_set:
        return path
    return (*path, "network", "clusterNetwork")


def _most_nodes(subject: Subject, cluster: Cluster) -> int:
    """Machines when the cluster has grown as far as somebody lets it."""
    now, grown = len(cluster.nodes), most_machines(subject, cluster)
    limits = []
    for each in subject.of_kind("ClusterAutoscaler"):
        most = each.get("spec", "resourceLimits", "maxNodesTotal")
        if each.cluster == cluster.name and isinstance(most, int):
            limits.append(most)
    section = subject.scenario.clusters.get(cluster.name) if subject.scenario else None
    if section and section.autoscaler and section.autoscaler.max_nodes_total:
        limits.append(section.autoscaler.max_nodes_total)
    reach = grown if grown > now else max(limits, default=now)
    return max(now, min((reach, *limits)))


def _too_few_slices(subject: Subject) -> Iterator[Finding]:
    """Each node takes one slice of the pod network; without one it never becomes Ready.

    Source: openshift-docs modules/nw-ovn-kubernetes-… hostPrefix; ovn-org/ovn-kubernetes
    go-controller/pkg/clustermanager/subnetallocator: a /16 cut in /23 has 128 slices.
    """
    for cluster in _clusters(subject):
        network, most = cluster.network, _most_nodes(subject, cluster)
        if network is None or most <= network.max_nodes:
            continue
        now = len(cluster.nodes)
        cut = f"{network.cidr} cut in /{network.host_prefix} is {network.max_nodes} slices"
        said = f"{cut}, and there are {now} nodes"
        said += f", up to {most}" if most > now else ""
        yield Finding(
            subject.problem(said, *_at(subject, cluster.name)),
            consequence=f"{most - network.max_nodes} nodes never become Ready",
            repair="a wider range, or a longer hostPrefix: neither can be narrowed later",
            severity=Severity.ERROR if now > network.max_nodes else None,
        )


def _too_few_for_pods(subject: Subject) -> Iterator[Finding]:
    """A node runs no more pods than its slice has addresses, whatever maxPods says.

    Source: ovn-org/ovn-kubernetes go-controller/pkg/allocator/ip: an address a pod on the pod
    network; pods on the host's network take none.
    """
    for cluster in _clusters(subject):
        network = cluster.network
        pods = max((node.allocatable.get(PODS, 0) for node in cluster.workers), default=0)
        if network is not None and pods > network.addresses_per_node:
            said = f"/{network.host_prefix} has {network.addresses_per_node} addresses a node"
            yield Finding(
                subject.problem(
                    f"{said}, and kubelets admit {pods} pods", *_at(subject, cluster.name)
                ),
                consequence=f"{pods - network.addresses_per_node} pods of a full node stay in "
                "ContainerCreating, VMs among them",
                repair=f"hostPrefix for {pods} pods, or maxPods: {network.addresses_per_node}",
            )


def _vm_networks(subject: Subject) -> Iterator[tuple[Cluster, str, int, list[Launched]]]:
    """(cluster, network, addresses left for VMs, VMs that have an interface on it)."""
    for cluster in _clusters(subject):
        for network in cluster.vm_networks:
            if network.addresses is None:
                continue
            vms = [
                vm
                for vm in launched_vms(subject)
                if vm.cluster.name == cluster.name and network.name in vm.workload.networks
            ]
            yield cluster, network.name, network.addresses - network.held, vms


def _place(subject: Subject, cluster: str, network: str, message: str) -> Finding:
    """At its definition; else at what the scenario says of it."""
    for each in subject.of_kind("NetworkAttachmentDefinition"):
        key = f"{each.namespace}/{each.name}" if each.namespace else each.name
        if each.cluster in (cluster, "") and network in (key, each.name):
            return Finding(each.problem(message, "spec", "config"))
    path = ("clusters", cluster, "network", "vmNetworks", network)
    return Finding(subject.problem(message, *path))


def _too_few_for_vms(subject: Subject) -> Iterator[Finding]:
    """Each VM has an address on each of its networks; a migrating one has two, one for each pod.

    While a node drains, its VMs hold both addresses: there must be room for those of the fullest
    node, here taken to be an even share.

    Source: k8snetworkplumbingwg/whereabouts pkg/allocate/allocate.go (an address a pod, released
    with it); kubevirt v1.9.0 pkg/virt-controller/watch/migration (the target is a second pod).
    """
    for cluster, network, left, vms in _vm_networks(subject):
        count = sum(vm.count for vm in vms)
        drained = -(-count // max(1, len(cluster.workers)))
        if count > left:
            said = f"{left} addresses for {count} VMs"
            asked = affected(vms, "asks for one", "ask for one")
            told = f"{count - left} addresses are missing: {asked}"
            found, severity = _place(subject, cluster.name, network, said), Severity.ERROR
        elif count and count + drained > left:
            said = f"{left} addresses for {count} VMs, and {drained} more while a node drains"
            told = f"{count + drained - left} VMs of a drained node find no address to migrate to"
            found, severity = _place(subject, cluster.name, network, said), Severity.WARNING
        else:
            continue
        repair = f"{count + drained} addresses"
        yield Finding(found.problem, told, repair, severity)


ADDRESS_RULES = (
    Rule("network-overlap", "Ranges that overlap", Severity.ERROR, _overlaps),
    Rule("network-slices", "Nodes without a slice", Severity.WARNING, _too_few_slices),
    Rule("network-pods", "Pods without an address", Severity.WARNING, _too_few_for_pods),
    Rule("vm-network-addresses", "VMs without an address", Severity.ERROR, _too_few_for_vms),
)
"""Addresses."""
