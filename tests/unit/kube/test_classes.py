"""Pods that no selector tells apart share a class."""

from dataclasses import replace

from ove_capacity.kube.pod_class import spread_constraints
from ove_capacity.model.cluster import Service
from ove_capacity.model.pod import Affinity, SpreadConstraint
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place, scheduler_of
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, pod, selector, term


def classes(state, *pods):
    return scheduler_of(state).classify(state, pods)


def test_vms_that_differ_in_their_name_only_are_one_class():
    one = pod("a", labels={"vm.kubevirt.io/name": "a"})
    other = replace(one, name="b", labels={"vm.kubevirt.io/name": "b"})
    assert len(set(classes(initial_state(cluster()), one, other))) == 1


def test_a_selector_on_the_label_tells_them_apart():
    fussy = pod("c", affinity=Affinity(anti_required=(term(app="a"),)))
    one = pod("a", labels={"app": "a"})
    other = replace(one, name="b", labels={"app": "b"})
    third = replace(one, name="d", labels={"app": "d"})
    found = classes(initial_state(cluster()), one, other, third, fussy)
    assert found[1] == found[2]
    assert len(set(found)) == 3


def test_a_selector_that_comes_later_splits_classes_and_recounts():
    state = initial_state(cluster(2))
    web = pod("a", labels={"app": "web"})
    db = replace(web, name="b", labels={"app": "db"})
    place(state, [web, db], Policy())
    away = pod("c", affinity=Affinity(anti_required=(term(app="db"),)))
    outcome = place(state, [away], Policy())
    check(state)
    assert outcome.bound[0].node == "w0"


def test_a_service_spreads_the_pods_it_selects():
    service = Service("web", "default", selector(app="web"))
    state = initial_state(cluster(2, services=(service,)))
    first, second = pod("a", labels={"app": "web"}), pod("b")
    scheduler = scheduler_of(state)
    found = scheduler.classify(state, [first, second])
    soft = [len(scheduler.table.classes[c].soft) for c in found]
    assert soft == [2, 0]


def test_default_constraints_keep_their_policies():
    given = SpreadConstraint(2, "rack", True, None, 3, honor_node_affinity=False)
    service = Service("web", "default", selector(app="web"))
    found, _ = spread_constraints(pod("a", labels={"app": "web"}), (service,), (given,))
    assert found == (replace(given, selector=selector(app="web")),)


def test_a_demand_beyond_all_bounds_is_refused_like_any_other():
    state = initial_state(cluster(1))
    refused = place(state, [pod("p", "9E", "8Ei")], Policy()).refused
    assert (
        refused[0].message == "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."
    )


def test_pods_known_before_keep_a_class_when_another_looks_at_more_labels():
    state = initial_state(cluster(2), [pod("known", labels={"app": "web"})])
    news = pod("news", affinity=Affinity(anti_required=(term(app="web"),)))
    assert -1 not in scheduler_of(state).classify(state, [pod("k", labels={"app": "web"}), news])
