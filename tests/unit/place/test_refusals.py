"""Refusals in a batch: told by the state of their moment, and told once."""

from ove_capacity.model.pod import Affinity
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod, term

POLICY = Policy()


def test_a_refusal_is_told_by_the_state_it_met():
    state = initial_state(cluster([node("w0", 4, "8Gi")]))
    outcome = place(state, [pod("big", 5), pod("a", 4, "8Gi"), pod("late", 1, "1Gi")], POLICY)
    assert [each.message for each in outcome.refused] == [
        "0/1 nodes are available: 1 Insufficient cpu.",
        "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
    ]


def test_who_waits_for_a_friend_is_refused_though_the_friend_comes_later():
    near = Affinity(pod_required=(term(app="db"),))
    state = initial_state(cluster(1))
    coming = [
        pod("web", affinity=near),
        pod("db", labels={"app": "db"}),
        pod("web2", affinity=near),
    ]
    outcome = place(state, coming, POLICY)
    assert [each.pod.name for each in outcome.bound] == ["db", "web2"]
    assert outcome.refused[0].message == (
        "0/1 nodes are available: 1 node(s) didn't match pod affinity rules."
    )
    check(state)


def test_thousands_of_like_refusals_cost_one_diagnosis():
    state = initial_state(cluster(2))
    outcome = place(state, [pod("p", 40)] * 5000 + [pod("q", 1)], POLICY)
    assert len(outcome.refused) == 5000
    assert len({id(each.rejections) for each in outcome.refused}) == 1
    assert [each.pod.name for each in outcome.bound] == ["q"]


def test_a_nominated_pod_in_the_middle_of_a_batch_goes_to_its_node():
    state = initial_state(cluster(3))
    wish = type(pod("p"))("wish", pod("p").spec, nominated_node="w2")
    outcome = place(state, [pod("a"), wish, pod("b")], POLICY)
    assert [each.node for each in outcome.bound] == ["w0", "w2", "w1"]
