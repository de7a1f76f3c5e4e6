"""Losses of whole clusters and of the hub, and partitions -> the plan."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.node import ZONE_LABEL
from ove_capacity.model.plan import ApiOutage, ClusterLoss, HubLoss, NodeLoss, Partition
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.duration import duration_of
from ove_capacity.scenario.schema.event import (
    ApiOutageSection,
    ClusterLossSection,
    HubLossSection,
    PartitionSection,
    RegionLossSection,
    ZoneLossSection,
)

__all__ = [
    "api_outages",
    "cluster_losses",
    "hub_losses",
    "partitions",
    "region_losses",
    "zone_losses",
]


def cluster_losses(
    context: Context, path: FieldPath, section: ClusterLossSection, clusters: Mapping[str, Compiled]
) -> list[ClusterLoss]:
    """One loss for each cluster that it is about; what is wrong is noted."""
    return [
        ClusterLoss(name, duration_of(section.repair), duration_of(section.every), section.at)
        for name in _concerned(context, path, section, clusters)
    ]


def region_losses(
    context: Context, path: FieldPath, section: RegionLossSection, clusters: Mapping[str, Compiled]
) -> list[ClusterLoss]:
    """One loss for each cluster of the region, all at once; a region of none is noted."""
    if not _is_timed(context, path, section):
        return []
    regions = {name: _region(compiled) for name, compiled in clusters.items()}
    there = [name for name, region in regions.items() if region == section.region]
    if not there:
        known = sorted({region for region in regions.values() if region})
        context.unknown((*path, "region"), "region", section.region, known)
    repair, every = duration_of(section.repair), duration_of(section.every)
    together = "" if every is None else f"region {section.region} {path[-1]}"
    return [ClusterLoss(name, repair, every, section.at, together) for name in there]


def _region(compiled: Compiled) -> str:
    return compiled.cluster.labels.get("region", "")


def zone_losses(
    context: Context, path: FieldPath, section: ZoneLossSection, clusters: Mapping[str, Compiled]
) -> list[NodeLoss]:
    """One loss for each node of the zone, all at once; a zone of none is noted."""
    if not _is_timed(context, path, section):
        return []
    if section.cluster is not None and section.cluster not in clusters:
        context.unknown((*path, "cluster"), "cluster", section.cluster, clusters)
        return []
    names = [section.cluster] if section.cluster else list(clusters)
    zones = [
        (name, node.name, node.labels.get(ZONE_LABEL, ""))
        for name in names
        for node in clusters[name].cluster.nodes
    ]
    if all(zone != section.zone for _, _, zone in zones):
        known = sorted({zone for _, _, zone in zones if zone})
        context.unknown((*path, "zone"), "zone", section.zone, known)
    repair, every = duration_of(section.repair), duration_of(section.every)
    together = "" if every is None else f"zone {section.zone} {path[-1]}"
    return [
        NodeLoss(name, repair, node=node, every=every, at_ms=section.at, together=together)
        for name, node, zone in zones
        if zone == section.zone
    ]


def partitions(
    context: Context, path: FieldPath, section: PartitionSection, clusters: Mapping[str, Compiled]
) -> list[Partition]:
    """One partition for each cluster that it is about; what is wrong is noted."""
    return [
        Partition(name, duration_of(section.lasting), duration_of(section.every), section.at)
        for name in _concerned(context, path, section, clusters)
    ]


def api_outages(
    context: Context, path: FieldPath, section: ApiOutageSection, clusters: Mapping[str, Compiled]
) -> list[ApiOutage]:
    """One outage for each cluster that it is about; what is wrong is noted."""
    return [
        ApiOutage(name, duration_of(section.lasting), duration_of(section.every), section.at)
        for name in _concerned(context, path, section, clusters)
    ]


def hub_losses(context: Context, path: FieldPath, section: HubLossSection) -> list[HubLoss]:
    """The loss, unless it is wrong, which is noted."""
    if not _is_timed(context, path, section):
        return []
    repair, every = duration_of(section.repair), duration_of(section.every)
    return [HubLoss(repair, every, section.at, section.from_backup)]


def _concerned(
    context: Context,
    path: FieldPath,
    section: ApiOutageSection | ClusterLossSection | PartitionSection,
    clusters: Mapping[str, Compiled],
) -> list[str]:
    if not _is_timed(context, path, section):
        return []
    if section.cluster is None:
        return list(clusters)
    if section.cluster not in clusters:
        context.unknown((*path, "cluster"), "cluster", section.cluster, clusters)
        return []
    return [section.cluster]


def _is_timed(
    context: Context,
    path: FieldPath,
    section: ApiOutageSection
    | ClusterLossSection
    | HubLossSection
    | PartitionSection
    | RegionLossSection
    | ZoneLossSection,
) -> bool:
    if (section.at is None) == (section.every is None):
        got = "neither" if section.at is None else "both"
        context.error(path, f"needs either at or every (got {got})")
        return False
    if section.every is not None and section.every.mean < 1:
        context.error((*path, "every"), "must be more than zero")
        return False
    return True
