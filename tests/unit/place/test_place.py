"""The relay, and the questions put to it."""

import pytest

from ove_capacity.model.node import Taint
from ove_capacity.model.pod import Affinity
from ove_capacity.model.policy import Policy
from ove_capacity.place import explain_pod, fitting, initial_state, place, scheduler_of
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod, term

POLICY = Policy()


def test_a_refusal_reads_as_upstreams():
    tainted = [node(f"m{i}", taints=(Taint("node-role.kubernetes.io/master"),)) for i in range(3)]
    workers = [node(f"w{i}", 4, "8Gi") for i in range(9)]
    state = initial_state(cluster([*tainted, *workers]))
    assert place(state, [pod("p", 1, "16Gi")], POLICY).refused[0].message == (
        "0/12 nodes are available: 3 node(s) had untolerated taint "
        "{node-role.kubernetes.io/master: }, 9 Insufficient memory."
    )


def test_a_cluster_without_nodes_refuses_in_words():
    state = initial_state(cluster([]))
    assert place(state, [pod("p")], POLICY).refused[0].message == "0/0 nodes are available"


def test_how_many_still_fit_and_what_binds():
    state = initial_state(cluster([node("w0", 10, "4Gi"), node("w1", 10, "2500Mi")]))
    nodes, refusal = fitting(state, pod("p", 1, "1Gi"), POLICY)
    assert sorted(nodes) == [0, 0, 0, 0, 1, 1]
    assert refusal.message == "0/2 nodes are available: 2 Insufficient memory."
    some, no_refusal = fitting(state, pod("p", 1, "1Gi"), POLICY, limit=4)
    assert (len(some), no_refusal) == (4, None)
    assert state.rows() == []


@pytest.mark.parametrize("pods", [1, 5, 20])
def test_anti_affinity_bounds_how_many_fit(pods):
    apart = Affinity(anti_required=(term(app="a"),))
    state = initial_state(cluster(pods))
    asked = pod("p", labels={"app": "a"}, affinity=apart)
    assert sorted(fitting(state, asked, POLICY)[0]) == list(range(pods))


def test_more_than_one_batch_is_placed_to_count():
    state = initial_state(cluster(8))
    assert len(fitting(state, pod("p", "100m", "1Mi"), POLICY)[0]) == 8 * 250


def test_explaining_leaves_the_state_alone():
    state = initial_state(cluster(2))
    before = state.requested.copy()
    verdict = explain_pod(state, pod("p"), POLICY)
    assert verdict.node == "w0"
    assert verdict.feasible == ("w0", "w1")
    assert verdict.total[0] == verdict.total[1]
    assert (state.requested == before).all()


def test_pods_that_exist_stand_where_they_say():
    state = initial_state(cluster(2, pods=(pod("b", 20, node_name="w1"),)))
    assert [state.pod(row).name for row in state.pods_on(1)] == ["b"]
    assert place(state, [pod("p", 20)], POLICY).bound[0].node == "w0"
    check(state)


def test_a_nominated_pod_goes_to_its_node_without_scoring():
    state = initial_state(cluster(3), [pod("p")])
    wish = type(pod("p"))("p", pod("p").spec, nominated_node="w2")
    assert place(state, [wish], POLICY).bound[0].node == "w2"


def test_room_is_kept_for_a_more_important_nominated_pod():
    waiting = pod("vip", 30, priority=9)
    state = initial_state(cluster(1), [waiting])
    c = scheduler_of(state).classify(state, [waiting])[0]
    state.nominated[0] = [state.add(waiting, c)]
    outcome = place(state, [pod("p", 8)], POLICY)
    assert outcome.refused[0].message == "0/1 nodes are available: 1 Insufficient cpu."
