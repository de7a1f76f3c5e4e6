"""Objects that stand where they are not looked for: taken along where that is clear, else told."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.objects import Objects
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.event import ArrivalsSection

__all__ = ["take_along", "warn_of_cluster", "warn_of_hub", "warn_of_networks"]

_NETWORK = "NetworkAttachmentDefinition"
_SHOWN = 5
_OF_ONE_CLUSTER = (
    *("KubeVirt", "Network", "PodDisruptionBudget", "ReplicaSet", "ReplicationController"),
    *("ResourceQuota", "Service", "StatefulSet", "VirtualService"),
)
_NOT_BESIDE_VMS = (
    *("AddOnPlacementScore", "ConfigMap", "ManagedCluster", "ManagedClusterSet"),
    *("ManagedClusterSetBinding", "Node", "Placement", "PlacementDecision", "Pod"),
)


def take_along(found: Objects, vms: Objects) -> None:
    """What stands beside VMs in their folders is the cluster's, as if listed under manifests."""
    found.services += [each for each in vms.services if each not in found.services]
    known = found.disruption_budgets
    found.disruption_budgets += [each for each in vms.disruption_budgets if each not in known]
    found.namespaces |= {**vms.namespaces, **found.namespaces}
    for kind, parts in vms.kubevirt_parts.items():
        own = found.kubevirt_parts.setdefault(kind, [])
        written = [each.value for each in own]
        own += [each for each in parts if each.value not in written]


def warn_of_cluster(context: Context, name: str, found: Objects, vms: Objects) -> None:
    """Name folders of a cluster without what they are for, and what they hold instead."""
    section = context.scenario.clusters[name]
    path: FieldPath = ("clusters", name)
    if section.nodes and not found.nodes:
        context.warn((*path, "nodes"), "holds no Node; the machines are those of the pools")
    if section.vms and not vms.vms:
        context.warn((*path, "vms"), "holds no VM")
    aside = _listed(vms, _NOT_BESIDE_VMS)
    if aside:
        context.warn((*path, "vms"), f"{aside}: set aside here; list them under manifests or nodes")
    _warn_of_vms(context, (*path, "manifests"), found)


def warn_of_hub(context: Context) -> None:
    """Name what the fleet's manifests hold that only makes sense within a cluster."""
    aside = _listed(context.hub, _OF_ONE_CLUSTER)
    if aside:
        what = f"{aside}: set aside here; list them under the manifests of their cluster"
        context.warn(("manifests",), what)
    _warn_of_vms(context, ("manifests",), context.hub)


def warn_of_networks(context: Context, name: str, objects: Iterable[Objects]) -> None:
    """Name networks of VMs when no network at all is defined: dumps of VMs hold no definitions."""
    everything = (*objects, context.hub)
    if any(_NETWORK in each.kubevirt_parts for each in everything):
        return
    vms = [found.vm.vmi for each in everything for found in each.vms]
    asked = [(vmi.namespace, each.multus) for vmi in vms for each in vmi.spec.networks]
    names = sorted({to if "/" in to else f"{where}/{to}" for where, to in asked if to})
    if names:
        shown = ", ".join(names[:_SHOWN]) + " …" * (len(names) > _SHOWN)
        what = f"no {_NETWORK} is listed: taken to exist, and to ask for no device: {shown}"
        context.warn(("clusters", name), what)


def _listed(found: Objects, kinds: Iterable[str]) -> str:
    return ", ".join(f"{found.read[kind]} {kind}" for kind in kinds if found.read[kind] > 0)


def _warn_of_vms(context: Context, path: FieldPath, found: Objects) -> None:
    """VMs under manifests are templates: those that no workload names run nowhere."""
    scenario = context.scenario
    streams = (each for each in scenario.events if isinstance(each, ArrivalsSection))
    named = {each.template for each in (*scenario.workloads, *streams)}
    idle = sum(not {each.vm.vmi.name, each.vm.vmi.key} & named for each in found.vms)
    if idle:
        what = f"{idle} VMs are no workload's template, and run nowhere; vms takes VMs that exist"
        context.warn(path, what)
