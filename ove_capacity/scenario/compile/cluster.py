"""One cluster of a scenario -> the noun, and the VMs that its folders list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ove_capacity.kubevirt.node_labels import virtualization_devices, virtualization_labels
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.hyperconverged import kubevirt_of_cluster
from ove_capacity.manifests.kubevirt_config import network_attachment_of, quota_of
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.profile import ClusterProfile
from ove_capacity.manifests.routes import routes_of
from ove_capacity.manifests.running import instancetypes_of
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.cluster import Cluster, Remediation
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.node import Node
from ove_capacity.model.origin import Level, Origin
from ove_capacity.model.pod import Pod
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.openshift.overhead import (
    PlatformShare,
    platform_assumptions,
    platform_of,
    platform_shares,
)
from ove_capacity.openshift.virtualization import virtualization_assumptions
from ove_capacity.releases import KUBEVIRT_RECORDED, Release, release, release_of_kubevirt
from ove_capacity.scenario.compile.autoscaling import autoscaling_of
from ove_capacity.scenario.compile.budgets import (
    cluster_network_of,
    storage_of,
    vm_networks_of,
)
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.kubelets import kubelet_config, numa_strategy, warn_of_gates
from ove_capacity.scenario.compile.misplaced import take_along, warn_of_cluster, warn_of_networks
from ove_capacity.scenario.compile.node_kubelets import node_kubelets
from ove_capacity.scenario.compile.origins import origins_of
from ove_capacity.scenario.compile.pools import pool_nodes
from ove_capacity.scenario.schema.cluster import ClusterSection

__all__ = ["Compiled", "compile_clusters", "compiled_cluster"]

_DEFAULT_OPENSHIFT = "4.22"
_VIRTUALIZATION = "virtualization"
_INSTALLERS = ("HyperConverged", "KubeVirt")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A cluster, and what else was found with it."""

    cluster: Cluster
    objects: Objects
    """Of its manifests."""
    vms: Objects
    """Of its VM folders."""
    path: FieldPath


def _profile(context: Context, name: str, found: Objects) -> ClusterProfile | None:
    section = context.scenario.clusters[name]
    if section.profile is None:
        return None
    known = {**context.built_in, **context.hub.profiles, **found.profiles}
    if section.profile not in known:
        context.unknown(("clusters", name, "profile"), "profile", section.profile, sorted(known))
        return None
    profile = known[section.profile]
    if profile.built_in:
        source = f"the built-in profile {profile.name}; a ConfigMap would replace it"
        for role, shape in profile.shapes:
            cpu, memory = shape.cpu_milli // 1000, shape.memory_bytes >> 30
            value = f"{profile.count(role)} x {cpu} CPUs, {memory} GiB"
            context.assume(f"profile.{role}", value, source, name, Evidence.ASSUMED)
    return profile


def _release(context: Context, name: str, profile: ClusterProfile | None) -> Release:
    own, fleet = context.scenario.clusters[name].platform, context.scenario.platform
    openshift = own.openshift or fleet.openshift
    created_on = own.created_on or (None if own.openshift else fleet.created_on)
    kubevirt = own.kubevirt or fleet.kubevirt
    is_own = bool(own.model_fields_set)
    path: FieldPath = ("clusters", name, "platform") if is_own else ("platform",)
    said = profile.kubevirt_version if profile else ""
    wrong = "openshift"
    try:
        if kubevirt or (said and openshift is None):
            wrong = "kubevirt"
            theirs = str(release_of_kubevirt(kubevirt or said).openshift)
            openshift, wrong = openshift or theirs, "openshift"
        if openshift is None:
            source = "no platform.openshift, and no profile names a KubeVirt version"
            context.assume("platform.openshift", _DEFAULT_OPENSHIFT, source, name, Evidence.ASSUMED)
        found = release(openshift or _DEFAULT_OPENSHIFT, created_on, kubevirt or None)
    except ValueError as error:
        context.error((*path, wrong), str(error))
        return release(_DEFAULT_OPENSHIFT)
    if said and said.split(".")[:2] != found.kubevirt.split(".")[:2]:
        context.warn(
            path,
            f"cluster {name}: profile {profile.name if profile else ''} says KubeVirt {said}, "
            f"the platform brings {found.kubevirt}; the platform wins",
        )
    return found


def _warn_of_rules(context: Context, name: str, found: Release) -> None:
    if not found.is_exact:
        context.problems.warnings.append(
            context.changed.document.problem(
                ("clusters", name),
                f"no launcher pods were recorded from KubeVirt {found.kubevirt}: they follow "
                f"what changed by then between the recorded {', '.join(KUBEVIRT_RECORDED)}",
            )
        )


def _with_virtualization(node: Node, rules: str, static: bool) -> Node:
    """The node as it would be with OpenShift Virtualization on it; what it says itself stays."""
    arch = node.labels.get("kubernetes.io/arch", "amd64")
    devices = virtualization_devices()
    return replace(
        node,
        labels={**virtualization_labels(rules, arch, static_cpu_manager=static), **node.labels},
        capacity={**devices, **node.capacity},
        allocatable={**devices, **node.allocatable},
    )


def _real_nodes(
    context: Context, name: str, found: Objects, rules: str, config: KubeletConfig
) -> tuple[list[Node], list[PlatformShare]]:
    """Node objects, with what the scenario assumes of them."""
    section = context.scenario.clusters[name]
    assumed = section.assume.virtualization or context.scenario.assume.virtualization
    extra = context.scenario.assume.node_labels | section.assume.node_labels
    static = config.cpu_manager_policy == "static"
    nodes: list[Node] = []
    used: list[PlatformShare] = []
    for given in found.nodes:
        node, virtualized = given, assumed is not None and given.is_worker
        if virtualized:
            node = _with_virtualization(node, rules, static)
        if extra and node.is_worker:
            node = replace(node, labels={**node.labels, **extra})
        shares = platform_shares(node.pool, virtualization=virtualized)
        if found.pods:
            shares = tuple(share for share in shares if share.name == _VIRTUALIZATION)
        used += shares
        of_virtualization = platform_of(share for share in shares if share.needs_virtualization)
        platform = platform_of(shares)
        nodes.append(replace(node, platform=platform, virtualization=of_virtualization))
    if nodes and assumed is not None:
        source = "assume.virtualization: the Node objects say nothing of it"
        value = "labels, and 1000 each of kvm, tun and vhost-net, on each worker"
        context.assume("node.virtualization", value, source, name, Evidence.ASSUMED)
    return nodes, used


def _pods_on(context: Context, name: str, found: Objects, nodes: list[Node]) -> list[Pod]:
    """The pods that stand on the nodes; the others are counted in a warning."""
    names = {node.name for node in nodes}
    standing = [pod for pod in found.pods if pod.spec.node_name in names]
    left = len(found.pods) - len(standing)
    if left:
        path = ("clusters", name, "nodes")
        context.warn(path, f"{left} pods are on no node of the cluster; they are left out")
    return standing


def _unique(context: Context, name: str, nodes: list[Node]) -> list[Node]:
    found: dict[str, Node] = {}
    for node in nodes:
        if node.name in found:
            path: FieldPath = ("clusters", name)
            context.error(path, f"has two nodes named {node.name!r}")
        found[node.name] = node
    return list(found.values())


def _kubevirt(
    context: Context, name: str, found: Objects, own_release: Release, workers: int
) -> KubeVirt:
    problems = context.problems
    parts = found.kubevirt_parts
    configured = kubevirt_of_cluster(found, own_release, problems, highly_available=workers > 1)
    kubevirt, said = configured.kubevirt, configured.said
    if not configured.is_complete:
        context.assumptions += virtualization_assumptions(kubevirt, name, said)
    context.origins += (
        Origin(name, key, each.value, Level.MANIFEST, each.place) for key, each in said.items()
    )
    networks = parts.get("NetworkAttachmentDefinition", [])
    networks = networks + context.hub.kubevirt_parts.get("NetworkAttachmentDefinition", [])
    attachments = tuple(network_attachment_of(each, problems) for each in networks)
    return replace(
        kubevirt,
        network_attachments=attachments or None,
        quotas=tuple(quota_of(each, problems) for each in parts.get("ResourceQuota", [])),
        namespaces=found.namespaces,
    )


def _read(context: Context, name: str, section: ClusterSection) -> tuple[Objects, Objects]:
    path = ("clusters", name)
    values = {**context.scenario.values, **section.values}
    read, named = context.inputs.read, context.named
    found = read(named((*path, "manifests"), section.manifests), values)
    read(named((*path, "nodes"), section.nodes), values, found)
    folders = named((*path, "vms"), (folder.path for folder in section.vms), "path")
    vms = read(folders, values)
    take_along(found, vms)
    warn_of_cluster(context, name, found, vms)
    warn_of_networks(context, name, (found, vms))
    return found, vms


def _is_virtualized(context: Context, name: str, read: Mapping[str, Objects]) -> bool:
    """Whether workers of the cluster run VMs, though no Node object says so.

    Where manifests install OpenShift Virtualization on some clusters, the others whose manifests
    do not are taken at their word; where nothing is known of a cluster's objects it is installed.
    """
    section = context.scenario.clusters[name]
    assumed = section.assume.virtualization or context.scenario.assume.virtualization
    having = [each for each, found in read.items() if _installs(found)]
    if assumed or not having or name in having or not section.manifests:
        return True
    message = (
        f"none of its manifests installs OpenShift Virtualization, as those of {having[0]} do: "
        "machines of its pools run no VM (installed otherwise? assume: {virtualization: installed})"
    )
    context.warn(("clusters", name), message)
    return False


def _installs(found: Objects) -> bool:
    return any(found.read[kind] or found.unmodelled[kind] for kind in _INSTALLERS)


def compile_clusters(context: Context) -> dict[str, Compiled]:
    """The noun of each cluster, with its nodes; what is wrong is noted."""
    sections = context.scenario.clusters
    read = {name: _read(context, name, section) for name, section in sections.items()}
    own = {name: found for name, (found, _) in read.items()}
    return {
        name: compiled_cluster(context, name, *read[name], _is_virtualized(context, name, own))
        for name in sections
    }


def compiled_cluster(
    context: Context, name: str, found: Objects, vms: Objects, virtualized: bool
) -> Compiled:
    """The noun of one cluster of the scenario, of what was read for it; what is wrong is noted.

    *virtualized*: whether workers run VMs where the scenario does not say.
    """
    section = context.scenario.clusters[name]
    path: FieldPath = ("clusters", name)
    profile = _profile(context, name, found)
    own_release = _release(context, name, profile)
    _warn_of_rules(context, name, own_release)
    rules = kubelet_config(context, name, found)
    warn_of_gates(context, name, rules, own_release)
    config = rules.config
    known_errors = len(context.problems.errors)
    made = pool_nodes(context, name, profile, own_release, rules, virtualized=virtualized)
    real, shares = _real_nodes(context, name, found, own_release.kubevirt_rules, config)
    real = node_kubelets(context, name, real, found, rules, own_release)
    nodes = _unique(context, name, [*real, *made.nodes])
    if not nodes and len(context.problems.errors) == known_errors:
        context.error(path, "has no nodes: give it a profile, pools or nodes", key=True)
    context.assumptions += platform_assumptions([*shares, *made.shares], name)
    known = context.hub.managed_clusters.get(name)
    labels = dict(known.labels) if known else {}
    for own in found.managed_clusters.values():
        labels |= own.labels
    workers = sum(node.is_worker for node in nodes)
    kubevirt = _kubevirt(context, name, found, own_release, workers)
    cluster = Cluster(
        name=name,
        release=own_release,
        nodes=tuple(nodes),
        profile=section.profile or "",
        labels=labels | section.labels,
        kubevirt=kubevirt,
        scheduler_profile=section.scheduler.profile,
        numa_strategy=numa_strategy(context, name, rules),
        remediation=Remediation(section.remediation),
        pods=tuple(_pods_on(context, name, found, nodes)),
        namespaces=found.namespaces,
        services=tuple(found.services),
        routes=routes_of(found.kubevirt_parts.get("VirtualService", [])),
        disruption_budgets=tuple(found.disruption_budgets),
        storage=storage_of(context, name, profile),
        network=cluster_network_of(context, name, found),
        vm_networks=vm_networks_of(context, name, kubevirt.network_attachments or ()),
        instancetypes=instancetypes_of((found, context.hub)),
    )
    scaled = autoscaling_of(context, name, found, cluster, made.machines)
    cluster = replace(cluster, autoscaling=scaled)
    context.origins += origins_of(context, cluster, profile, found, rules)
    return Compiled(cluster, found, vms, path)
