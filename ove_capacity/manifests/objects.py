"""Which reader takes which kind: one table, and what was found in a set of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ove_capacity.errors import Problem
from ove_capacity.manifests.core import (
    disruption_budget_of,
    namespace_of,
    node_of,
    pod_of,
    service_of,
    workload_selector_of,
)
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.manifests.placement import managed_cluster_of, placement_of
from ove_capacity.manifests.profile import (
    CONFIG_MAP_PREFIX,
    ClusterProfile,
    profile_of_config_map,
)
from ove_capacity.model.cluster import DisruptionBudget, Service
from ove_capacity.model.node import Node
from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Pod
from ove_capacity.model.vm import VirtualMachine

__all__ = ["FoundVm", "Objects", "objects_of", "unmodelled_warning"]

_FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class FoundVm:
    """A VM and where it was found."""

    vm: VirtualMachine
    fields: Fields


@dataclass(slots=True)
class Objects:
    """What a set of manifests holds, by noun."""

    nodes: list[Node] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    """Pods that run or wait; finished ones are left out."""
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    services: list[Service] = field(default_factory=list)
    disruption_budgets: list[DisruptionBudget] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    managed_clusters: dict[str, dict[str, str]] = field(default_factory=dict)
    """Name -> labels."""
    profiles: dict[str, ClusterProfile] = field(default_factory=dict)
    priority_classes: dict[str, int] = field(default_factory=dict)
    default_priority: int = 0
    """Of the PriorityClass that is the global default."""
    vms: list[FoundVm] = field(default_factory=list)
    """VirtualMachines and their kin."""
    kubevirt_parts: dict[str, list[Fields]] = field(default_factory=dict)
    """By kind: the KubeVirt CR, and what VMs refer to (instancetypes, networks, quotas)."""
    per_cluster: list[tuple[str, Fields]] = field(default_factory=list)
    """(kind, object) that only makes sense within one cluster."""
    unmodelled: Counter[str] = field(default_factory=Counter)
    """Kind -> how many were read and set aside."""


def _node(found: Objects, fields: Fields) -> None:
    found.nodes.append(node_of(fields, fields.problems))
    found.per_cluster.append(("Node", fields))


def _pod(found: Objects, fields: Fields) -> None:
    if fields.fields("status").get("phase") not in _FINISHED:
        found.pods.append(pod_of(fields, fields.problems))
    found.per_cluster.append(("Pod", fields))


def _namespace(found: Objects, fields: Fields) -> None:
    name, labels = namespace_of(fields, fields.problems)
    found.namespaces[name] = labels


def _service(found: Objects, fields: Fields) -> None:
    service = service_of(fields, fields.problems)
    if service is not None:
        found.services.append(service)


def _workload_selector(found: Objects, fields: Fields) -> None:
    found.services.append(workload_selector_of(fields, fields.problems))


def _disruption_budget(found: Objects, fields: Fields) -> None:
    found.disruption_budgets.append(disruption_budget_of(fields, fields.problems))


def _placement(found: Objects, fields: Fields) -> None:
    found.placements.append(placement_of(fields, fields.problems))


def _managed_cluster(found: Objects, fields: Fields) -> None:
    name, labels = managed_cluster_of(fields, fields.problems)
    found.managed_clusters[name] = labels


def _config_map(found: Objects, fields: Fields) -> None:
    name = fields.fields("metadata").text("name")
    if not name.startswith(CONFIG_MAP_PREFIX):
        found.unmodelled["ConfigMap"] += 1
        return
    profile = profile_of_config_map(fields)
    if profile is not None:
        found.profiles[profile.name] = profile


def _vm(found: Objects, fields: Fields) -> None:
    found.vms.append(FoundVm(virtual_machine_of(fields, fields.problems), fields))


def _priority_class(found: Objects, fields: Fields) -> None:
    name = fields.fields("metadata").required_text("name")
    found.priority_classes[name] = fields.whole("value")
    if fields.flag("globalDefault"):
        found.default_priority = fields.whole("value")


def _kubevirt_part(found: Objects, fields: Fields) -> None:
    found.kubevirt_parts.setdefault(str(fields.get("kind")), []).append(fields)


_READERS: Mapping[tuple[str, str], Callable[[Objects, Fields], None]] = {
    ("", "ConfigMap"): _config_map,
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _workload_selector,
    ("", "ResourceQuota"): _kubevirt_part,
    ("", "Service"): _service,
    ("apps", "ReplicaSet"): _workload_selector,
    ("apps", "StatefulSet"): _workload_selector,
    ("cluster.open-cluster-management.io", "ManagedCluster"): _managed_cluster,
    ("cluster.open-cluster-management.io", "Placement"): _placement,
    ("instancetype.kubevirt.io", "VirtualMachineClusterInstancetype"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachineClusterPreference"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachineInstancetype"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachinePreference"): _kubevirt_part,
    ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"): _kubevirt_part,
    ("kubevirt.io", "KubeVirt"): _kubevirt_part,
    ("kubevirt.io", "VirtualMachine"): _vm,
    ("kubevirt.io", "VirtualMachineInstance"): _vm,
    ("kubevirt.io", "VirtualMachineInstanceReplicaSet"): _vm,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("pool.kubevirt.io", "VirtualMachinePool"): _vm,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
}
"""(API group, kind) -> who reads it, whatever the version."""

_PER_CLUSTER = frozenset(("ClusterAutoscaler", "HyperConverged", "MachineAutoscaler", "MachineSet"))
"""Kinds that are read by nobody yet, but already belong under a cluster."""


_ONLY_IN_A_LIST = frozenset(("apiVersion", "items", "metadata"))


def _items(document: Document, problems: Problems) -> Iterator[Fields]:
    """The objects of a document: itself, or what its List holds."""
    value = document.value
    if not isinstance(value, Mapping):
        what = "a list" if isinstance(value, list) else "a single value"
        problems.warnings.append(
            document.problem((), f"{what}, not a Kubernetes object: it has no kind; set aside")
        )
        return
    outer = Fields(value, document, (), problems)
    kind = outer.text("kind")
    is_list = kind.endswith("List") or (not kind and _ONLY_IN_A_LIST.issuperset(value))
    if not is_list or not isinstance(value.get("items"), list):
        yield _recognised(outer)
        return
    for item in outer.each("items"):
        if kind not in ("", "List") and not item.get("kind"):
            version = value.get("apiVersion", "v1")
            yield _typed(item, kind.removesuffix("List"), version)
        else:
            yield _recognised(item)


def _typed(fields: Fields, kind: str, version: str) -> Fields:
    typed: dict[str, Any] = dict(fields.value)
    typed.update(kind=kind, apiVersion=version)
    return Fields(typed, fields.document, fields.path, fields.problems)


def _recognised(fields: Fields) -> Fields:
    """The object with its kind, where that was left out but nothing else looks like it.

    Archives of OpenShift Insights store objects as the API server's clients hold them: typed by
    their folder, without kind and apiVersion.
    """
    if fields.get("kind") or fields.get("apiVersion"):
        return fields
    spec, status = fields.get("spec"), fields.get("status")
    if isinstance(status, Mapping) and isinstance(status.get("nodeInfo"), Mapping):
        return _typed(fields, "Node", "v1")
    if isinstance(spec, Mapping) and isinstance(spec.get("containers"), list):
        return _typed(fields, "Pod", "v1")
    return fields


def _read(found: Objects, fields: Fields) -> None:
    kind = fields.text("kind")
    if not kind:
        fields.warning("not a Kubernetes object: it has no kind; set aside")
        return
    group, slash, _ = fields.text("apiVersion").partition("/")
    reader = _READERS.get((group if slash else "", kind))
    if reader is not None:
        reader(found, fields)
        return
    found.unmodelled[kind] += 1
    if kind in _PER_CLUSTER:
        found.per_cluster.append((kind, fields))


def objects_of(
    documents: Iterable[Document], problems: Problems, into: Objects | None = None
) -> Objects:
    """Read documents; what is wrong with them is noted in *problems*."""
    found = Objects() if into is None else into
    for document in documents:
        for fields in _items(document, problems):
            _read(found, fields)
    return found


def unmodelled_warning(kinds: Mapping[str, int]) -> Problem | None:
    """The one sentence that names every kind that was read and set aside."""
    if not kinds:
        return None
    listed = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    return Problem(f"read, not modelled yet: {listed}")
