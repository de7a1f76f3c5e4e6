"""Losses of whole clusters and of the hub, and partitions -> the plan."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.plan import ClusterLoss, HubLoss, Partition
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.workloads import duration_of
from ove_capacity.scenario.schema.event import (
    ClusterLossSection,
    HubLossSection,
    PartitionSection,
)

__all__ = ["cluster_losses", "hub_losses", "partitions"]


def cluster_losses(
    context: Context, path: FieldPath, section: ClusterLossSection, clusters: Mapping[str, Compiled]
) -> list[ClusterLoss]:
    """One loss for each cluster that it is about; what is wrong is noted."""
    return [
        ClusterLoss(name, duration_of(section.repair), duration_of(section.every), section.at)
        for name in _concerned(context, path, section, clusters)
    ]


def partitions(
    context: Context, path: FieldPath, section: PartitionSection, clusters: Mapping[str, Compiled]
) -> list[Partition]:
    """One partition for each cluster that it is about; what is wrong is noted."""
    return [
        Partition(name, duration_of(section.lasting), duration_of(section.every), section.at)
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
    section: ClusterLossSection | PartitionSection,
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
    section: ClusterLossSection | PartitionSection | HubLossSection,
) -> bool:
    if (section.at is None) == (section.every is None):
        got = "neither" if section.at is None else "both"
        context.error(path, f"needs either at or every (got {got})")
        return False
    if section.every is not None and section.every.mean < 1:
        context.error((*path, "every"), "must be more than zero")
        return False
    return True
