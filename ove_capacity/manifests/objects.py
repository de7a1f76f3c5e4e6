"""Which reader takes which kind: one table, and what was found in a set of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ove_capacity.errors import Problem
from ove_capacity.manifests.autoscaling import AutoscalingObject, autoscaling_of
from ove_capacity.manifests.core import (
    disruption_budget_of,
    namespace_of,
    node_of,
    pod_of,
    service_of,
    workload_selector_of,
)
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.hub import (
    add_on_score_of,
    binding_of,
    cluster_set_of,
    managed_cluster_of,
    placement_decision_of,
)
from ove_capacity.manifests.kinds import kind_by_shape
from ove_capacity.manifests.kubevirt import virtual_machine_of
from ove_capacity.manifests.placement import placement_of
from ove_capacity.manifests.profile import CONFIG_MAP_PREFIX, ClusterProfile, profile_of_config_map
from ove_capacity.manifests.volumes import disk_of_claim
from ove_capacity.model.cluster import DisruptionBudget, Service
from ove_capacity.model.managed_cluster import (
    AddOnPlacementScore,
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
    PlacementDecision,
)
from ove_capacity.model.node import Node
from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Pod, PriorityClass
from ove_capacity.model.storage import Disk
from ove_capacity.model.vm import VirtualMachine

__all__ = ["FoundVm", "Objects", "items_of", "objects_of", "unmodelled_warning"]

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
    managed_clusters: dict[str, ManagedCluster] = field(default_factory=dict)
    cluster_sets: list[ManagedClusterSet] = field(default_factory=list)
    set_bindings: list[ManagedClusterSetBinding] = field(default_factory=list)
    add_on_scores: list[AddOnPlacementScore] = field(default_factory=list)
    placement_decisions: list[PlacementDecision] = field(default_factory=list)
    profiles: dict[str, ClusterProfile] = field(default_factory=dict)
    priority_classes: dict[str, PriorityClass] = field(default_factory=dict)
    default_priority: PriorityClass | None = None
    """The PriorityClass that is the global default."""
    claims: dict[str, Disk] = field(default_factory=dict)
    """``namespace/name`` of a PersistentVolumeClaim or DataVolume that says a size -> the disk."""
    vms: list[FoundVm] = field(default_factory=list)
    """VirtualMachines and their kin."""
    kubevirt_parts: dict[str, list[Fields]] = field(default_factory=dict)
    """By kind: HyperConverged, KubeVirt, what VMs refer to (networks …), kubelets, routes."""
    management: list[Fields] = field(default_factory=list)
    """What installs the services of a hub and of the clusters it manages."""
    policies: list[Fields] = field(default_factory=list)
    """Kyverno's: ClusterPolicy and Policy."""
    policy_exceptions: list[Fields] = field(default_factory=list)
    autoscaling: list[tuple[AutoscalingObject, Fields]] = field(default_factory=list)
    """Who scales and replaces which machines, and where that was found."""
    per_cluster: list[tuple[str, Fields]] = field(default_factory=list)
    """(kind, object) that only makes sense within one cluster."""
    unmodelled: Counter[str] = field(default_factory=Counter)
    """Kind -> how many were read and set aside."""
    read: Counter[str] = field(default_factory=Counter)
    """Kind -> how many were read and made something of."""
    by_shape: Counter[str] = field(default_factory=Counter)
    """Kind -> how many named no kind and were known by what they look like."""


def _node(found: Objects, fields: Fields) -> None:
    found.nodes.append(node_of(fields, fields.problems))
    found.per_cluster.append(("Node", fields.place_only()))


def _pod(found: Objects, fields: Fields) -> None:
    if fields.fields("status").get("phase") not in _FINISHED:
        found.pods.append(pod_of(fields, fields.problems))
    found.per_cluster.append(("Pod", fields.place_only()))


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
    cluster = managed_cluster_of(fields, fields.problems)
    found.managed_clusters[cluster.name] = cluster


def _cluster_set(found: Objects, fields: Fields) -> None:
    found.cluster_sets.append(cluster_set_of(fields, fields.problems))


def _set_binding(found: Objects, fields: Fields) -> None:
    found.set_bindings.append(binding_of(fields, fields.problems))


def _add_on_score(found: Objects, fields: Fields) -> None:
    found.add_on_scores.append(add_on_score_of(fields, fields.problems))


def _placement_decision(found: Objects, fields: Fields) -> None:
    found.placement_decisions.append(placement_decision_of(fields, fields.problems))


def _config_map(found: Objects, fields: Fields) -> None:
    name = fields.fields("metadata").text("name")
    if not name.startswith(CONFIG_MAP_PREFIX):
        found.read["ConfigMap"] -= 1
        found.unmodelled["ConfigMap"] += 1
        return
    profile = profile_of_config_map(fields)
    if profile is not None:
        found.profiles[profile.name] = profile


def _vm(found: Objects, fields: Fields) -> None:
    found.vms.append(FoundVm(virtual_machine_of(fields, fields.problems), fields))


def _priority_class(found: Objects, fields: Fields) -> None:
    name = fields.fields("metadata").required_text("name")
    never = fields.text("preemptionPolicy") == "Never"
    found.priority_classes[name] = PriorityClass(fields.whole("value"), never)
    if fields.flag("globalDefault"):
        found.default_priority = found.priority_classes[name]


def _claim(found: Objects, fields: Fields) -> None:
    disk = disk_of_claim(fields)
    if disk is not None:
        namespace = fields.fields("metadata").text("namespace") or "default"
        found.claims[f"{namespace}/{disk.name}"] = disk


def _policy(found: Objects, fields: Fields) -> None:
    found.policies.append(fields)


def _policy_exception(found: Objects, fields: Fields) -> None:
    found.policy_exceptions.append(fields)


def _kubevirt_part(found: Objects, fields: Fields) -> None:
    kind = str(fields.get("kind"))
    found.kubevirt_parts.setdefault(kind, []).append(fields)
    if kind in _PER_CLUSTER:
        found.per_cluster.append((kind, fields.place_only()))


def _management(found: Objects, fields: Fields) -> None:
    found.management.append(fields)


def _autoscaling(found: Objects, fields: Fields) -> None:
    found.autoscaling.append((autoscaling_of(fields, fields.problems), fields.place_only()))
    found.per_cluster.append((fields.text("kind"), fields.place_only()))


_READERS: Mapping[tuple[str, str], Callable[[Objects, Fields], None]] = {
    ("", "ConfigMap"): _config_map,
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _workload_selector,
    ("", "ResourceQuota"): _kubevirt_part,
    ("", "Service"): _service,
    ("addon.open-cluster-management.io", "ManagedClusterAddOn"): _management,
    ("agent.open-cluster-management.io", "KlusterletAddonConfig"): _management,
    ("apps", "ReplicaSet"): _workload_selector,
    ("apps", "StatefulSet"): _workload_selector,
    ("argoproj.io", "ArgoCD"): _management,
    ("config.openshift.io", "Network"): _kubevirt_part,
    ("autoscaling.openshift.io", "ClusterAutoscaler"): _autoscaling,
    ("autoscaling.openshift.io", "MachineAutoscaler"): _autoscaling,
    ("cdi.kubevirt.io", "DataVolume"): _claim,
    ("cluster.open-cluster-management.io", "AddOnPlacementScore"): _add_on_score,
    ("cluster.open-cluster-management.io", "ManagedCluster"): _managed_cluster,
    ("cluster.open-cluster-management.io", "ManagedClusterSet"): _cluster_set,
    ("cluster.open-cluster-management.io", "ManagedClusterSetBinding"): _set_binding,
    ("cluster.open-cluster-management.io", "Placement"): _placement,
    ("cluster.open-cluster-management.io", "PlacementDecision"): _placement_decision,
    ("instancetype.kubevirt.io", "VirtualMachineClusterInstancetype"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachineClusterPreference"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachineInstancetype"): _kubevirt_part,
    ("instancetype.kubevirt.io", "VirtualMachinePreference"): _kubevirt_part,
    ("hco.kubevirt.io", "HyperConverged"): _kubevirt_part,
    ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"): _kubevirt_part,
    ("kubevirt.io", "KubeVirt"): _kubevirt_part,
    ("machineconfiguration.openshift.io", "KubeletConfig"): _kubevirt_part,
    ("machineconfiguration.openshift.io", "MachineConfigPool"): _kubevirt_part,
    ("performance.openshift.io", "PerformanceProfile"): _kubevirt_part,
    ("kubevirt.io", "VirtualMachine"): _vm,
    ("kubevirt.io", "VirtualMachineInstance"): _vm,
    ("kubevirt.io", "VirtualMachineInstanceReplicaSet"): _vm,
    ("kyverno.io", "ClusterPolicy"): _policy,
    ("kyverno.io", "Policy"): _policy,
    ("kyverno.io", "PolicyException"): _policy_exception,
    ("logging.openshift.io", "ClusterLogForwarder"): _management,
    ("machine.openshift.io", "MachineAutoscaler"): _autoscaling,
    ("machine.openshift.io", "MachineHealthCheck"): _autoscaling,
    ("machine.openshift.io", "MachineSet"): _autoscaling,
    ("monitoring.coreos.com", "Prometheus"): _management,
    ("networking.istio.io", "VirtualService"): _kubevirt_part,
    ("observability.open-cluster-management.io", "MultiClusterObservability"): _management,
    ("observability.openshift.io", "ClusterLogForwarder"): _management,
    ("operator.open-cluster-management.io", "MultiClusterHub"): _management,
    ("platform.stackrox.io", "Central"): _management,
    ("platform.stackrox.io", "SecuredCluster"): _management,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("pool.kubevirt.io", "VirtualMachinePool"): _vm,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    ("topology.node.k8s.io", "NodeResourceTopology"): _kubevirt_part,
    ("velero.io", "Schedule"): _management,
}
"""(API group, kind) -> who reads it, whatever the version."""

_PER_CLUSTER = frozenset(("ClusterAutoscaler", "HyperConverged", "MachineAutoscaler", "MachineSet"))
"""Kinds that belong under a cluster, also where nobody reads them."""
_ONLY_IN_A_LIST = frozenset(("apiVersion", "items", "metadata"))


def items_of(document: Document, found: Objects, problems: Problems) -> Iterator[Fields]:
    """The objects of a document: itself, or what its List or Template holds."""
    value = document.value
    if not isinstance(value, Mapping):
        what = "a list" if isinstance(value, list) else "a single value"
        problems.warnings.append(
            document.problem((), f"{what}, not a Kubernetes object: it has no kind; set aside")
        )
        return
    outer = Fields(value, document, (), problems)
    kind = outer.text("kind")
    if kind == "Template" and isinstance(value.get("objects"), list):
        yield from _of_template(outer, found)
    elif isinstance(value.get("items"), list) and (
        kind.endswith("List") or (not kind and _ONLY_IN_A_LIST.issuperset(value))
    ):
        listed = kind.removesuffix("List")
        for item in outer.each("items"):
            said = {"kind": listed, "apiVersion": value.get("apiVersion", "v1")}
            yield item if "kind" in item or not listed else _as(item, said)
    else:
        yield outer


def _as(fields: Fields, said: Mapping[str, Any]) -> Fields:
    """The same object with what its list, or its looks, say of it."""
    return Fields({**fields.value, **said}, fields.document, fields.path, fields.problems)


def _of_template(template: Fields, found: Objects) -> Iterator[Fields]:
    """The objects of an OpenShift Template; one with parameters in them is refused."""
    names = [each.text("name") for each in template.each("parameters")]
    for path, text in _texts(template.value["objects"], ("objects",)):
        used = [name for name in names if f"${{{name}}}" in text or f"${{{{{name}}}}}" in text]
        if used:
            template.error(
                f"is an OpenShift Template with parameters (${{{used[0]}}} …): "
                "fill them in with `oc process --local -f` first",
                *path,
            )
            return
    found.read["Template"] += 1
    yield from template.each("objects")


def _texts(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """Every text within a value, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _reader(fields: Fields) -> Callable[[Objects, Fields], None] | None:
    """Who reads that object; one without an apiVersion is known by its kind alone."""
    kind, version = fields.text("kind"), fields.text("apiVersion")
    if version:
        group, slash, _ = version.partition("/")
        return _READERS.get((group if slash else "", kind))
    return next((reader for (_, known), reader in _READERS.items() if known == kind), None)


def _read(found: Objects, fields: Fields) -> None:
    if not fields.text("kind"):
        version, looks = kind_by_shape(fields.value)
        if not looks:
            fields.warning("not a Kubernetes object: it has no kind; set aside")
            return
        found.by_shape[looks] += 1
        fields = _as(fields, {"apiVersion": version, "kind": looks})
    kind = fields.text("kind")
    reader = _reader(fields)
    if reader is not None:
        for key in ("name", "generateName", "namespace"):
            fields.fields("metadata").name(key)
        found.read[kind] += 1
        reader(found, fields)
        return
    found.unmodelled[kind] += 1
    if kind in _PER_CLUSTER:
        found.per_cluster.append((kind, fields.place_only()))


def objects_of(
    documents: Iterable[Document], problems: Problems, into: Objects | None = None
) -> Objects:
    """Read documents; what is wrong with them is noted in *problems*."""
    found = Objects() if into is None else into
    for document in documents:
        for fields in items_of(document, found, problems):
            _read(found, fields)
    return found


def unmodelled_warning(
    kinds: Mapping[str, int],
    fields: Mapping[tuple[str, str], int] | None = None,
    by_shape: Mapping[str, int] | None = None,
) -> Problem | None:
    """The one warning that names all that was read and set aside.

    Args:
        kinds: kind -> how many objects.
        fields: (kind, field) -> how many times, of objects that are modelled.
        by_shape: kind -> how many objects did not say that they are of it.
    """
    blocks = []
    if kinds:
        listed = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
        blocks.append(f"read, not modelled yet: {listed}")
    by_kind: dict[str, list[str]] = {}
    for (kind, name), times in sorted((fields or {}).items()):
        by_kind.setdefault(kind or "object", []).append(f"{name} ({times}x)")
    if by_kind:
        listed = "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items())
        blocks.append(f"fields that change nothing here: {listed}")
    if by_shape:
        listed = ", ".join(f"{by_shape[kind]} {kind}" for kind in sorted(by_shape))
        blocks.append(f"objects that name no kind, read as what they look like: {listed}")
    return Problem(". ".join(blocks)) if blocks else None
