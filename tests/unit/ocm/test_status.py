from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.ocm import managed_cluster
from ove_capacity.releases import release


def test_a_cordoned_node_counts_for_capacity_only():
    size = {"cpu": 4000, "memory": 8}
    nodes = (Node("w1", size, size), Node("w2", size, size, unschedulable=True))
    seen = managed_cluster(Cluster("production", release("4.15"), nodes, labels={"a": "b"}))
    assert (seen.labels, seen.capacity) == ({"a": "b"}, {"cpu": 8000, "memory": 16})
    assert seen.allocatable == {"cpu": 4000, "memory": 8}
