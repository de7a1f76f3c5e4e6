"""Where each number of a cluster came from: scenario > manifest > profile > release default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ove_capacity.manifests.document import FieldPath, path_text
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.parts import written_cluster_network
from ove_capacity.manifests.profile import ClusterProfile
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.autoscaling import (
    Autoscaling,
    ClusterAutoscaler,
    MachineAutoscaler,
    ScaleDown,
)
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.origin import Level, Origin
from ove_capacity.model.overview import size_text
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, HUGEPAGES_PREFIX, MEMORY
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.kubelets import KubeletRules
from ove_capacity.scenario.complaints import value_at
from ove_capacity.simtime import format_duration

__all__ = ["origins_of"]

_SECTIONS = ("platform", "pools", "autoscaler", "kubelet", "storage", "network")
"""Sections of a cluster whose values are told whatever they are."""
_SHAPE = (("cpu", CPU), ("memory", MEMORY), ("storage", EPHEMERAL_STORAGE))


def _amount(resource: str, amount: int) -> str:
    return f"{amount / 1000:g}" if resource == CPU else size_text(amount)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Finds who said a value of one cluster."""

    context: Context
    cluster: Cluster
    profile: ClusterProfile | None

    def tell(
        self,
        name: str,
        value: object,
        *paths: FieldPath,
        in_profile: str = "",
        manifest: str = "",
        default: str = "",
    ) -> Origin:
        """The origin of a value: the first of the scenario's *paths* that is there."""
        level, place = Level.DEFAULT, default or f"OpenShift {self.cluster.release.openshift}"
        said = dict(self.profile.places).get(in_profile) if self.profile else None
        if said is not None:
            level, place = Level.PROFILE, said
        if manifest:
            level, place = Level.MANIFEST, manifest
        changed = self.context.changed
        for path in paths:
            if value_at(changed.document.value, path) is not None:
                level, place = Level.SCENARIO, changed.problem(path, "").place
                break
        return Origin(self.cluster.name, name, str(value), level, place)

    def own(self, *steps: str) -> FieldPath:
        """A path below this cluster."""
        return ("clusters", self.cluster.name, *steps)


def _releases(teller: _Teller) -> Iterator[Origin]:
    release = teller.cluster.release
    for name, value in (("openshift", release.openshift), ("kubevirt", release.kubevirt)):
        yield teller.tell(
            f"platform.{name}",
            value,
            teller.own("platform", name),
            ("platform", name),
            in_profile="virtualization.kubevirt_version" if name == "openshift" else "",
            default="" if name == "kubevirt" else "the newest release known",
        )


def _said(teller: _Teller, path: FieldPath, told: set[str]) -> Iterator[Origin]:
    """What else the scenario says at *path* and below, each value with its place."""
    value = value_at(teller.context.changed.document.value, path)
    name = path_text(path[2:])
    if isinstance(value, Mapping):
        for key in value:
            yield from _said(teller, (*path, key), told)
    elif value is not None and name not in told:
        yield teller.tell(name, _text(value), path)


def _text(value: object) -> str:
    if not isinstance(value, list):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if any(isinstance(each, Mapping | list) for each in value):
        return f"{len(value)} entries"
    return ", ".join(_text(each) for each in value)


def _pools(teller: _Teller, made: dict[str, list[Node]], rules: KubeletRules) -> Iterator[Origin]:
    for pool, nodes in made.items():
        first, path = nodes[0], teller.own("pools", pool)
        yield teller.tell(
            f"pools.{pool}.count", len(nodes), (*path, "count"), in_profile=f"{pool}_nodes"
        )
        for key, resource in _SHAPE:
            yield teller.tell(
                f"pools.{pool}.node.{key}",
                _amount(resource, first.capacity.get(resource, 0)),
                (*path, "node", key),
                *([(*path, "node", "cores")] if key == "cpu" else []),
                in_profile=f"node_specifications.{pool}.{key}",
                default="the least a machine has" if key == "storage" else "",
            )
            yield teller.tell(
                f"pools.{pool}.node.allocatable.{key}",
                _amount(resource, first.allocatable.get(resource, 0)),
                (*path, "node", "allocatable", key),
                default=f"what the kubelet of OpenShift {teller.cluster.release.openshift} leaves",
            )
        yield from _hugepages(teller, pool, first, rules)


def _hugepages(teller: _Teller, pool: str, node: Node, rules: KubeletRules) -> Iterator[Origin]:
    written = rules.written_pages
    for resource, amount in node.capacity.items():
        size = resource.removeprefix(HUGEPAGES_PREFIX)
        if size == resource or not amount:
            continue
        is_written = written is not None and size in written.pages
        assumed = (teller.own("assume", "hugepages", size), ("assume", "hugepages", size))
        yield teller.tell(
            f"pools.{pool}.node.hugepages.{size}",
            size_text(amount),
            teller.own("pools", pool, "node", "hugepages", size),
            *(() if is_written else assumed),
            manifest=_place(written.fields) if written and is_written else "",
        )


def _real_nodes(teller: _Teller, found: Objects) -> Iterator[Origin]:
    """Node objects, those of one shape together; the place is that of the first."""
    places: dict[str, str] = {}
    for kind, fields in found.per_cluster:
        if kind == "Node":
            name = str(fields.fields("metadata").get("name"))
            places[name] = _place(fields)
    alike: dict[tuple[str, ...], list[str]] = {}
    for node in teller.cluster.nodes:
        if node.name in places:
            amounts = (node.capacity, node.allocatable)
            texts = [_amount(key, each.get(key, 0)) for each in amounts for key in (CPU, MEMORY)]
            alike.setdefault((node.pool or "-", *texts), []).append(node.name)
    for (pool, cpu, memory, cpu_left, memory_left), names in alike.items():
        value = f"{len(names)} x {cpu} CPUs, {memory}; allocatable {cpu_left}, {memory_left}"
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        place = places[names[0]] + more
        yield Origin(teller.cluster.name, f"nodes.{pool}", value, Level.MANIFEST, place)


def _budgets(teller: _Teller, found: Objects) -> Iterator[Origin]:
    cluster = teller.cluster
    for system in cluster.storage:
        for key, value in (
            ("raw", size_text(system.raw_bytes)),
            ("replicas", system.replicas),
            ("nearFull", f"{system.near_full_percent}%"),
        ):
            yield teller.tell(
                f"storage.{system.name}.{key}",
                value,
                teller.own("storage", system.name, key),
                *([teller.own("pools", "storage")] if key == "raw" else []),
                in_profile="node_specifications.storage.storage" if key == "raw" else "",
                default="OpenShift Data Foundation",
            )
    written = written_cluster_network(found)
    if cluster.network is not None:
        both = (("cidr", cluster.network.cidr), ("hostPrefix", cluster.network.host_prefix))
        for key, value in both:
            place = _place(written, key) if written is not None and key in written else ""
            path = teller.own("network", "clusterNetwork", key)
            yield teller.tell(f"network.clusterNetwork.{key}", value, path, manifest=place)
    attachments = _attachments(teller, found)
    for network in cluster.vm_networks:
        if network.addresses is not None:
            yield teller.tell(
                f"network.vmNetworks.{network.name}.addresses",
                network.addresses,
                teller.own("network", "vmNetworks", network.name),
                manifest=attachments.get(network.name, ""),
            )


def _place(fields: Fields, *keys: str) -> str:
    return fields.document.problem((*fields.path, *keys), "").place


def _attachments(teller: _Teller, found: Objects) -> dict[str, str]:
    """``namespace/name`` of each NetworkAttachmentDefinition -> its place."""
    kind = "NetworkAttachmentDefinition"
    hub = teller.context.hub.kubevirt_parts.get(kind, [])
    places = {}
    for each in (*found.kubevirt_parts.get(kind, []), *hub):
        meta = each.fields("metadata")
        places[f"{meta.get('namespace') or 'default'}/{meta.get('name')}"] = _place(each)
    return places


def _kubelets(teller: _Teller, rules: KubeletRules) -> Iterator[Origin]:
    config, written = rules.config, rules.written
    place = _place(written.fields) if written else ""

    def told(key: str, value: object, *more: str) -> Origin:
        manifest = place if written and key in written.said else ""
        name = ".".join(("kubelet", key, *more))
        path = teller.own("kubelet", key, *more)
        return teller.tell(name, value, path, manifest=manifest)

    yield told("cpuManagerPolicy", config.cpu_manager_policy)
    if rules.admits:
        yield told("memoryManagerPolicy", config.memory_manager_policy)
        yield told("topologyManagerPolicy", config.topology_manager_policy)
    for resource, amount in (config.system_reserved or {}).items():
        yield told("systemReserved", _amount(resource, amount), resource)
    yield told("maxPods", config.max_pods)


def _duration(ms: int | None) -> str | None:
    return None if ms is None else format_duration(ms)


def _limits(autoscaler: ClusterAutoscaler) -> dict[str, object]:
    """What a ClusterAutoscaler says, by the scenario's names."""
    down, memory = autoscaler.scale_down or ScaleDown(), autoscaler.memory_gib
    gib = {key: each and f"{each}Gi" for key, each in (("min", memory.least), ("max", memory.most))}
    said = {
        "maxNodesTotal": autoscaler.max_nodes_total,
        "cores.min": autoscaler.cores.least,
        "cores.max": autoscaler.cores.most,
        "memory.min": gib["min"],
        "memory.max": gib["max"],
        "expander": ", ".join(autoscaler.expanders) or None,
        "podPriorityThreshold": autoscaler.pod_priority_threshold,
        "maxNodeProvisionTime": _duration(autoscaler.max_node_provision_time_ms),
        "scaleDown.enabled": autoscaler.scale_down and _text(down.enabled),
        "scaleDown.delayAfterAdd": _duration(down.delay_after_add_ms),
        "scaleDown.delayAfterDelete": _duration(down.delay_after_delete_ms),
        "scaleDown.delayAfterFailure": _duration(down.delay_after_failure_ms),
        "scaleDown.unneededTime": _duration(down.unneeded_time_ms),
        "scaleDown.utilizationThreshold": down.utilization_threshold,
    }
    return {name: value for name, value in said.items() if value is not None}


def _autoscaling(teller: _Teller, found: Objects) -> Iterator[Origin]:
    """What objects say of autoscaling; where the scenario says it, too, that wins."""
    scaling = teller.cluster.autoscaling
    if scaling is None or scaling.autoscaler is None:
        return
    asked = _limits(scaling.autoscaler)
    for noun, fields in found.autoscaling:
        written = _limits(noun) if isinstance(noun, ClusterAutoscaler) else {}
        for name in written:
            path = teller.own("autoscaler", *name.split("."))
            told = asked.get(name, written[name])
            yield teller.tell(f"autoscaler.{name}", told, path, manifest=_place(fields))
        if isinstance(noun, MachineAutoscaler):
            yield from _bounds(teller, scaling, noun.machine_set, _place(fields))


def _bounds(
    teller: _Teller, scaling: Autoscaling, machine_set: str, place: str
) -> Iterator[Origin]:
    """The least and the most machines of the pool that a MachineSet makes, over all its zones."""
    sets, cluster = teller.context.machine_sets, teller.cluster.name
    pool = next((p for (c, p), made in sets.items() if (c, made) == (cluster, machine_set)), None)
    groups = [
        group
        for group in scaling.groups
        if group.name == machine_set
        or (pool is not None and (made := scaling.machines.get(group.name)) and made.pool == pool)
    ]
    if groups:
        name = pool or machine_set
        for key, size in (
            ("min", sum(group.min_size for group in groups)),
            ("max", sum(group.max_size for group in groups)),
        ):
            path = teller.own("pools", name, key)
            yield teller.tell(f"pools.{name}.{key}", size, path, manifest=place)


def _rules(teller: _Teller, found: Objects, rules: KubeletRules) -> Iterator[Origin]:
    cluster = teller.cluster
    yield from _kubelets(teller, rules)
    yield from _autoscaling(teller, found)
    yield teller.tell(
        "scheduler.profile", cluster.scheduler_profile, teller.own("scheduler", "profile")
    )
    yield teller.tell(
        "remediation",
        cluster.remediation.kind,
        teller.own("remediation"),
        default="nothing, unless the scenario says so",
    )
    written = found.kubevirt_parts.get("KubeVirt")
    if written and not found.kubevirt_parts.get("HyperConverged"):
        place = _place(written[-1])
        yield Origin(cluster.name, "kubevirt", "configuration", Level.MANIFEST, place)


def origins_of(
    context: Context,
    cluster: Cluster,
    profile: ClusterProfile | None,
    found: Objects,
    rules: KubeletRules,
) -> list[Origin]:
    """Every number of the cluster with who said it; what nobody said comes last."""
    teller = _Teller(context, cluster, profile)
    real = {node.name for node in found.nodes}
    made: dict[str, list[Node]] = {}
    for node in cluster.nodes:
        if node.name not in real:
            made.setdefault(node.pool, []).append(node)
    origins = [
        *_releases(teller),
        *_pools(teller, made, rules),
        *_real_nodes(teller, found),
        *_rules(teller, found, rules),
        *_budgets(teller, found),
    ]
    told = {each.name for each in origins}
    for key in _SECTIONS:
        origins += _said(teller, teller.own(key), told)
    told = {each.name for each in origins}
    for each in context.assumptions:
        is_told = each.name in told or each.name.startswith("profile.")
        if each.applies_to == cluster.name and not is_told:
            is_assumed = each.evidence is Evidence.ASSUMED
            level = Level.ASSUMED if is_assumed else Level.DEFAULT
            origins.append(Origin(cluster.name, each.name, each.value, level, each.source))
    return list(dict.fromkeys(origins))
