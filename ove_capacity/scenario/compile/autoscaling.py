"""``autoscaler``, ``min`` and ``max`` of pools, and the objects that say the same -> one noun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.autoscaling import (
    Autoscaling,
    ClusterAutoscaler,
    MachineAutoscaler,
    MachineHealthCheck,
    MachineSet,
    MachineTimes,
    NodeGroup,
    UnhealthyCondition,
)
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import ZONE_LABEL, Node
from ove_capacity.model.resources import CPU, MEMORY, PODS
from ove_capacity.openshift import machines as lives
from ove_capacity.openshift.autoscaler.node_groups import node_groups_of
from ove_capacity.scenario.compile.autoscaler import asked_autoscaler
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.contradictions import warn_of_contradictions
from ove_capacity.scenario.schema.autoscaling import MachinesSection
from ove_capacity.scenario.schema.cluster import PoolSection

__all__ = ["autoscaling_of"]

_MACHINE = "machine.openshift.io/machine"
_SET_LABEL = "machine.openshift.io/cluster-api-machineset"
_ROLE_LABELS = (
    "machine.openshift.io/cluster-api-machine-role",
    "machine.openshift.io/cluster-api-machine-type",
)
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class _Written:
    """What the cluster's objects say."""

    sets: Mapping[str, MachineSet]
    bounds: Mapping[str, MachineAutoscaler]
    """MachineSet -> who bounds it."""
    checks: tuple[MachineHealthCheck, ...]
    autoscaler: ClusterAutoscaler | None


@dataclass(frozen=True, slots=True)
class _Group:
    """Machines that are scaled together."""

    set: MachineSet
    least: int
    most: int
    nodes: tuple[str, ...]
    machine: Node | None
    """One more of them; None: nobody describes one."""
    startup_ms: int | None = None
    """What the scenario says of a health check."""
    is_scaled: bool = True


def _written(found: Objects) -> _Written:
    every = [noun for noun, _ in found.autoscaling]
    scalers = [each for each in every if isinstance(each, ClusterAutoscaler)]
    return _Written(
        {each.name: each for each in every if isinstance(each, MachineSet)},
        {each.machine_set: each for each in every if isinstance(each, MachineAutoscaler)},
        tuple(each for each in every if isinstance(each, MachineHealthCheck)),
        next((each for each in scalers if each.name == "default"), None),
    )


# -- groups ----------------------------------------------------------------------------------------


def _set_of_pool(pool: str, section: PoolSection, machine: Node, count: int) -> MachineSet:
    """The MachineSet that would make a pool's machines, as an installer writes it."""
    role = section.role or pool
    annotations = {
        "machine.openshift.io/vCPU": str(-(-machine.capacity[CPU] // 1000)),
        "machine.openshift.io/memoryMb": str(machine.capacity[MEMORY] // _MIB),
        "machine.openshift.io/maxPods": str(machine.allocatable.get(PODS, 0)),
    }
    return MachineSet(
        pool,
        count,
        dict(section.labels),
        tuple((taint.key, taint.value, taint.effect) for taint in machine.taints),
        annotations,
        {_SET_LABEL: pool, **dict.fromkeys(_ROLE_LABELS, role)},
    )


def _claimed(
    context: Context, name: str, written: _Written, machines: Mapping[str, Node]
) -> dict[str, str]:
    """Pool -> the MachineSet that makes its machines, where an object names one."""
    pools = context.scenario.clusters[name].pools
    named = {*written.sets, *written.bounds}
    claimed = {}
    for pool in machines:
        own = pools.get(pool, PoolSection()).machine_set
        if own is not None and own not in named:
            path = ("clusters", name, "pools", pool, "machineSet")
            context.warn(path, f"no MachineSet and no MachineAutoscaler names {own}")
        if (own or pool) in named:
            claimed[pool] = own or pool
    orphans = [each for each in written.bounds if each not in written.sets]
    orphans = [each for each in orphans if each not in claimed.values()]
    workers = [pool for pool, node in machines.items() if node.is_worker and pool not in claimed]
    if len(orphans) == 1 and len(workers) == 1:
        claimed[workers[0]] = orphans[0]
        source = f"a MachineAutoscaler names the MachineSet {orphans[0]}, which nobody lists"
        value = f"pool {workers[0]}, the only one of workers"
        context.assume("autoscaler.machine_set", value, source, name, Evidence.ASSUMED)
    return claimed


def _bounds(
    section: PoolSection, bound: MachineAutoscaler | None, known: MachineSet | None
) -> tuple[int | None, int | None]:
    """The scenario's; or a MachineAutoscaler's; or what it has written into its MachineSet."""
    least, most = section.min, section.max
    if most is None and bound is not None:
        return bound.min_replicas if least is None else least, bound.max_replicas
    if most is None and known is not None:
        for group in node_groups_of([replace(known, replicas=1)]):
            return group.min_size if least is None else least, group.max_size
    return least, most


def _pool_groups(
    context: Context,
    written: _Written,
    cluster: Cluster,
    machines: Mapping[str, Node],
    claimed: Mapping[str, str],
) -> Iterator[_Group]:
    name = cluster.name
    pools = context.scenario.clusters[name].pools
    for pool, machine in machines.items():
        section = pools.get(pool, PoolSection())
        known = written.sets.get(claimed.get(pool, ""))
        least, most = _bounds(section, written.bounds.get(claimed.get(pool, "")), known)
        if most is None and least is not None:
            path: FieldPath = ("clusters", name, "pools", pool, "min")
            context.warn(path, "without max nothing scales the pool")
        if most is None and not machine.is_worker:
            continue
        names = tuple(
            node.name
            for node in cluster.nodes
            if node.pool == pool and _MACHINE not in node.annotations
        )
        made = _set_of_pool(pool, section, machine, len(names))
        if known is not None:
            made = replace(made, labels=known.labels, annotations=known.annotations)
            made = replace(made, machine_labels=known.machine_labels)
        more = replace(machine, name=f"{name}-{pool}")
        asked = section.node_startup_timeout
        group = _Group(made, least or 0, most or 0, names, more, asked, most is not None)
        yield from _by_zone(group, section.zones, cluster)


def _by_zone(group: _Group, zones: Sequence[str], cluster: Cluster) -> Iterator[_Group]:
    """A MachineSet makes machines of one zone: a pool over several has one in each."""
    if len(set(zones)) < 2:
        label = {ZONE_LABEL: zones[0]} if zones else {}
        yield replace(group, machine=_labelled(group.machine, label))
        return
    zone_of = {node.name: node.labels.get(ZONE_LABEL) for node in cluster.nodes}
    several = list(dict.fromkeys(zones))
    for index, zone in enumerate(several):
        part = len(several)
        nodes = tuple(each for each in group.nodes if zone_of[each] == zone)
        made = replace(
            group.set,
            name=f"{group.set.name}-{zone}",
            replicas=len(nodes),
            labels={**group.set.labels, ZONE_LABEL: zone},
        )
        least, most = ((each + part - 1 - index) // part for each in (group.least, group.most))
        machine = _labelled(group.machine, {ZONE_LABEL: zone})
        yield replace(group, set=made, least=least, most=most, nodes=nodes, machine=machine)


def _labelled(node: Node | None, labels: Mapping[str, str]) -> Node | None:
    return node and replace(node, labels={**node.labels, **labels})


def _set_groups(
    context: Context, written: _Written, cluster: Cluster, taken: Sequence[str]
) -> Iterator[_Group]:
    """MachineSets whose machines are Node objects, or that have none."""
    for machine_set in written.sets.values():
        if machine_set.name in taken:
            continue
        nodes = [node for node in cluster.nodes if _is_made_by(node, machine_set.name)]
        if machine_set.replicas and not nodes:
            context.warn(
                ("clusters", cluster.name),
                f"cluster {cluster.name}: replicas of MachineSet {machine_set.name}: "
                f"{machine_set.replicas}, and no node and no pool is its",
            )
        bound = written.bounds.get(machine_set.name)
        groups = node_groups_of([machine_set], [bound] if bound else [])
        first = nodes[0] if nodes else groups[0].template if groups else None
        machine = first and replace(first, name=machine_set.name, unschedulable=False)
        names = tuple(node.name for node in nodes)
        if groups:
            yield _Group(machine_set, groups[0].min_size, groups[0].max_size, names, machine)
        elif nodes:
            yield _Group(machine_set, 0, 0, names, machine, is_scaled=False)


def _is_made_by(node: Node, machine_set: str) -> bool:
    """Whether the node's machine, named in its annotation, is of that set."""
    machine = node.annotations.get(_MACHINE, "").rpartition("/")[2]
    return machine.rpartition("-")[0] == machine_set


def _node_group(group: _Group) -> tuple[NodeGroup, ...]:
    made = replace(group.set, replicas=len(group.nodes))
    bound = MachineAutoscaler(made.name, made.name, group.least, group.most)
    return node_groups_of([made], [bound])


# -- health checks, machines -----------------------------------------------------------------------


def _check(group: _Group, checks: Sequence[MachineHealthCheck]) -> MachineHealthCheck | None:
    if group.startup_ms is not None:
        gone = UnhealthyCondition("Ready", "Unknown", lives.UNHEALTHY_MS)
        return MachineHealthCheck(group.set.name, {}, (gone,), "100%", group.startup_ms)
    labels = group.set.machine_labels
    for check in checks:
        if all(labels.get(key) == value for key, value in check.selector.items()):
            return check
    return None


def autoscaling_of(
    context: Context, name: str, found: Objects, cluster: Cluster, machines: Mapping[str, Node]
) -> Autoscaling | None:
    """What scales a cluster's machines; None when neither scenario nor objects ask for anything.

    *machines*: pool -> one more machine of it.
    """
    written, section = _written(found), context.scenario.clusters[name]
    asked = asked_autoscaler(context, name, written.autoscaler)
    claimed = _claimed(context, name, written, machines)
    context.machine_sets.update({(name, pool): made for pool, made in claimed.items()})
    every = list(_pool_groups(context, written, cluster, machines, claimed))
    every += _set_groups(context, written, cluster, list(claimed.values()))
    checks = {each.set.name: _check(each, written.checks) for each in every}
    groups = [each for each in every if each.is_scaled]
    fixed = [each for each in every if not each.is_scaled and checks[each.set.name] is not None]
    if asked is None and not groups and not fixed:
        _set_aside(found)
        return None
    both = [(group, noun) for group in groups for noun in _node_group(group)]
    kept = {*(noun.name for _, noun in both), *(each.set.name for each in fixed)}
    joining = [(noun.name, group.machine) for group, noun in both]
    joining += [(each.set.name, each.machine) for each in fixed]
    said = section.autoscaler.machines if section.autoscaler else MachinesSection()
    autoscaling = Autoscaling(
        asked,
        tuple(noun for _, noun in both),
        {node: noun.name for group, noun in both for node in group.nodes},
        {group: machine for group, machine in joining if machine is not None},
        {group: check for group, check in checks.items() if check is not None and group in kept},
        _times(said),
        tuple(_refused(context, name, written, asked)),
        {node: each.set.name for each in fixed for node in each.nodes},
    )
    if autoscaling.is_active or autoscaling.health_checks:
        is_said = said.p50 is not None
        context.assumptions += lives.assumptions(autoscaling.times, name, is_said=is_said)
    warn_of_contradictions(context, name, cluster, autoscaling)
    return autoscaling


def _times(said: MachinesSection) -> MachineTimes:
    return lives.machine_times(
        said.platform,
        p50_ms=said.p50,
        p95_ms=said.p95,
        distribution=said.distribution,
        failure=said.failure,
    )


def _refused(
    context: Context, name: str, written: _Written, asked: ClusterAutoscaler | None
) -> Iterator[str]:
    """Objects that the API server refuses; where the scenario speaks itself they do not matter."""
    section = context.scenario.clusters[name]
    if asked is not None:
        yield from (f"ClusterAutoscaler {asked.name}: {each}" for each in asked.refused)
    if all(pool.max is None for pool in section.pools.values()):
        for bound in written.bounds.values():
            if bound.refused:
                yield f"MachineAutoscaler {bound.name}: {bound.refused}"


def _set_aside(found: Objects) -> None:
    """Objects that change nothing are counted among those that were not modelled."""
    for noun, _ in found.autoscaling:
        kind = type(noun).__name__
        found.read[kind] -= 1
        found.unmodelled[kind] += 1
