"""Short ways to build a hub."""

from ove_capacity.model.managed_cluster import (
    ClusterTaint,
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
    PlacementDecision,
)
from ove_capacity.model.placement import ClusterSelector
from ove_capacity.model.selector import EVERYTHING, LabelSelector, Requirement
from ove_capacity.ocm import Decisions, Hub, Inventory

GIB = 1 << 30
EVERY = ManagedClusterSet("global", "LabelSelector", EVERYTHING)


def cluster(name, cpu=0, memory_gib=0, taints=(), **labels):
    size = {"cpu": cpu * 1000, "memory": memory_gib * GIB} if cpu else {}
    return ManagedCluster(name, labels, size, size, taints=tuple(taints))


def having(key, *values):
    return ClusterSelector(LabelSelector((Requirement(key, "In", values),)))


def page(placement, *clusters, namespace="default", number=1, group="", index="0"):
    name = f"{placement}-decision-{number}"
    return PlacementDecision(name, namespace, placement, group, index, clusters)


def hub(*clusters, decisions=(), scores=(), namespaces=("default", "vm-production")):
    bindings = tuple(ManagedClusterSetBinding("global", each) for each in namespaces)
    return Hub(Inventory(clusters, scores), (EVERY,), bindings, Decisions(decisions))


def taint(key="gone", effect="NoSelect", value="", added_s=0):
    return ClusterTaint(key, effect, value, added_s * 1000)
