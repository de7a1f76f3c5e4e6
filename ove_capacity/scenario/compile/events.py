"""``events`` -> losses, cordons and growth of the plan; others are checked for what they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.plan import Cordon, Growth, NodeLoss, Plan, Workload
from ove_capacity.releases import release
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.duration import duration_of
from ove_capacity.scenario.compile.fleet_events import (
    api_outages,
    cluster_losses,
    hub_losses,
    partitions,
    region_losses,
    zone_losses,
)
from ove_capacity.scenario.compile.workloads import arrivals_of
from ove_capacity.scenario.schema.event import (
    ApiOutageSection,
    ArrivalsSection,
    ClusterLossSection,
    CordonSection,
    DrainSection,
    GrowthSection,
    HubLossSection,
    NodeLossSection,
    NodesSection,
    PartitionSection,
    RegionLossSection,
    ScalePoolSection,
    UpgradeSection,
    ZoneLossSection,
)

__all__ = ["with_events"]


def _is_sound(context: Context, path: FieldPath, section: NodeLossSection) -> bool:
    if (section.at is None) == (section.every is None):
        got = "neither" if section.at is None else "both"
        context.error(path, f"needs either at or every (got {got})")
        return False
    if section.node is not None and section.pool is not None:
        context.error((*path, "pool"), "node and pool exclude each other")
        return False
    if section.at is not None and section.node is None and section.pool is None:
        context.error(path, "a loss at a moment needs a node or a pool")
        return False
    if section.every is not None and section.every.mean < 1:
        context.error((*path, "every"), "must be more than zero")
        return False
    return True


def _has(compiled: Compiled, section: NodeLossSection) -> bool:
    nodes = compiled.cluster.nodes
    if section.node is not None:
        return any(node.name == section.node for node in nodes)
    return section.pool is None or any(node.pool == section.pool for node in nodes)


def _node_losses(
    context: Context, path: FieldPath, section: NodeLossSection, clusters: Mapping[str, Compiled]
) -> list[NodeLoss]:
    """One loss for each cluster that it is about; what is wrong is noted."""
    if not _is_sound(context, path, section):
        return []
    if section.cluster is not None and section.cluster not in clusters:
        context.unknown((*path, "cluster"), "cluster", section.cluster, clusters)
        return []
    names = [section.cluster] if section.cluster is not None else list(clusters)
    concerned = [name for name in names if _has(clusters[name], section)]
    if not concerned:
        key = "pool" if section.node is None else "node"
        nodes = [node for name in names for node in clusters[name].cluster.nodes]
        known = dict.fromkeys(node.pool if key == "pool" else node.name for node in nodes)
        context.unknown((*path, key), key, section.pool or section.node or "", known)
    return [
        NodeLoss(
            cluster=name,
            repair=duration_of(section.repair),
            pool=section.pool or "",
            node=section.node or "",
            every=duration_of(section.every),
            at_ms=section.at,
        )
        for name in concerned
    ]


def _is_known(
    context: Context,
    path: FieldPath,
    clusters: Mapping[str, Compiled],
    cluster: str | None,
    pool: str | None = None,
    node: str | None = None,
) -> bool:
    """Whether the cluster, or any, has that pool and that node; what is not there is noted."""
    if cluster is not None and cluster not in clusters:
        context.unknown((*path, "cluster"), "cluster", cluster, clusters)
        return False
    concerned = clusters.values() if cluster is None else [clusters[cluster]]
    nodes = [each for compiled in concerned for each in compiled.cluster.nodes]
    pools = dict.fromkeys(each.pool for each in nodes if each.pool)
    names = dict.fromkeys(each.name for each in nodes)
    for key, wanted, known in (("pool", pool, pools), ("node", node, names)):
        if wanted is not None and wanted not in known:
            context.unknown((*path, key), key, wanted, known)
            return False
    return True


def _is_about_nodes(
    context: Context, path: FieldPath, section: NodesSection, clusters: Mapping[str, Compiled]
) -> bool:
    if (section.node is None) == (section.pool is None):
        got = "neither" if section.node is None else "both"
        context.error(path, f"needs either node or pool (got {got})")
        return False
    if section.lasting == 0:
        context.error((*path, "for"), "must be more than zero")
        return False
    return _is_known(context, path, clusters, section.cluster, section.pool, section.node)


def _cordon(section: CordonSection) -> Cordon:
    return Cordon(
        cluster=section.cluster,
        at_ms=section.at,
        lasting_ms=section.lasting,
        pool=section.pool or "",
        node=section.node or "",
    )


def _growth(
    context: Context, path: FieldPath, section: GrowthSection, workloads: Sequence[Workload]
) -> Growth | None:
    """The growth of one of the scenario's own workloads; None when it is wrong, which is noted."""
    written = [each.name for each in context.scenario.workloads]
    streams = [e.name for e in context.scenario.events if isinstance(e, ArrivalsSection)]
    if section.workload in streams:
        message = f"{section.workload!r} are arrivals: they have no number that grows"
        context.error((*path, "workload"), message)
        return None
    if section.workload not in written:
        context.unknown((*path, "workload"), "workload", section.workload, written)
        return None
    if section.every < 1:
        context.error((*path, "every"), "must be more than zero")
        return None
    # Listed VMs of folders come first, and one may have that name, too.
    found = [each for each in workloads if each.name == section.workload and not each.vm_names]
    if not found:
        return None
    return Growth(
        workload=found[-1],
        every_ms=section.every,
        vms=section.by.count or 0,
        basis_points=round((section.by.percent or 0) * 100),
        until_ms=section.until,
    )


def _check_others(
    context: Context, path: FieldPath, event: object, clusters: Mapping[str, Compiled]
) -> None:
    """Note what an event that is not modelled yet gets wrong."""
    match event:
        case UpgradeSection():
            _is_known(context, path, clusters, event.cluster, event.pool)
            if event.to is not None:
                try:
                    release(event.to)
                except ValueError as error:
                    context.error((*path, "to"), str(error))
        case DrainSection():
            _is_about_nodes(context, path, event, clusters)
        case ScalePoolSection():
            _is_known(context, path, clusters, event.cluster, event.pool)


def with_events(context: Context, plan: Plan, clusters: Mapping[str, Compiled]) -> Plan:
    """The plan with all that happens; what is wrong is noted."""
    losses, cordons, growths, streams = [], [], [], []
    gone, cut, hub_gone, mute = [], [], [], []
    for index, event in enumerate(context.scenario.events):
        path = ("events", index)
        if isinstance(event, NodeLossSection):
            losses += _node_losses(context, path, event, clusters)
        elif isinstance(event, ArrivalsSection):
            streams.append(arrivals_of(context, path, event, clusters))
        elif isinstance(event, ClusterLossSection):
            gone += cluster_losses(context, path, event, clusters)
        elif isinstance(event, RegionLossSection):
            gone += region_losses(context, path, event, clusters)
        elif isinstance(event, ZoneLossSection):
            losses += zone_losses(context, path, event, clusters)
        elif isinstance(event, PartitionSection):
            cut += partitions(context, path, event, clusters)
        elif isinstance(event, ApiOutageSection):
            mute += api_outages(context, path, event, clusters)
        elif isinstance(event, HubLossSection):
            hub_gone += hub_losses(context, path, event)
        elif isinstance(event, CordonSection):
            if _is_about_nodes(context, path, event, clusters):
                cordons.append(_cordon(event))
        elif isinstance(event, GrowthSection):
            growths.append(_growth(context, path, event, plan.workloads))
        else:
            _check_others(context, path, event, clusters)
    return replace(
        plan,
        arrivals=tuple(each for each in streams if each is not None),
        losses=tuple(losses),
        cordons=tuple(cordons),
        growths=tuple(each for each in growths if each is not None),
        cluster_losses=tuple(gone),
        partitions=tuple(cut),
        hub_losses=tuple(hub_gone),
        api_outages=tuple(mute),
    )
