"""Who must go, and who is spared."""

from dataclasses import replace

from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.node import HOSTNAME_LABEL
from ove_capacity.model.pod import Affinity, SpreadConstraint
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place, scheduler_of
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod, selector, term

POLICY = Policy()


def victims(coming, existing, nodes=None, **fields):
    nodes = nodes or [node("w0", 4), node("w1", 4)]
    state = initial_state(cluster(nodes, pods=tuple(existing), **fields))
    outcome = place(state, [coming], POLICY)
    check(state)
    return [each.pod.name for each in outcome.displaced], [each.node for each in outcome.bound]


def holder(name, on, cpu=3, **fields):
    return pod(name, cpu, node_name=on, **fields)


def test_the_less_important_pod_goes():
    existing = [holder("low", "w0", priority=1), holder("mid", "w1", priority=5)]
    assert victims(pod("p", 3, priority=9), existing) == (["low"], ["w0"])


def test_nobody_goes_for_an_equal():
    existing = [holder("a", "w0"), holder("b", "w1")]
    assert victims(pod("p", 3), existing) == ([], [])


def test_nobody_goes_for_a_pod_that_would_not_fit_even_so():
    existing = [holder("a", "w0"), holder("b", "w1")]
    assert victims(pod("p", 5, priority=9), existing) == ([], [])


def test_a_polite_pod_waits():
    existing = [holder("a", "w0"), holder("b", "w1")]
    assert victims(pod("p", 3, priority=9, preemption_never=True), existing) == ([], [])


def test_only_as_many_go_as_must():
    existing = [holder("a", "w0", 1, start_ms=2), holder("b", "w0", 1, start_ms=1)]
    found, _ = victims(pod("p", 3, priority=9), existing, [node("w0", 4)])
    assert found == ["a"]


def test_a_budget_is_broken_only_where_there_is_no_other_way():
    budget = DisruptionBudget("keep", "default", selector(app="db"), disruptions_allowed=0)
    guarded = holder("guarded", "w0", labels={"app": "db"})
    existing = [guarded, holder("free", "w1", priority=5)]
    found, _ = victims(pod("p", 3, priority=9), existing, disruption_budgets=(budget,))
    assert found == ["free"]


def test_among_equals_the_one_that_started_last_goes():
    existing = [holder("old", "w0", start_ms=1), holder("young", "w1", start_ms=2)]
    assert victims(pod("p", 3, priority=9), existing)[0] == ["young"]


def test_a_pod_that_pushed_others_out_may_be_pushed_out_in_the_same_call():
    state = initial_state(cluster([node("w0", 4)], pods=(holder("low", "w0"),)))
    coming = [pod("mid", 3, priority=5), pod("high", 3, priority=9)]
    outcome = place(state, coming, POLICY)
    assert [each.pod.name for each in outcome.displaced] == ["low", "mid"]
    assert [each.pod.name for each in outcome.bound] == ["high"]
    check(state)


def spread_over(existing, nodes):
    """What becomes of a pod that may stand one ahead of the emptiest node."""
    apart = (SpreadConstraint(1, HOSTNAME_LABEL, True, selector(app="a")),)
    coming = pod("p", 3, priority=9, labels={"app": "a"}, spread=apart)
    state = initial_state(cluster(nodes, pods=tuple(existing)))
    # A pod whose selector looks at more labels has all pods classed anew.
    place(state, [pod("q", 0, "0", affinity=Affinity(anti_required=(term(x="y"),)))], POLICY)
    outcome = place(state, [coming], POLICY)
    check(state)
    return [each.pod.name for each in outcome.displaced], [each.node for each in outcome.bound]


def test_a_terminating_victim_seems_to_free_a_place_that_it_did_not_hold():
    gone = replace(holder("gone", "w0", labels={"app": "a"}), terminating=True)
    stays = holder("stays", "w0", 0, priority=9, labels={"app": "a"})
    nodes = [node("w0", 4), node("w1", 1)]
    assert spread_over([gone, stays], nodes) == (["gone"], [])


def test_only_nominations_of_less_important_pods_are_forgotten():
    weak, strong = pod("weak", 0, priority=1), pod("strong", 0, priority=9)
    state = initial_state(cluster([node("w0", 4)], pods=(holder("low", "w0"),)), [weak, strong])
    rows = [
        state.add(each, c)
        for each, c in zip(
            (weak, strong), scheduler_of(state).classify(state, [weak, strong]), strict=True
        )
    ]
    state.nominated[0] = rows
    assert place(state, [pod("p", 3, priority=5)], POLICY).bound[0].node == "w0"
    assert state.nominated == {0: rows[1:]}
