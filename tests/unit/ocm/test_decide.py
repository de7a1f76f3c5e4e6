import pytest

from ove_capacity.model.managed_cluster import AddOnPlacementScore
from ove_capacity.model.placement import AddOnScore, ClusterSelector, Placement, PrioritizerWeight
from ove_capacity.model.pod import Toleration
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import PRIORITIZERS, decide
from ove_capacity.ocm.weights import weights
from tests.unit.ocm.build import cluster, having, hub, page, taint

FLEET = (
    cluster("primary-1", 288, 1152, region="primary"),
    cluster("primary-2", 192, 768, region="primary"),
    cluster("secondary-1", 256, 1024, region="secondary"),
    cluster("development", 48, 192, region="other"),
)
BY_CPU = (PrioritizerWeight("Steady", 1), PrioritizerWeight("ResourceAllocatableCPU", 1))
BOTH = (having("region", "primary"), having("region", "secondary"))
TWO = Placement("vms", "vm-production", 2, BOTH, prioritizers=BY_CPU)
EUROS = PrioritizerWeight("AddOn/cost/eur", 3, "AddOn", AddOnScore("cost", "eur"))


def test_two_predicates_are_ored_and_the_largest_clusters_win():
    decision = decide(TWO, hub(*FLEET))
    assert decision.clusters == ("primary-1", "secondary-1")
    assert decision.totals == {"primary-1": 200, "secondary-1": 133, "primary-2": 0}


def test_steady_keeps_what_was_chosen_unless_the_gap_is_larger():
    decision = decide(
        TWO,
        hub(*FLEET, decisions=[page("vms", "primary-2", "secondary-1", namespace="vm-production")]),
    )
    assert decision.totals == {"secondary-1": 233, "primary-1": 200, "primary-2": 100}


def test_equal_totals_go_by_name_in_byte_order():
    clusters = [cluster(name) for name in ("b", "a", "Z", "é")]
    assert decide(Placement("p"), hub(*clusters)).clusters == ("Z", "a", "b", "é")


def test_more_asked_for_than_there_is_leaves_some_unscheduled():
    decision = decide(Placement("p", number_of_clusters=6), hub(*FLEET))
    assert (len(decision.clusters), decision.unscheduled) == (4, 2)


def test_nothing_is_chosen_for_a_predicate_that_nobody_meets():
    decision = decide(Placement("p", predicates=(having("region", "moon"),)), hub(*FLEET))
    assert (decision.clusters, decision.totals) == ((), {})


@pytest.mark.parametrize(
    ("listed", "mode", "message"),
    [
        (PrioritizerWeight("Spread"), "Additive", "incorrect builtin prioritizer: Spread"),
        (PrioritizerWeight("x", 1, "AddOn"), "Exact", "addOn should not be empty"),
        (PrioritizerWeight("Steady", 1, ""), "", "addOn should not be empty"),
        (PrioritizerWeight("", 0, None), "Exact", "scoreCoordinate field is required"),
        (PrioritizerWeight("Steady"), "exact", "incorrect prioritizer policy mode: exact"),
    ],
)
def test_a_prioritizer_that_cannot_run_misconfigures_the_placement(listed, mode, message):
    decision = decide(Placement("p", mode=mode, prioritizers=(listed,)), hub(*FLEET))
    assert (decision.misconfigured, decision.clusters) == (message, ())
    assert len(decision.filters) == 2


@pytest.mark.parametrize(("clusters", "code"), [((), "Success"), (FLEET, "Misconfigured")])
def test_nobody_reads_a_predicate_that_is_wrong_while_there_is_no_cluster(clusters, code):
    wrong = ClusterSelector(LabelSelector((Requirement("a", "Near"),)))
    assert decide(Placement("p", predicates=(wrong,)), hub(*clusters)).status.code == code


def test_an_unknown_prioritizer_of_weight_0_is_skipped():
    spread = Placement("p", prioritizers=(PrioritizerWeight("Spread", 0),))
    assert len(decide(spread, hub(*FLEET)).clusters) == 4


@pytest.mark.parametrize(
    ("mode", "listed", "expected"),
    [
        ("Additive", (), {"Balance": 1, "Steady": 1}),
        ("", (), {"Balance": 1, "Steady": 1}),
        ("Exact", (), {}),
        ("Additive", (("Balance", 0),), {"Steady": 1}),
        ("Additive", (("Steady", 2), ("Steady", 5)), {"Balance": 1, "Steady": 5}),
        ("Exact", (("ResourceAllocatableCPU", -1),), {"ResourceAllocatableCPU": -1}),
    ],
)
def test_additive_keeps_the_defaults_and_exact_does_not(mode, listed, expected):
    listed = tuple(PrioritizerWeight(*each) for each in listed)
    found = weights(Placement("p", mode=mode, prioritizers=listed))
    assert {each.name: each.weight for each in found} == expected


def test_an_add_on_listed_twice_counts_twice_and_a_built_in_with_an_add_on_beside_the_default():
    steady = PrioritizerWeight("Steady", 2, "BuiltIn", AddOnScore("r", "s"))
    found = weights(Placement("p", prioritizers=(EUROS, EUROS, steady)))
    assert [(each.name, each.weight) for each in found] == [
        *[("AddOn/cost/eur", 3)] * 2,
        *[("Balance", 1), ("Steady", 1), ("Steady", 2)],
    ]


def test_an_add_on_score_is_not_clamped_and_counts_0_where_there_is_none():
    scores = [
        AddOnPlacementScore("cost", "a", (("eur", 5), ("eur", 1000))),
        AddOnPlacementScore("cost", "b", (("usd", 7),)),
    ]
    asked = Placement("p", mode="Exact", prioritizers=(EUROS,))
    decision = decide(asked, hub(cluster("a"), cluster("b"), cluster("c"), scores=scores))
    assert decision.prioritizers[0].scores == {"a": 1000, "b": 0, "c": 0}
    assert decision.totals == {"a": 3000, "b": 0, "c": 0}


@pytest.mark.parametrize(("now_ms", "score", "code"), [(1000, 9, "Success"), (1001, 0, "Warning")])
def test_a_score_expires_after_its_last_moment_and_the_decision_stands(now_ms, score, code):
    old = AddOnPlacementScore("cost", "a", (("eur", 9),), valid_until_ms=1000)
    asked = Placement("p", mode="Exact", prioritizers=(EUROS,))
    decision = decide(asked, hub(cluster("a"), scores=[old]), now_ms)
    assert (decision.totals, decision.status.code) == ({"a": 3 * score}, code)
    assert decision.clusters == ("a",)
    expired = "AddOnPlacementScores a/cost expired"
    assert decision.status.message == (expired if code == "Warning" else "")


def test_who_warns_is_open_when_several_add_ons_run_and_the_names_are_sorted_as_text():
    names = ("a", "a-1", "b")
    old = [AddOnPlacementScore("cost", name, valid_until_ms=0) for name in names]
    dollars = PrioritizerWeight("AddOn/x/y", 1, "AddOn", AddOnScore("x", "y"))
    asked = Placement("p", prioritizers=(EUROS, dollars))
    status = decide(asked, hub(*(cluster(name) for name in names), scores=old), 1).status
    assert status.plugin == "AddOn/*"
    assert status.message == "AddOnPlacementScores a-1/cost a/cost b/cost expired"


def test_only_clusters_that_passed_the_filters_are_told_and_timers_run_on():
    old = [AddOnPlacementScore("cost", name, valid_until_ms=0) for name in "ab"]
    kept = Toleration("gone", "Exists", seconds=300)
    asked = Placement("p", prioritizers=(EUROS,), tolerations=(kept,))
    clusters = [cluster("a", taints=[taint()]), cluster("b", taints=[taint("other")])]
    told = decide(asked, hub(*clusters, scores=old, decisions=[page("p", "a")]), 1000)
    assert told.status.message == "AddOnPlacementScores a/cost expired"
    assert told.requeue_ms == 299_000


def test_a_hub_without_clusters_decides_for_none():
    told = decide(Placement("p", number_of_clusters=2, prioritizers=(EUROS, *BY_CPU)), hub())
    assert (told.clusters, told.unscheduled, dict(told.totals)) == ((), 2, {})
    assert [dict(each.scores) for each in told.prioritizers] == [{}] * 4


def test_a_prioritizer_of_ones_own_may_score_only_some():
    PRIORITIZERS.add("Alphabet", lambda candidates: {candidates.names[0]: 7, "elsewhere": 9})
    try:
        asked = Placement("p", mode="Exact", prioritizers=(PrioritizerWeight("Alphabet", -2),))
        assert decide(asked, hub(*FLEET)).totals["development"] == -14
        assert decide(asked, hub(*FLEET)).clusters[-1] == "development"
    finally:
        PRIORITIZERS.remove("Alphabet")
