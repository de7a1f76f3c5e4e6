"""``kubelet`` of a cluster, and the machine of a pool -> what its kubelets admit pods by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from ove_capacity.kubelet import start
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.manifests.config_pools import POOL, check_pools
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.kubelet_configs import (
    WrittenKubelet,
    WrittenPages,
    written_kubelet,
    written_pages,
)
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.cpu_set import CpuSetError, cpu_mask
from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.resources import CPU, MEMORY, Amounts
from ove_capacity.model.topology import Topology
from ove_capacity.releases import Release
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.machine import machine_as_said
from ove_capacity.scenario.schema.cluster import Kubelet, NodeSection, SystemReserved

__all__ = [
    "KubeletRules",
    "asked_topology",
    "checked_kubelet",
    "kubelet_config",
    "numa_strategy",
    "pool_kubelet",
    "warn_of_gates",
]

_SOCKETS, _THREADS = 2, 2
"""Of machines that nobody describes; the safe side, since more cells refuse more."""

_NUMA_STRATEGY = "LeastAllocated"
"""Source: openshift-kni/numaresources-operator d7c439060293, the default of its scheduler."""

_FILTERED = "single-numa-node"

_WORDS: Mapping[str, str] = {
    "reserved-cpus": "reservedSystemCPUs",
    "determine reserved CPU": "reservedSystemCPUs",
    "reserve the required": "reservedSystemCPUs",
    "CPU Manager Policy option": "cpuManagerPolicyOptions",
    "static policy": "cpuManagerPolicyOptions",
    "none policy": "cpuManagerPolicyOptions",
    "Topology Manager Policy option": "topologyManagerPolicyOptions",
    "policy option": "topologyManagerPolicyOptions",
    "reserved memory": "reservedMemory",
    "total amount": "reservedMemory",
    "NUMA cell": "reservedMemory",
}
"""What a kubelet that does not start complains of -> the field that says it; the first counts."""


@dataclass(frozen=True, slots=True)
class KubeletRules:
    """How a cluster's workers are configured."""

    config: KubeletConfig
    admits: bool = False
    """A policy was asked for, so that kubelets decide after the scheduler."""
    written: WrittenKubelet | None = None
    """What an object of the cluster says."""
    written_pages: WrittenPages | None = None
    """Hugepages that an object of the cluster says."""


def _amounts(section: SystemReserved | None) -> Amounts | None:
    if section is None:
        return None
    both = {CPU: section.cpu, MEMORY: section.memory}
    return {key: value for key, value in both.items() if value is not None}


def _listed_cpus(context: Context, name: str, text: str) -> int:
    """How many CPUs a list such as ``0-3,40`` names."""
    try:
        return cpu_mask(text).bit_count()
    except CpuSetError:
        path = ("clusters", name, "kubelet", "reservedSystemCPUs")
        context.error(path, f"{text!r} is not a CPU list like 0-3,40")
        return 0


def _checked(written: WrittenKubelet) -> Kubelet:
    """What an object says; fields of it that say nothing usable are warned of."""
    said = dict(written.said)
    try:
        return Kubelet.model_validate(said)
    except ValidationError as wrong:
        for error in wrong.errors():
            key = str(error["loc"][0])
            if said.pop(key, None) is not None:
                words = error["msg"].removeprefix("Value error, ")
                written.fields.warning(f"its {key} is left out: {words}")
    return Kubelet.model_validate(said)


def kubelet_config(context: Context, name: str, found: Objects) -> KubeletRules:
    """How a cluster's workers are configured, and whether kubelets are asked to decide.

    The scenario's own ``kubelet`` section comes before what the objects of the cluster say.
    """
    own = context.scenario.clusters[name].kubelet
    check_pools(found.kubevirt_parts.get(POOL, []))
    written = written_kubelet(found.kubevirt_parts)
    given = (_checked(written) if written else Kubelet()).model_copy(
        update={key: getattr(own, key) for key in own.model_fields_set}
    )
    policy = given.cpu_manager_policy
    admits = "static" in (policy, given.memory_manager_policy.lower())
    admits |= given.topology_manager_policy != "none"
    cpus = given.reserved_system_cpus
    return KubeletRules(
        KubeletConfig(
            cpu_manager_policy=policy or "none",
            memory_manager_policy=given.memory_manager_policy,
            topology_manager_policy=given.topology_manager_policy,
            topology_manager_scope=given.topology_manager_scope,
            reserved_cpus=_listed_cpus(context, name, cpus) if cpus else 0,
            system_reserved=_amounts(given.system_reserved),
            kube_reserved=_amounts(given.kube_reserved),
            auto_sizing_reserved=given.auto_sizing_reserved,
            eviction_memory_bytes=given.eviction_memory,
            max_pods=given.max_pods or KubeletConfig().max_pods,
            cpu_manager_policy_options=given.cpu_manager_policy_options,
            topology_manager_policy_options=given.topology_manager_policy_options,
            reserved_system_cpus=cpus or "",
            reserved_memory=tuple(
                ReservedMemory(each.numa_node, each.limits) for each in given.reserved_memory
            ),
            workload_partitioning=given.workload_partitioning,
        ),
        admits,
        written,
        written_pages(found.kubevirt_parts),
    )


def asked_topology(
    context: Context, path: FieldPath, cluster: str, cpus: int, section: NodeSection | None = None
) -> Topology:
    """The processors of machines that kubelets must know and nobody describes: assumed.

    *path*: of what does not describe them. Two sockets of one cell each, and two threads a core,
    as far as the CPUs divide.
    """
    given = section or NodeSection()
    sockets = given.sockets or (_SOCKETS if cpus % _SOCKETS == 0 else 1)
    sockets = sockets if cpus % sockets == 0 else 1
    threads = _THREADS if cpus // sockets % _THREADS == 0 else 1
    topology = Topology(sockets, cpus // sockets // threads, threads)
    value = f"{sockets} sockets x {topology.cores_per_socket} cores x {threads} threads"
    source = "the kubelets' policies ask for NUMA cells, and nothing says which there are"
    context.assume(f"node.topology ({cpus} CPUs)", value, source, cluster, Evidence.ASSUMED)
    context.warn(
        path,
        f"the kubelets admit by NUMA cell, and nothing says which cells machines of {cpus} CPUs "
        f"have: {value} are assumed; say sockets, cores and threads",
    )
    return topology


def pool_kubelet(
    context: Context,
    path: FieldPath,
    config: KubeletConfig,
    topology: Topology,
    capacity: Amounts,
    kept: Amounts,
    section: NodeSection,
    release: Release,
) -> NodeKubelet | None:
    """What the kubelets of a pool are started with; one that would not start is an error.

    *path*: of the pool's ``node``. *capacity* of a machine, and what of it is *kept*.
    """
    machine = machine_as_said(context, path, topology, capacity, section)
    return checked_kubelet(context, path, NodeKubelet(machine, config, kept), release)


def checked_kubelet(
    context: Context, path: FieldPath, found: NodeKubelet, release: Release
) -> NodeKubelet | None:
    """The same, if a kubelet would start with it; else it is an error in its words.

    *path*: of what says the machine.
    """
    cluster = str(path[1])
    try:
        start(found.machine, found.config, found.kept, rules=kubelet_rules(release.kubernetes))
    except StartError as error:
        words = str(error)
        field = next((name for part, name in _WORDS.items() if part in words), "")
        written = context.scenario.clusters[cluster].kubelet
        aliases = {type(written).model_fields[key].alias or key for key in written.model_fields_set}
        where = ("clusters", cluster, "kubelet")
        pool = path[3] if len(path) > 3 else ""
        message = f"the kubelets of {pool or 'its nodes'} would not start: {words}"
        context.error((*where, field) if field in aliases else where, message)
        return None
    return found


def warn_of_gates(context: Context, cluster: str, rules: KubeletRules, release: Release) -> None:
    """Name options that a kubelet of the release starts with only behind a feature gate."""
    config, known = rules.config, kubelet_rules(release.kubernetes)
    for field, manager, options in (
        ("cpuManagerPolicyOptions", "CPU", config.cpu_manager_policy_options),
        ("topologyManagerPolicyOptions", "Topology", config.topology_manager_policy_options),
    ):
        for name in sorted(options):
            if name in known.alpha and name in known.options:
                gate = f"{manager}ManagerPolicyAlphaOptions"
                context.warn(
                    ("clusters", cluster, "kubelet", field),
                    f"{name} is alpha in Kubernetes {release.kubernetes}: kubelets start with it "
                    f"only if feature gate {gate} is on, which is off by default; it counts here",
                )


def numa_strategy(context: Context, cluster: str, rules: KubeletRules) -> str:
    """By what the scheduler scores NUMA cells; empty where it sees none."""
    wanted = context.scenario.clusters[cluster].scheduler.numa_aware
    path = ("clusters", cluster, "scheduler", "numaAware")
    if wanted and not rules.admits:
        context.error(path, "no kubelet policy asks for NUMA cells, so none are published")
        return ""
    if wanted and rules.config.topology_manager_policy != _FILTERED:
        context.warn(path, f"the plugin filters by cells only where kubelets say {_FILTERED}")
    return _NUMA_STRATEGY if wanted is True else wanted or ""
