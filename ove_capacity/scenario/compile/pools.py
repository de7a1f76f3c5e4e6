"""Machine pools -> nodes: what the profile says, and what the scenario says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ove_capacity.kubelet.allocatable import NodeAllocatable, node_allocatable
from ove_capacity.kubevirt.node_labels import virtualization_devices, virtualization_labels
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.profile import ClusterProfile, NodeShape
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet
from ove_capacity.model.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Taint
from ove_capacity.model.resources import (
    CPU,
    EPHEMERAL_STORAGE,
    HUGEPAGES_PREFIX,
    MEMORY,
    PODS,
    Amounts,
)
from ove_capacity.model.topology import CPUS_MAX, Topology
from ove_capacity.openshift.overhead import PlatformShare, platform_of, platform_shares
from ove_capacity.releases import Release
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.hugepages import hugepages_of_pool, hugepages_of_workers
from ove_capacity.scenario.compile.kubelets import KubeletRules, asked_topology, pool_kubelet
from ove_capacity.scenario.compile.topology import says_processors, topology_of
from ove_capacity.scenario.schema.cluster import ClusterSection, PoolSection

__all__ = ["PoolNodes", "pool_nodes"]

_ROLE = "node-role.kubernetes.io/"
_LEAST_STORAGE_BYTES = 100 * 10**9
_STORAGE_LABEL = "cluster.ocs.openshift.io/openshift-storage"
_TAINTS = {
    "master": (Taint(_ROLE + "master"),),
    "storage": (Taint("node.ocs.openshift.io/storage", "true"),),
}
"""Taints of roles that take no ordinary pods."""
_NAME_TEMPLATE = "{cluster}-{pool}-{index}"


@dataclass(frozen=True, slots=True)
class PoolNodes:
    """The machines of all pools of a cluster."""

    nodes: tuple[Node, ...]
    shares: tuple[PlatformShare, ...]
    """What the platform runs on them."""
    machines: Mapping[str, Node]
    """Pool -> one more machine of it, whose name and host name are still open."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """One pool, with profile and scenario merged."""

    name: str
    count: int
    shape: NodeShape
    section: PoolSection
    hugepages: dict[str, int]
    topology: Topology | None
    virtualized: bool
    """Whether anything installs OpenShift Virtualization on the cluster."""

    @property
    def role(self) -> str:
        return self.section.role or self.name

    @property
    def is_master(self) -> bool:
        return self.role == "master"

    @property
    def is_worker(self) -> bool:
        return self.role not in ("master", "storage", "infra")

    @property
    def runs_vms(self) -> bool:
        given = self.section.virtualization
        return self.is_worker and self.virtualized if given is None else given


@dataclass(frozen=True, slots=True)
class _Site:
    """What the pools of a cluster have in common."""

    cluster: str
    release: Release
    rules: KubeletRules
    extra_labels: dict[str, str]


def _shape(
    context: Context,
    path: FieldPath,
    section: PoolSection,
    known: NodeShape | None,
    topology: Topology | None,
) -> NodeShape | None:
    node = section.node
    cpu_milli = topology.cpus * 1000 if topology else node.cpu
    base = known or NodeShape(0, 0)
    shape = NodeShape(
        cpu_milli=cpu_milli or base.cpu_milli,
        memory_bytes=node.memory or base.memory_bytes,
        storage_bytes=node.storage or base.storage_bytes or _LEAST_STORAGE_BYTES,
        storage_medium=base.storage_medium,
    )
    for name, amount in (("cpu", shape.cpu_milli), ("memory", shape.memory_bytes)):
        if not amount and not (name == "cpu" and says_processors(node)):
            where = (*path, "node") if "node" in section.model_fields_set else path
            context.error(where, f"'{name}' is missing, and no profile says it")
    if not (shape.cpu_milli and shape.memory_bytes):
        return None
    if shape.cpu_milli > CPUS_MAX * 1000:
        where = (*path, "node", "cpu") if node.cpu else path
        context.error(where, f"are {shape.cpu_milli // 1000:,} CPUs: more than any machine has")
        return None
    if not (node.storage or base.storage_bytes):
        source = (
            "openshift-docs installation-minimum-resource-requirements: the least a machine has"
        )
        cluster = str(path[1])
        context.assume("node.ephemeral_storage", "100 GB", source, cluster, Evidence.DOCUMENTED)
    return shape


def _pools(
    context: Context,
    cluster: str,
    section: ClusterSection,
    profile: ClusterProfile | None,
    rules: KubeletRules,
    virtualized: bool,
) -> list[_Pool]:
    shapes = dict(profile.shapes) if profile else {}
    counts = dict(profile.counts) if profile else {}
    pages = hugepages_of_workers(context, cluster, profile, rules.written_pages)
    found = []
    for name in dict.fromkeys((*counts, *section.pools)):
        given = section.pools.get(name, PoolSection())
        path = ("clusters", cluster, "pools", name)
        count = counts.get(name) if given.count is None else given.count
        if count is None:
            context.error(path, "'count' is missing, and no profile says it")
        topology = topology_of(context, (*path, "node"), given.node)
        shape = _shape(context, path, given, shapes.get(name), topology)
        hugepages = hugepages_of_pool(context, path, given, pages)
        if shape is None:
            continue
        if sum(hugepages.values()) >= shape.memory_bytes:
            context.error(path, "its hugepages take more memory than its nodes have")
            continue
        found.append(_Pool(name, count or 0, shape, given, hugepages, topology, virtualized))
    return found


def _labels(pool: _Pool, extra: dict[str, str]) -> dict[str, str]:
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.openshift.io/os_id": "rhcos",
    }
    if pool.is_master:
        labels[_ROLE + "control-plane"] = ""
    if pool.is_worker:
        labels[_ROLE + "worker"] = ""
        labels |= extra
    labels[_ROLE + pool.role] = ""
    if pool.role == "storage":
        labels[_STORAGE_LABEL] = ""
    return labels | pool.section.labels


def _capacity(pool: _Pool) -> Amounts:
    capacity = {CPU: pool.shape.cpu_milli, MEMORY: pool.shape.memory_bytes}
    if pool.shape.storage_bytes:
        capacity[EPHEMERAL_STORAGE] = pool.shape.storage_bytes
    for size, amount in pool.hugepages.items():
        capacity[HUGEPAGES_PREFIX + size] = amount
    capacity |= pool.section.node.devices
    capacity |= {name: sum(each) for name, each in pool.section.node.devices_by_cell.items()}
    if pool.runs_vms:
        capacity |= virtualization_devices()
    return capacity


def _taints(pool: _Pool) -> tuple[Taint, ...]:
    if pool.section.taints is None:
        return _TAINTS.get(pool.role, ())
    return tuple(Taint(each.key, each.value, each.effect) for each in pool.section.taints)


_REPLACED = {
    CPU: ("node.system_reserved.cpu",),
    MEMORY: ("node.system_reserved.memory", "node.eviction_hard.memory_available"),
    PODS: ("node.max_pods",),
}
"""Resource -> assumptions that a measured allocatable amount makes needless."""


def _measured(
    context: Context, cluster: str, pool: _Pool, computed: NodeAllocatable
) -> tuple[Amounts, list[Assumption]]:
    """What the machine offers: as the scenario read it off, and computed where it did not."""
    given = pool.section.node.allocatable
    amounts = {CPU: given.cpu, MEMORY: given.memory, PODS: given.pods}
    amounts[EPHEMERAL_STORAGE] = given.storage
    known = {name: amount for name, amount in amounts.items() if amount is not None}
    capacity = {CPU: pool.shape.cpu_milli, MEMORY: pool.shape.memory_bytes}
    for name, amount in known.items():
        if amount > capacity.get(name, amount):
            path = ("clusters", cluster, "pools", pool.name, "node", "allocatable", name)
            context.error(path, "is more than the machine has")
    needless = tuple(prefix for name in known for prefix in _REPLACED.get(name, ()))
    assumed = [
        each for each in computed.assumptions if not (needless and each.name.startswith(needless))
    ]
    return {**computed.amounts, **known}, assumed


def _platforms(pool: _Pool) -> tuple[list[Amounts], tuple[PlatformShare, ...]]:
    """Requests of the platform's pods on the machines in turn, and what of them is assumed."""
    shares = platform_shares(pool.role, virtualization=pool.runs_vms)
    measured = pool.section.platform
    if not measured:
        return [platform_of(shares)], shares
    added = tuple(share for share in shares if share.needs_virtualization)
    if all(each.virtualization for each in measured):
        added = ()
    found: list[Amounts] = []
    for each in measured:
        total = dict(() if each.virtualization else platform_of(added))
        for name, amount in ((CPU, each.cpu), (MEMORY, each.memory), (PODS, each.pods)):
            total[name] = total.get(name, 0) + (amount or 0)
        found.append(total)
    return found, added


def _virtualization(pool: _Pool) -> list[Amounts]:
    """What OpenShift Virtualization's pods ask for on the machines in turn, where it is known."""
    shares = platform_shares(pool.role, virtualization=pool.runs_vms)
    known = platform_of(share for share in shares if share.needs_virtualization)
    return [{} if each.virtualization else known for each in pool.section.platform] or [known]


def _kubelet(
    context: Context,
    site: _Site,
    pool: _Pool,
    config: KubeletConfig,
    capacity: Amounts,
    allocatable: Amounts,
    computed: NodeAllocatable,
) -> NodeKubelet | None:
    """What its kubelets admit by; None where no policy asks for more than totals."""
    if not (pool.is_worker and site.rules.admits and (pool.count or pool.section.max)):
        return None
    if config.reserved_system_cpus and not config.reserved_cpus:
        return None  # a list that is wrong has been told
    path = ("clusters", site.cluster, "pools", pool.name, "node")
    node, cpus = pool.section.node, capacity[CPU] // 1000
    topology = pool.topology or asked_topology(context, path, site.cluster, cpus, node)
    kept = dict(computed.kept)
    if node.allocatable.cpu is not None:
        kept[CPU] = max(0, capacity[CPU] - allocatable[CPU])
    if node.allocatable.memory is not None:
        del kept[MEMORY]  # reserved memory is taken to agree with what was measured
    return pool_kubelet(context, path, config, topology, capacity, kept, node, site.release)


def _nodes(
    context: Context, site: _Site, pool: _Pool
) -> tuple[list[Node], Node, tuple[PlatformShare, ...]]:
    """The machines of a pool, one more of them, and what the platform runs there."""
    capacity, cluster, release = _capacity(pool), site.cluster, site.release
    own = site.rules.config if pool.is_worker else KubeletConfig()
    cpus = capacity[CPU] // 1000
    if own.reserved_cpus > cpus:
        path = ("clusters", cluster, "kubelet", "reservedSystemCPUs")
        context.error(path, f"reserves {own.reserved_cpus} CPUs of nodes with {cpus}")
        own = replace(own, reserved_cpus=0)
    found = node_allocatable(capacity, release, own, is_master=pool.is_master)
    allocatable, assumed = _measured(context, cluster, pool, found)
    context.assumptions += [replace(each, applies_to=cluster) for each in assumed]
    labels = _labels(pool, site.extra_labels)
    if pool.runs_vms:
        static = own.cpu_manager_policy == "static"
        labels = virtualization_labels(release.kubevirt_rules, static_cpu_manager=static) | labels
    platforms, shares = _platforms(pool)
    virtualization = _virtualization(pool)
    is_measured = pool.section.node.allocatable.memory is not None
    template = Node(
        name="",
        capacity={**capacity, PODS: allocatable[PODS]},
        allocatable=allocatable,
        taints=_taints(pool),
        pool=pool.name,
        topology=pool.topology,
        eviction_bytes=None if is_measured else found.eviction_bytes,
        kubelet=_kubelet(context, site, pool, own, capacity, allocatable, found),
    )
    nodes = []
    for index in range(pool.count):
        name = _NAME_TEMPLATE.format(cluster=cluster, pool=pool.name, index=index)
        mine = labels | {HOSTNAME_LABEL: name}
        if pool.section.zones:
            mine[ZONE_LABEL] = pool.section.zones[index % len(pool.section.zones)]
        platform = platforms[index % len(platforms)]
        part = virtualization[index % len(virtualization)]
        nodes.append(
            replace(template, name=name, labels=mine, platform=platform, virtualization=part)
        )
    more = replace(template, labels=labels, platform=platforms[0], virtualization=virtualization[0])
    return nodes, more, shares if nodes else ()


def pool_nodes(
    context: Context,
    cluster: str,
    profile: ClusterProfile | None,
    release: Release,
    rules: KubeletRules,
    *,
    virtualized: bool = True,
) -> PoolNodes:
    """The machines of a cluster's pools, in the order of the profile and then of the scenario.

    *virtualized*: whether workers run VMs where the scenario does not say.
    """
    section = context.scenario.clusters[cluster]
    extra = context.scenario.assume.node_labels | section.assume.node_labels
    pools = _pools(context, cluster, section, profile, rules, virtualized)
    site = _Site(cluster, release, rules, extra)
    nodes: list[Node] = []
    shares: list[PlatformShare] = []
    machines: dict[str, Node] = {}
    for pool in pools:
        made, machines[pool.name], used = _nodes(context, site, pool)
        nodes += made
        shares += used
    if extra and any(pool.is_worker and pool.count for pool in pools):
        text = ", ".join(f"{key}={value}" for key, value in extra.items())
        source = "the scenario's assume.nodeLabels: nothing else labels the workers"
        context.assume("node.labels", text, source, cluster, Evidence.ASSUMED)
    if any(pool.runs_vms and pool.count for pool in pools):
        source = "KubeVirt's node labeller and device plugin, as on a node that runs VMs"
        value = "labels, and 1000 each of kvm, tun and vhost-net"
        context.assume("node.virtualization", value, source, cluster, Evidence.DOCUMENTED)
    return PoolNodes(tuple(nodes), tuple(shares), machines)
