"""``events`` -> losses and arrivals of the plan."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.manifests.document import FieldPath
from ove_capacity.model.plan import NodeLoss
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.workloads import duration_of
from ove_capacity.scenario.schema.event import NodeLossSection

__all__ = ["node_losses"]


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


def node_losses(
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
