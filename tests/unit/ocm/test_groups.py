import numpy as np
import pytest

from ove_capacity.model.placement import ClusterSelector, DecisionGroup, Placement
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import Inventory
from ove_capacity.ocm.groups import decision_groups, group_error, group_length
from tests.unit.ocm.build import cluster, having

ODD = DecisionGroup("odd", having("kind", "odd"))
EVERY = DecisionGroup("every")


def grouped(*groups, per_group: int | str = "100%", count=5, chosen=None):
    names = [f"c{n}" for n in range(count)]
    clusters = [cluster(name, kind="odd" if n % 2 else "even") for n, name in enumerate(names)]
    asked = Placement("p", groups=groups, clusters_per_group=per_group)
    picked = np.arange(count) if chosen is None else np.array(chosen, np.int64)
    found = decision_groups(asked, Inventory(clusters), picked)
    return [(each.name, " ".join(each.clusters), *each.decisions) for each in found]


def test_named_groups_come_first_and_the_rest_has_no_name():
    assert grouped(ODD) == [("odd", "c1 c3", "p-decision-1"), ("", "c0 c2 c4", "p-decision-2")]


def test_a_group_that_is_too_large_becomes_several_of_the_same_name():
    assert [each[:2] for each in grouped(ODD, per_group=1, count=4)] == [
        *[("odd", "c1"), ("odd", "c3")],
        *[("", "c0"), ("", "c2")],
    ]


def test_a_cluster_goes_to_the_first_group_and_an_empty_group_vanishes():
    assert [each[:2] for each in grouped(EVERY, ODD)] == [("every", "c0 c1 c2 c3 c4")]


def test_groups_hold_chosen_clusters_only_whatever_their_rank():
    assert grouped(ODD, chosen=[4, 3, 0]) == [
        ("odd", "c3", "p-decision-1"),
        ("", "c0 c4", "p-decision-2"),
    ]


def test_no_cluster_still_makes_one_empty_group():
    assert grouped(ODD, chosen=[]) == [("", "", "p-decision-1")]


def test_pages_are_numbered_over_all_groups():
    names = [each[2:] for each in grouped(DecisionGroup("odd", having("kind", "odd")), count=202)]
    assert names == [("p-decision-1", "p-decision-2"), ("p-decision-3", "p-decision-4")]


@pytest.mark.parametrize(
    ("per_group", "total", "expected"),
    [
        (3, 10, 3),
        (0, 10, 10),
        (-2, 10, 10),
        (11, 10, 10),
        ("100%", 10, 10),
        ("25%", 10, 3),
        ("33%", 3, 1),
        ("1%", 3, 1),
        ("10%", 0, 0),
    ],
)
def test_the_length_of_a_group_is_a_number_or_a_share_rounded_up(per_group, total, expected):
    assert group_length(per_group, total) == expected


@pytest.mark.parametrize(
    ("per_group", "message"),
    [
        ("5", "5 invalid type: string is not a percentage"),
        ("five%", "five% invalid type: string is not a percentage"),
        ("%", "% invalid type: string is not a percentage"),
        ("5%", ""),
        (5, ""),
    ],
)
def test_a_string_without_a_percent_sign_is_wrong(per_group, message):
    assert group_error(Placement("p", clusters_per_group=per_group)) == message


BAD = DecisionGroup("bad", ClusterSelector(LabelSelector((Requirement("a", "Near"),))))


def test_a_group_whose_selector_is_wrong_is_told():
    message = '"Near" is not a valid label selector operator'
    assert group_error(Placement("p", groups=(EVERY, BAD))) == message


@pytest.mark.parametrize(
    ("groups", "left"),
    [((BAD,), []), ((ODD, BAD, EVERY), [("odd", "c1 c3", "p-decision-1")])],
)
def test_groups_before_a_wrong_one_are_all_there_is_without_a_rest(groups, left):
    assert grouped(*groups) == left
