"""What a cluster's agent reports to the hub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.managed_cluster import ManagedCluster
from ove_capacity.model.resources import Amounts
from ove_capacity.ocm.cluster_document import reported
from ove_capacity.ocm.cluster_sets import with_default_set

__all__ = ["joined_cluster", "managed_cluster"]


def managed_cluster(cluster: Cluster) -> ManagedCluster:
    """The cluster as the hub sees it.

    Capacity is the sum over all nodes, masters too; allocatable leaves out cordoned nodes. A node
    that is not ready still counts.

    Source: ocm v1.3.0-78 pkg/registration/spoke/managedcluster/resource_reconcile.go.
    """
    return ManagedCluster(
        cluster.name,
        cluster.labels,
        _total(node.capacity for node in cluster.nodes),
        _total(node.allocatable for node in cluster.nodes if not node.unschedulable),
    )


def joined_cluster(cluster: Cluster, known: ManagedCluster | None) -> ManagedCluster:
    """The cluster as the hub sees it once it has joined: what was written, and its own totals.

    Source: as `managed_cluster`; the default set: ocm v1.3.0-78 pkg/registration/hub.
    """
    seen = managed_cluster(cluster)
    seen = replace(seen, labels=with_default_set(seen.labels))
    return reported(replace(known, name=cluster.name), seen) if known else seen


def _total(amounts: Iterable[Amounts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in amounts:
        for name, amount in each.items():
            total[name] = total.get(name, 0) + amount
    return total
