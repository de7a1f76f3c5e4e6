"""Nodes that join and leave while pods run."""

from ove_capacity.model.pod import Affinity
from ove_capacity.model.policy import Policy
from ove_capacity.place import change_nodes, initial_state, place
from ove_capacity.state import invariants
from ove_capacity.state.claim import release
from ove_capacity.testing.build import cluster, node, pod, term

ALONE = Affinity(anti_required=(term(app="db"),))


def alone(name):
    return pod(name, labels={"app": "db"}, affinity=ALONE)


def test_a_node_that_joins_takes_the_pod_that_waits():
    state = initial_state(cluster(2))
    assert len(place(state, [alone("a"), alone("b"), alone("c")], Policy()).refused) == 1
    change_nodes(state, [node("new")])
    (bound,) = place(state, [alone("c")], Policy()).bound
    assert bound.node == "new"
    invariants.check(state)
    assert [each.name for each in state.cluster.nodes] == ["w0", "w1", "new"]


def test_pods_stay_on_their_nodes_when_another_node_leaves():
    state = initial_state(cluster(3))
    rows = {each.node: each.row for each in place(state, [alone(n) for n in "abc"], Policy()).bound}
    release(state, rows.pop("w1"))
    change_nodes(state, leaving=["w1"])
    assert {state.nodes[state.node_of(row)].name for row in rows.values()} == {"w0", "w2"}
    assert place(state, [alone("d")], Policy()).refused[0].message.startswith("0/2 nodes")
    invariants.check(state)


def test_a_copy_does_not_see_nodes_that_join_later():
    state = initial_state(cluster(1))
    place(state, [alone("a")], Policy())
    copy = state.copy()
    change_nodes(state, [node("new", extra={"example.com/gpu": 1})])
    assert len(place(copy, [alone("b")], Policy()).refused) == 1
    assert len(place(state, [alone("b")], Policy()).bound) == 1
    assert "example.com/gpu" not in copy.resources
