"""Limits of an autoscaler as numbers of nodes: lines that the nodes of a cluster do not cross."""

from __future__ import annotations

from ove_capacity.analysis.limit_room import CORES, MAX_NODES_TOTAL, MAX_REPLICAS, MEMORY_LIMIT
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.options import options_of
from ove_capacity.openshift.autoscaler.quotas import node_resources

__all__ = ["limit_lines"]


def limit_lines(cluster: Cluster) -> dict[str, int]:
    """Limit -> nodes of the whole cluster, masters among them, as it begins.

    Cores and memory come to a number only where all that may join is alike, and only what the
    ClusterAutoscaler names is there. Empty when nothing scales it.
    """
    asked = cluster.autoscaling
    if asked is None or asked.autoscaler is None or not asked.is_active:
        return {}
    said, options = asked.autoscaler, options_of(asked.autoscaler, cluster.release.openshift)
    outside = sum(node.name not in asked.group_of for node in cluster.nodes)
    lines = {MAX_REPLICAS: outside + sum(group.max_size for group in asked.groups)}
    if options.max_nodes_total:
        lines[MAX_NODES_TOTAL] = options.max_nodes_total
    sizes = [node_resources(node) for node in asked.machines.values()]
    if len({tuple(sorted(size.items())) for size in sizes}) != 1:
        return lines
    most = {CPU: options.cores_max, MEMORY: options.memory_max_bytes}
    for name, resource, bounds in (
        (CORES, CPU, said.cores),
        (MEMORY_LIMIT, MEMORY, said.memory_gib),
    ):
        if bounds.most is not None and sizes[0][resource]:
            used = sum(node_resources(node)[resource] for node in cluster.nodes)
            left = max(0, most[resource] - used) // sizes[0][resource]
            lines[name] = len(cluster.nodes) + left
    return lines
