"""How many nodes upstream looks at, and in which order."""

import pytest

from ove_capacity.kube.sampling import nodes_wanted, walk_order
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.testing.build import cluster, node, pod


@pytest.mark.parametrize(
    ("nodes", "wanted"), [(50, 50), (100, 100), (200, 100), (1000, 420), (5000, 500), (9000, 450)]
)
def test_adaptive_sampling_looks_at_fewer_nodes_as_clusters_grow(nodes, wanted):
    assert nodes_wanted(nodes, "adaptive", scores=True) == wanted
    assert nodes_wanted(nodes, "all", scores=True) == nodes


def test_zones_take_turns():
    nodes = [node("a", zone="x"), node("b", zone="x"), node("c", zone="y"), node("d", zone="x")]
    assert walk_order(nodes).tolist() == [0, 2, 1, 3]


def test_no_scoring_takes_the_first_node_that_will_do_and_goes_on_from_there():
    state = initial_state(cluster(3, scheduler_profile="NoScoring"))
    outcome = place(state, [pod(f"p{i}") for i in range(4)], Policy())
    assert [each.node for each in outcome.bound] == ["w0", "w1", "w2", "w0"]


def test_sampling_a_large_cluster_still_binds_every_pod():
    state = initial_state(cluster(150))
    outcome = place(state, [pod(f"p{i}") for i in range(200)], Policy(nodes_scored="adaptive"))
    assert len(outcome.bound) == 200
    assert len({each.node for each in outcome.bound}) > 100
