from dataclasses import replace

import pytest

from ove_capacity.model.managed_cluster import (
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
)
from ove_capacity.model.placement import (
    ClusterSelector,
    DecisionGroup,
    Placement,
    PrioritizerWeight,
)
from ove_capacity.model.pod import Toleration
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import Decisions, Hub, Inventory, sync
from tests.unit.ocm.build import cluster, having, hub, page, taint

SET = "cluster.open-cluster-management.io/clusterset"
ALL = Placement("p")
SPREAD = replace(ALL, prioritizers=(PrioritizerWeight("Spread"),))


def member(name, of):
    return ManagedCluster(name, {SET: of})


def pages(synced, key="default/p"):
    return {each.name: each for each in synced.hub.decisions.by_placement.get(key, ())}


def reasons(synced):
    return [each.reason for each in synced.decision.conditions]


def sets_hub(*cluster_sets, bound=("blue", "red"), clusters=None):
    clusters = clusters or [member("a", "blue"), member("b", "red"), ManagedCluster("c")]
    bindings = tuple(ManagedClusterSetBinding(name) for name in bound)
    return Hub(Inventory(clusters), tuple(cluster_sets), bindings)


BLUE, RED = ManagedClusterSet("blue"), ManagedClusterSet("red", "")


@pytest.mark.parametrize(
    ("cluster_sets", "named", "bound", "available", "reason"),
    [
        ([BLUE, RED], (), ("blue", "red"), ("a", "b"), "AllDecisionsScheduled"),
        ([BLUE, RED], ("red",), ("blue", "red"), ("b",), "AllDecisionsScheduled"),
        ([BLUE, RED], (), ("red",), ("b",), "AllDecisionsScheduled"),
        ([BLUE, RED], (), (), (), "NoManagedClusterSetBindings"),
        ([RED], (), ("blue",), (), "NoManagedClusterSetBindings"),
        ([BLUE, RED], ("green",), ("blue",), (), "NoIntersection"),
        ([ManagedClusterSet("green")], (), ("green",), (), "AllManagedClusterSetsEmpty"),
        ([ManagedClusterSet("x", "LabelSelector")], (), ("x",), (), "AllManagedClusterSetsEmpty"),
    ],
)
def test_a_placement_chooses_from_the_sets_bound_to_its_namespace(
    cluster_sets, named, bound, available, reason
):
    synced = sync(sets_hub(*cluster_sets, bound=bound), replace(ALL, cluster_sets=named))
    assert synced.decision.available == available
    assert reasons(synced)[1] == reason


def test_bindings_of_another_namespace_do_not_count():
    synced = sync(sets_hub(BLUE), Placement("p", "elsewhere"))
    assert reasons(synced)[1] == "NoManagedClusterSetBindings"


def test_the_sets_are_named_in_the_message():
    message = sync(sets_hub(BLUE), replace(ALL, cluster_sets=("x", "y"))).decision.conditions[1]
    assert message.message == "None of ManagedClusterSets [x,y] is bound to placement namespace"
    green = sync(
        sets_hub(ManagedClusterSet("g"), BLUE, bound=("g", "blue"), clusters=[cluster("c")]), ALL
    )
    expected = "All ManagedClusterSets [blue,g] have no member ManagedCluster"
    assert green.decision.conditions[1].message == expected


def test_a_cluster_that_is_being_deleted_is_no_member():
    going = ManagedCluster("a", {SET: "blue"}, is_deleting=True)
    synced = sync(sets_hub(BLUE, clusters=[going, member("b", "blue")]), ALL)
    assert synced.decision.clusters == ("b",)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (ManagedClusterSet("blue", "Legacy"), "selectorType is not right: Legacy"),
        (
            ManagedClusterSet("blue", "LabelSelector", LabelSelector((Requirement("a", "Gt"),))),
            '"Gt" is not a valid label selector operator',
        ),
    ],
)
def test_a_set_that_cannot_be_read_leaves_every_decision_as_it_was(broken, message):
    before = replace(sets_hub(broken), decisions=Decisions([page("p", "z")]))
    synced = sync(before, ALL)
    assert synced.decision.error == f'failed to get clusters from ClusterSet "blue": {message}'
    assert (synced.decision.clusters, synced.hub) == (("z",), before)


@pytest.mark.parametrize("number", [-1, -7])
def test_a_negative_number_crashes_the_controller_and_changes_nothing(number):
    before = hub(cluster("a"), decisions=[page("p", "z")])
    synced = sync(before, replace(ALL, number_of_clusters=number))
    assert (synced.decision.status.code, synced.hub) == ("Panic", before)


def test_a_disabled_placement_keeps_what_it_has():
    before = hub(cluster("a"), decisions=[page("p", "z")])
    assert sync(before, replace(ALL, is_disabled=True)).decision.clusters == ("z",)
    assert sync(before, ALL).decision.clusters == ("a",)


def test_misconfigured_empties_the_decision_and_one_empty_page_stays():
    synced = sync(hub(cluster("a"), decisions=[page("p", "a"), page("p", "b", number=2)]), SPREAD)
    assert {name: each.clusters for name, each in pages(synced).items()} == {"p-decision-1": ()}
    assert reasons(synced) == ["Misconfigured", "NoManagedClusterMatched"]
    message = ":incorrect builtin prioritizer: Spread"
    assert synced.decision.conditions[0].message == message
    assert [(g.index, g.name, g.clusters) for g in synced.decision.groups] == [(0, "", ())]


def test_wrong_groups_delete_every_page_while_the_placement_is_satisfied():
    wrong = replace(ALL, clusters_per_group="5")
    synced = sync(hub(cluster("a"), decisions=[page("p", "a")]), wrong)
    assert (pages(synced), synced.decision.clusters) == ({}, ("a",))
    assert reasons(synced) == ["Misconfigured", "AllDecisionsScheduled"]
    assert synced.decision.status.code == "Success"
    assert synced.decision.error == "5 invalid type: string is not a percentage"


def test_more_than_a_hundred_clusters_take_several_pages():
    many = [cluster(f"c{number:03}") for number in range(201)]
    synced = sync(hub(*many), ALL)
    assert [len(each.clusters) for each in pages(synced).values()] == [100, 100, 1]
    assert synced.decision.groups[0].decisions == ("p-decision-1", "p-decision-2", "p-decision-3")


def test_pages_that_are_no_longer_needed_are_deleted_and_those_of_others_stay():
    other = page("q", "a")
    standing = [page("p", "a"), page("p", "b", number=7), other]
    synced = sync(hub(cluster("a"), decisions=standing), ALL)
    assert list(pages(synced)) == ["p-decision-1"]
    assert list(pages(synced, "default/q").values()) == [other]


def test_a_page_whose_clusters_change_gets_its_labels_one_sync_later():
    group = DecisionGroup("gg", having("x", "1"))
    asked = replace(ALL, groups=(group,))
    first = sync(hub(cluster("a", x="1"), decisions=[page("p", "z")]), asked)
    assert pages(first)["p-decision-1"] == page("p", "a")
    second = sync(first.hub, asked)
    assert pages(second)["p-decision-1"] == page("p", "a", group="gg")


def test_a_second_sync_that_changes_nothing_leaves_the_same_decisions():
    first = sync(hub(cluster("a"), cluster("b")), ALL)
    assert sync(first.hub, ALL).hub.decisions is first.hub.decisions


def test_a_negative_weight_of_steady_never_settles():
    flapping = Placement("p", number_of_clusters=1, prioritizers=(PrioritizerWeight("Steady", -1),))
    world, seen = hub(cluster("a"), cluster("b")), []
    for _ in range(4):
        synced = sync(world, flapping)
        world, seen = synced.hub, [*seen, *synced.decision.clusters]
    assert seen == ["a", "b", "a", "b"]


def test_what_is_missing_is_told():
    synced = sync(hub(cluster("a")), replace(ALL, number_of_clusters=3))
    told = synced.decision.conditions[1]
    assert (told.is_true, told.message) == (False, "2 cluster decisions unscheduled")


def test_no_cluster_is_told_before_a_number_that_is_met():
    synced = sync(hub(cluster("a")), replace(ALL, number_of_clusters=0))
    assert reasons(synced)[1] == "NoManagedClusterMatched"


def test_a_predicate_that_cannot_be_read_is_told_before_anything_is_filtered():
    bad = ClusterSelector(claims=LabelSelector((Requirement("k", "In", ("no good",)),)))
    told = sync(hub(cluster("a")), replace(ALL, predicates=(ClusterSelector(), bad))).decision
    assert (told.status.plugin, told.filters) == ("Predicate", ())
    assert told.misconfigured.startswith('values[0][k]: Invalid value: "no good": a valid label')


def told(synced):
    return synced.decision.tables[0].notes


def test_a_table_says_what_keeps_a_placement_from_clusters():
    away = sync(hub(cluster("a", taints=[taint()]), cluster("b", x="1")), ALL)
    assert told(away) == ("have a taint that is not tolerated: a",)
    picky = replace(ALL, number_of_clusters=2, predicates=(having("x", "1"),))
    assert told(sync(hub(cluster("a"), cluster("b", x="1")), picky)) == (
        "match no predicate: a",
        "1 cluster decisions unscheduled",
    )
    assert told(sync(hub(cluster("a"), namespaces=()), SPREAD)) == (
        "misconfigured: incorrect builtin prioritizer: Spread",
        "No valid ManagedClusterSetBindings found in placement namespace",
    )


def test_a_table_says_when_a_toleration_ends():
    timed = replace(ALL, tolerations=(Toleration("gone", "Exists", seconds=90),))
    world = sync(hub(cluster("a", taints=[taint()])), timed).hub
    assert told(sync(world, timed, 30_500)) == ("decided again in 59.5 s, as a toleration expires",)
