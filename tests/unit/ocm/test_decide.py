import pytest

from ove_capacity.model.placement import ManagedCluster, Placement, PrioritizerWeight
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import decide, weights

GIB = 1 << 30


def cluster(name, cpu=0, memory_gib=0, **labels):
    size = {"cpu": cpu * 1000, "memory": memory_gib * GIB} if cpu else {}
    return ManagedCluster(name, labels, size, size)


def region(name):
    return LabelSelector((Requirement("region", "In", (name,)),))


FLEET = [
    cluster("primary-1", 288, 1152, region="primary"),
    cluster("primary-2", 192, 768, region="primary"),
    cluster("secondary-1", 256, 1024, region="secondary"),
    cluster("development", 48, 192, region="other"),
]
BY_CPU = (PrioritizerWeight("Steady", 1), PrioritizerWeight("ResourceAllocatableCPU", 1))
BOTH = (region("primary"), region("secondary"))
TWO = Placement("vms", "vm-production", 2, BOTH, prioritizers=BY_CPU)


def test_two_predicates_are_ored_and_the_largest_clusters_win():
    decision = decide(TWO, FLEET, {})
    assert decision.clusters == ("primary-1", "secondary-1")
    assert decision.totals == {"primary-1": 200, "secondary-1": 133, "primary-2": 0}


def test_steady_keeps_what_was_chosen_unless_the_gap_is_larger():
    decision = decide(TWO, FLEET, {"vm-production/vms": ["primary-2", "secondary-1"]})
    assert decision.totals == {"secondary-1": 233, "primary-1": 200, "primary-2": 100}


def test_equal_totals_go_by_name_in_byte_order():
    clusters = [cluster(name) for name in ("b", "a", "Z", "é")]
    assert decide(Placement("p"), clusters, {}).clusters == ("Z", "a", "b", "é")


def test_more_asked_for_than_there_is_leaves_some_unscheduled():
    decision = decide(Placement("p", number_of_clusters=6), FLEET, {})
    assert (len(decision.clusters), decision.unscheduled) == (4, 2)


def test_nothing_is_chosen_for_a_predicate_that_nobody_meets():
    decision = decide(Placement("p", predicates=(region("moon"),)), FLEET, {})
    assert (decision.clusters, decision.totals) == ((), {})


def test_an_unknown_prioritizer_misconfigures_the_placement():
    spread = Placement("p", prioritizers=(PrioritizerWeight("Spread", 1),))
    assert decide(spread, FLEET, {}).misconfigured == "incorrect builtin prioritizer: Spread"
    assert decide(spread, FLEET, {}).clusters == ()


def test_an_unknown_prioritizer_of_weight_0_is_skipped():
    spread = Placement("p", prioritizers=(PrioritizerWeight("Spread", 0),))
    assert len(decide(spread, FLEET, {}).clusters) == 4


def test_an_add_on_score_that_is_not_modelled_counts_0_and_is_named():
    placement = Placement("p", prioritizers=(PrioritizerWeight("AddOn/cost/eur", 3),))
    decision = decide(placement, FLEET, {})
    assert set(decision.totals.values()) == {100}
    assert "AddOn/cost/eur counts 0" in decision.warnings[0]


@pytest.mark.parametrize(
    ("mode", "listed", "expected"),
    [
        ("Additive", (), {"Balance": 1, "Steady": 1}),
        ("Exact", (), {}),
        ("Additive", (("Balance", 0),), {"Steady": 1}),
        ("Additive", (("Steady", 2), ("Steady", 5)), {"Balance": 1, "Steady": 5}),
        ("Exact", (("ResourceAllocatableCPU", -1),), {"ResourceAllocatableCPU": -1}),
    ],
)
def test_additive_keeps_the_defaults_and_exact_does_not(mode, listed, expected):
    listed = tuple(PrioritizerWeight(*each) for each in listed)
    assert weights(Placement("p", mode=mode, prioritizers=listed)) == expected
