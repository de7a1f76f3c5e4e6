"""From which clusters a Placement may choose: sets, bound to its namespace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.managed_cluster import ManagedCluster, ManagedClusterSet
from ove_capacity.model.placement import Placement
from ove_capacity.model.selector import EVERYTHING, Labels
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.label_syntax import selector_error

__all__ = [
    "DEFAULT_SET",
    "GLOBAL_SET",
    "available_clusters",
    "eligible_sets",
    "set_error",
    "valid_bindings",
    "with_default_set",
]

DEFAULT_SET = ManagedClusterSet("default")
"""Every hub makes it: of clusters that nobody put into another exclusive set."""

GLOBAL_SET = ManagedClusterSet("global", "LabelSelector", EVERYTHING)
"""Every hub makes it: of all clusters."""

_SET_LABEL = "cluster.open-cluster-management.io/clusterset"
_EXCLUSIVE = ("", "ExclusiveClusterSetLabel")


def with_default_set(labels: Labels) -> Labels:
    """The labels of a cluster as the hub admits it: it is in some exclusive set.

    Source: ocm v1.3.0-78 pkg/registration/webhook/v1/managedcluster_mutating.go,
    addDefaultClusterSetLabel.
    """
    return labels if labels.get(_SET_LABEL) else {**labels, _SET_LABEL: DEFAULT_SET.name}


def valid_bindings(hub: Hub, namespace: str) -> tuple[str, ...]:
    """Bindings of a namespace whose name is a set's, sorted; their status and spec are not read.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/helpers.go,
    GetValidManagedClusterSetBindings.
    """
    known = {each.name for each in hub.cluster_sets}
    bound = {each.name for each in hub.bindings if each.namespace == namespace}
    return tuple(sorted(bound & known))


def eligible_sets(placement: Placement, bound: tuple[str, ...]) -> tuple[str, ...]:
    """The bound sets, or those of them that the Placement names.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/helpers.go, GetEligibleClusterSets.
    """
    if not placement.cluster_sets:
        return bound
    return tuple(name for name in bound if name in placement.cluster_sets)


def set_error(cluster_set: ManagedClusterSet) -> str:
    """Why upstream cannot tell the members of a set; every sync of its Placements fails then.

    Source: open-cluster-management.io/sdk-go pkg/apis/cluster/v1beta2/managedclusterset.go,
    BuildClusterSelector, as vendored by ocm v1.3.0-78.
    """
    if cluster_set.selector_type in _EXCLUSIVE:
        return ""
    if cluster_set.selector_type != "LabelSelector":
        wrong = f"selectorType is not right: {cluster_set.selector_type}"
    else:
        wrong = selector_error(cluster_set.selector) if cluster_set.selector else ""
    name = f'"{cluster_set.name}"'
    return f"failed to get clusters from ClusterSet {name}: {wrong}" if wrong else ""


def available_clusters(hub: Hub, eligible: tuple[str, ...]) -> NDArray[np.bool_]:
    """(clusters,): members of any of these sets that are not being deleted.

    Whether a cluster is accepted or Available is not looked at: only its taints count, later.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/helpers.go, GetAvailableClusters.
    """
    found = np.zeros(len(hub.inventory), np.bool_)
    for each in hub.cluster_sets:
        if each.name in eligible:
            found |= _members(hub.inventory, each)
    return found


def _members(inventory: Inventory, cluster_set: ManagedClusterSet) -> NDArray[np.bool_]:
    def ask(_: Inventory, cluster: ManagedCluster) -> bool:
        if cluster.is_deleting:
            return False
        if cluster_set.selector_type in _EXCLUSIVE:
            return cluster.labels.get(_SET_LABEL) == cluster_set.name
        return cluster_set.selector is not None and cluster_set.selector.matches(cluster.labels)

    members: NDArray[np.bool_] = inventory.column(cluster_set, np.bool_, ask)
    return members
