"""The writers of the state, and the checker that trusts nobody."""

import pytest

from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.state.claim import bind, cordon, lose_node, release, restore_node
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod

POLICY = Policy()


@pytest.fixture
def state():
    state = initial_state(cluster(2))
    place(state, [pod(f"p{i}") for i in range(4)], POLICY)
    return state


def test_a_lost_node_gives_up_its_pods_and_takes_no_more(state):
    rows = lose_node(state, 0)
    assert sorted(state.pod(row).name for row in rows) == ["p0", "p2"]
    outcome = place(state, [pod("q")], POLICY)
    assert outcome.bound[0].node == "w1"
    check(state)


def test_a_lost_node_says_what_upstream_says():
    state = initial_state(cluster(1))
    lose_node(state, 0)
    message = place(state, [pod("q")], POLICY).refused[0].message
    taint = "node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
    assert message == f"0/1 nodes are available: 1 {taint}."


def test_a_node_that_is_back_is_empty_and_takes_pods(state):
    lose_node(state, 0)
    restore_node(state, 0)
    assert state.pods_on(0) == []
    assert place(state, [pod("q")], POLICY).bound[0].node == "w0"


def test_a_cordoned_node_keeps_its_pods(state):
    cordon(state, 0, True)
    assert len(state.pods_on(0)) == 2
    assert place(state, [pod("q")], POLICY).bound[0].node == "w1"


def test_what_a_pod_held_is_free_once_it_is_gone(state):
    before = state.requested.copy()
    row = place(state, [pod("q", 30)], POLICY).bound[0].row
    release(state, row)
    assert (state.requested == before).all()
    check(state)


def test_a_pod_is_bound_once():
    state = initial_state(cluster(1), [pod("p")])
    row = state.add(pod("p"), 0)
    bind(state, row, 0)
    with pytest.raises(AssertionError, match="bound already"):
        bind(state, row, 0)


def test_requests_of_the_platform_are_on_every_node_from_the_start():
    state = initial_state(cluster([node("w0", platform={"cpu": 500, "pods": 12})]))
    assert state.requested[0].tolist() == [500, 0, 12]


@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_checker_finds_a_cooked_book(state, column):
    state.requested[1, column] += 1
    with pytest.raises(AssertionError, match="w1 hands out"):
        check(state)


def test_the_checker_finds_a_pod_on_a_dead_node(state):
    state.arrays.presence[0] = 2
    with pytest.raises(AssertionError, match="not in service"):
        check(state)


def test_rows_are_used_again(state):
    row = place(state, [pod("q")], POLICY).bound[0].row
    release(state, row)
    assert place(state, [pod("r")], POLICY).bound[0].row == row
