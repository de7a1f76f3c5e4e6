"""The services of the hub and of its clusters: what the objects say, and pods that stand there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.management import MANAGEMENT_KINDS, add_ons_of, declared_service
from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.management import DeclaredService, Management, ServicePart
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.resources import CPU, MEMORY, Amounts
from ove_capacity.place import initial_state, place
from ove_capacity.platform.management import (
    agent_parts,
    daemon_requests,
    service_parts,
    service_pods,
)
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.sim.hub import hub_cluster

__all__ = ["joining_services", "with_services"]

_ADD_ONS, _ADD_ON = "KlusterletAddonConfig", "ManagedClusterAddOn"
_HUB, _OBSERVABILITY = "MultiClusterHub", "MultiClusterObservability"
_MIB = 1 << 20


def _hub_management(context: Context, clusters: Mapping[str, Compiled]) -> Management:
    """What the fleet's manifests, and those of the hub's own cluster, make run on the hub."""
    fields = list(context.hub.management)
    hub = _hub_of(clusters)
    if hub:
        fields += clusters[hub].objects.management
    declared = _declared(fields)
    return Management(service_parts(declared), declared)


def with_services(context: Context, clusters: Mapping[str, Compiled]) -> dict[str, Compiled]:
    """The clusters with their services, which stand on their machines where that is assumed.

    Those of the hub are the context's from then on.
    """
    known = context.management = _hub_management(context, clusters)
    chosen, hub = context.scenario.assume.management, _hub_of(clusters)
    found = {}
    for name, compiled in clusters.items():
        own = known if name == hub else _managed_services(context, name, compiled, known)
        cluster = replace(compiled.cluster, management=own)
        if chosen == "all" or (chosen == "hub" and name == hub):
            cluster = _standing(context, cluster)
        found[name] = replace(compiled, cluster=cluster)
    return found


def joining_services(context: Context, name: str, compiled: Compiled) -> Cluster:
    """A cluster that joins while time goes on, with its services as those of the others."""
    own = _managed_services(context, name, compiled, context.management)
    cluster = replace(compiled.cluster, management=own)
    return _standing(context, cluster) if context.scenario.assume.management == "all" else cluster


def _hub_of(clusters: Mapping[str, Compiled]) -> str:
    return hub_cluster(Fleet(tuple(each.cluster for each in clusters.values())))


def _declared(objects: Iterable[Fields]) -> tuple[DeclaredService, ...]:
    return tuple(
        declared_service(each) for each in objects if each.text("kind") in MANAGEMENT_KINDS
    )


def _managed_services(
    context: Context, name: str, compiled: Compiled, hub: Management
) -> Management:
    """What the objects of a managed cluster, and its hub, make run there."""
    hub_kinds = {each.kind for each in hub.declared}
    objects = compiled.objects
    policies = [each for each in objects.policies if each.text("kind") in MANAGEMENT_KINDS]
    declared = _declared([*objects.management, *policies])
    parts = list(service_parts(declared))
    if _HUB in hub_kinds:
        hub_objects = [each for each in context.hub.management if _is_for(each, name)]
        about = [*objects.management, *hub_objects]
        written = [each for each in about if each.text("kind") == _ADD_ONS]
        found = [each for each in about if each.text("kind") == _ADD_ON]
        add_ons = add_ons_of(written[-1] if written else None, found)
        parts += agent_parts(add_ons, observed=_OBSERVABILITY in hub_kinds)
    return Management(tuple(parts), declared)


def _is_for(fields: Fields, cluster: str) -> bool:
    """Whether an object of the hub is about that cluster; both kinds lie in its namespace."""
    meta = fields.fields("metadata")
    if fields.text("kind") == _ADD_ON:
        return cluster == meta.text("namespace")
    said = fields.fields("spec").text("clusterName")
    return cluster == (said or meta.text("name"))


def _standing(context: Context, cluster: Cluster) -> Cluster:
    """With a pod of each replica, where the scheduler puts it; who finds no node is told."""
    parts = cluster.management.parts
    cluster = replace(cluster, injects_proxies=True)
    if not parts:
        return cluster
    path = ("clusters", cluster.name)
    if cluster.pods:
        context.warn(path, "its pods are listed: services beside VMs are taken to be among them")
        return cluster
    cluster = _with_daemons(cluster, daemon_requests(parts))
    pods = service_pods(parts)
    outcome = place(initial_state(cluster, pods), pods, Policy())
    bound: dict[tuple[int, str], PodSpec] = {}
    standing: list[Pod] = []
    for placed in outcome.bound:
        spec = placed.pod.spec
        key = id(spec), placed.node
        # Pods of one spec and node share the object: they are recognised by it.
        bound.setdefault(key, replace(spec, node_name=placed.node))
        standing.append(replace(placed.pod, spec=bound[key]))
    if outcome.refused:
        names = Counter(each.pod.owner.name for each in outcome.refused if each.pod.owner)
        told = ", ".join(f"{name} ({number})" for name, number in names.items())
        message = f"{len(outcome.refused)} pods of its services find no node: {told}"
        context.warn(path, f"{message}; {outcome.refused[0].message}")
    _assume(context, cluster, parts)
    return replace(cluster, pods=tuple(standing))


def _with_daemons(cluster: Cluster, asked: Amounts) -> Cluster:
    """With the daemons of services on every worker, and on every machine that may join."""

    def burdened(node: Node) -> Node:
        if not (asked and node.is_worker):
            return node
        names = dict.fromkeys((*node.platform, *asked))
        total = {name: node.platform.get(name, 0) + asked.get(name, 0) for name in names}
        return replace(node, platform=total, services=asked)

    scaling = cluster.autoscaling
    if scaling is not None:
        machines = {group: burdened(node) for group, node in scaling.machines.items()}
        scaling = replace(scaling, machines=machines)
    nodes = tuple(burdened(node) for node in cluster.nodes)
    return replace(cluster, nodes=nodes, autoscaling=scaling)


def _assume(context: Context, cluster: Cluster, parts: Sequence[ServicePart]) -> None:
    """One entry of the ledger for each service."""
    workers = len(cluster.workers)
    for service in dict.fromkeys(part.service for part in parts):
        own = [part for part in parts if part.service == service]
        numbers = [workers if part.is_daemon else part.replicas for part in own]
        cpu, memory = (
            sum(n * part.requests.get(name, 0) for n, part in zip(numbers, own, strict=True))
            for name in (CPU, MEMORY)
        )
        value = f"{cpu}m CPU, {memory // _MIB}Mi, {sum(numbers)} pod{'s' * (sum(numbers) > 1)}"
        name = f"management.{service.lower().replace(' ', '_')}"
        context.assume(name, value, own[0].source, cluster.name, own[0].evidence)
