from dataclasses import replace

import numpy as np
import pytest

from ove_capacity.model.managed_cluster import AddOnPlacementScore
from ove_capacity.model.placement import AddOnScore, Placement, PrioritizerWeight
from ove_capacity.ocm import Decisions, Inventory, decide
from tests.unit.ocm.build import cluster, having, hub, page, taint

ASKED = Placement(
    "p",
    number_of_clusters=2,
    predicates=(having("x", "1"), having("x", "2")),
    prioritizers=(
        PrioritizerWeight("ResourceAllocatableCPU", 3),
        PrioritizerWeight("AddOn/r/s", 1, "AddOn", AddOnScore("r", "s")),
    ),
)
SCORES = tuple(AddOnPlacementScore("r", f"c{n}", (("s", n),)) for n in range(6))
FLEET = tuple(cluster(f"c{n}", 8 * n + 8, 16, x=str(n % 3)) for n in range(6))


@pytest.mark.parametrize(
    "other",
    [
        cluster("c3", 800, 16, x="1"),
        cluster("c3", 8, 16, x="2", taints=[taint()]),
        cluster("c4"),
        replace(FLEET[4], is_deleting=True),
    ],
)
def test_after_a_change_everything_is_as_if_it_had_always_been_so(other):
    before = hub(*FLEET, scores=SCORES, decisions=[page("p", "c1"), page("q", "c2", "c4")])
    decide(ASKED, before)
    changed = replace(before, inventory=before.inventory.replaced(other))
    clusters = [other if each.name == other.name else each for each in FLEET]
    fresh = replace(before, inventory=Inventory(clusters, SCORES))
    ours, theirs = (decide(ASKED, each) for each in (changed, fresh))
    assert ours.to_dict() == theirs.to_dict()
    assert decide(ASKED, before).to_dict() != ours.to_dict()


def test_a_cluster_that_is_taken_away_is_gone_and_still_counts_for_balance():
    before = hub(*FLEET, decisions=[page("q", "c0", "c0"), page("r", "c1")])
    after = replace(before, inventory=before.inventory.without("c0"))
    told = decide(Placement("p"), after)
    assert "c0" not in told.ranking
    assert told.prioritizers[0].scores["c1"] == 0


def test_a_cluster_that_is_not_there_cannot_be_replaced():
    with pytest.raises(KeyError):
        Inventory(FLEET).replaced(cluster("nobody"))


def test_tallies_tell_those_that_are_gone_apart():
    decisions = Decisions([page("p", "c1", "gone"), page("q", "c1")])
    everybody = decisions.tally(Inventory(FLEET))
    assert (everybody.counts.tolist(), everybody.gone) == ([0, 2, 0, 0, 0, 0], {"gone": 1})
    own = decisions.tally(Inventory(FLEET), "default/p")
    assert (own.counts.sum(), own.gone) == (1, {"gone": 1})
    assert not decisions.tally(Inventory(FLEET), "other/p").counts.any()


def test_a_tally_is_not_mistaken_for_one_of_other_clusters():
    decisions = Decisions([page("p", "b")])
    assert decisions.tally(Inventory([cluster("a"), cluster("b")])).counts.tolist() == [0, 1]
    assert decisions.tally(Inventory([cluster("b"), cluster("c")])).counts.tolist() == [1, 0]


def test_names_and_scores_read_like_a_tuple_and_a_mapping():
    told = decide(ASKED, hub(*FLEET))
    assert (told.ranking[0], told.ranking[-1:], len(told.ranking)) == ("c5", ("c1",), 4)
    assert repr(told.ranking) == "('c5', 'c4', 'c2', 'c1')"
    assert told.ranking != ["c5"]
    assert hash(told.ranking) == hash(("c5", "c4", "c2", "c1"))
    assert repr(told.totals).startswith("{'c5': 400")
    assert len(told.totals) == 4


def test_a_column_is_asked_once():
    inventory, asked = Inventory(FLEET), []

    def ask(_, each):
        asked.append(each.name)
        return len(asked)

    for _ in range(2):
        inventory.column("calls", np.int64, ask)
    other = inventory.replaced(cluster("c2"))
    assert other.column("calls", np.int64, ask).tolist() == [1, 2, 7, 4, 5, 6]
    assert asked == ["c0", "c1", "c2", "c3", "c4", "c5", "c2"]
