"""Policies of a Placement against the same years."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.study import deciding
from ove_capacity.analysis.study.deciding import Decider
from ove_capacity.analysis.study.policies import policy_of
from ove_capacity.analysis.study.ranking import paired, standings
from ove_capacity.analysis.study.replay import Outcome, Setting, replay
from ove_capacity.analysis.study.result import Interval
from ove_capacity.analysis.study.rooms import Load, Rooms
from ove_capacity.analysis.study.study import placement_study
from ove_capacity.analysis.study.year import Happening, Year
from ove_capacity.errors import AnswerError, UnknownNameError
from ove_capacity.model.placement import ClusterSelector, PrioritizerWeight
from ove_capacity.model.plan import Arrivals, ClusterLoss, HubLoss
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import Availability, opened, with_availability
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulation.build import case, cluster, node, workload
from tests.unit.analysis.study_fleets import ONE, fleet, hazards

# Rooms


def rooms(*clusters, memory_gib=30, count=8, growth=0, steps=0):
    web = workload("web", memory_gib=memory_gib, count=count, placement="one")
    load = Load(((web, count),), growth, steps)
    asked = case(web, clusters=clusters)
    return Rooms(asked, settle(case(clusters=clusters)), load, None)


def test_vms_are_placed_on_nodes_not_on_totals():
    few = tuple(node(f"w{i}", memory_gib=64) for i in range(2))
    many = tuple(node(f"w{i}", memory_gib=16) for i in range(8))
    found = rooms(cluster("few", nodes=few), cluster("many", nodes=many))
    assert found.fitting("few", (0, False), 0) == 4
    assert found.fitting("many", (0, False), 0) == 0


def test_machines_add_room_and_a_closed_one_takes_it():
    found = rooms(cluster("c", 2), count=100)
    one = found.fitting("c", (0, False), 0) // 2
    assert [found.fitting("c", size, 0) // one for size in ((1, False), (0, True), (1, True))] == [
        3,
        1,
        2,
    ]


def test_vms_that_a_cluster_does_not_let_in_fit_nowhere():
    web = workload("web", count=4, placement="one", refused={"c": "no owner label"})
    asked, empty = case(web, clusters=[cluster("c", 9)]), case(clusters=[cluster("c", 9)])
    assert Rooms(asked, settle(empty), Load(((web, 4),)), None).fitting("c", (0, False), 0) == 0


def test_growth_adds_vms_step_by_step():
    found = rooms(cluster("c", 20), count=8, growth=5000, steps=3)
    assert [found.load.vms(step) for step in range(4)] == [8, 12, 16, 20]
    assert [found.fitting("c", (0, False), step) for step in range(4)] == [8, 12, 16, 20]


# Replays


def played(*happenings, placement=ONE, memory_gib=30, count=4, start_ms=0):
    """Two clusters, large and small; what happens: (hours, kind, cluster)."""
    plain = fleet(placement=placement)
    first = opened(plain.fleet)
    inventory = start = first.hub.inventory
    told = []
    for hours, kind, name in happenings:
        time_ms, changed = int(hours * HOUR_MS), None
        if kind in ("unreachable", "available"):
            known = inventory.clusters[inventory.index[name]]
            state = Availability.UNKNOWN if kind == "unreachable" else Availability.TRUE
            inventory = changed = inventory.replaced(with_availability(known, state, time_ms))
        told.append(Happening(time_ms, kind, name, changed))
    found = rooms(*plain.fleet.clusters, memory_gib=memory_gib, count=count)
    setting = Setting(
        0, 1, frozenset({"large", "small"}), found, replace(hazards(), start_ms=start_ms)
    )
    decider = Decider(first.hub, first.placements)
    return replay(setting, decider, Year(tuple(told), start, 0), 0)


def lost(name="large", begins=10.0, ends=34.0):
    """A cluster that is gone for a while, as the hub learns of it: 0.1 h later each time."""
    return [
        (begins, "down", name),
        (begins, "silent", name),
        (begins + 0.1, "unreachable", name),
        (ends, "up", name),
        (ends, "heard", name),
        (ends + 0.1, "available", name),
    ]


def cut_off(name="large", begins=10.0, ends=11.0):
    return [each for each in lost(name, begins, ends) if each[1] not in ("down", "up")]


def test_a_quiet_year_costs_nothing():
    out = played()
    assert (out.moves, out.flaps, out.down_vm_h, out.doubled_h) == (0, 0, 0, 0)
    assert out.spare == 1


def test_a_lost_cluster_costs_its_vms_until_gitops_has_moved_them():
    out = played(*lost(), placement=policy_of(ONE, "Steady=9").placement)
    assert (out.moves, out.flaps) == (1, 0)
    # Gone at 10:00, given up at 10:06, the next poll of three minutes is at 10:09.
    assert out.homeless_h == pytest.approx(0.15)
    assert out.homeless_vm_h == pytest.approx(0.15 * 4)


def test_the_architecture_s_weights_move_back_as_soon_as_the_larger_cluster_is_there():
    out = played(*lost(ends=40.0))
    assert (out.moves, out.flaps) == (2, 0)
    assert out.causes == {"a cluster was unreachable": 1, "a cluster was back": 1}
    assert played(*lost(ends=12.0)).flaps == 1


def test_starting_takes_time_at_each_move():
    assert played(*lost(), start_ms=MINUTE_MS * 15).homeless_h == pytest.approx(0.15 + 0.5)


def test_a_toleration_waits_for_its_time_and_then_moves():
    patient = policy_of(ONE, "tolerate=2h").placement
    out = played(*lost(), placement=patient)
    assert out.homeless_h == pytest.approx(2.15)
    assert out.causes["a toleration expired"] == 1
    for_ever = policy_of(ONE, "tolerate=forever").placement
    assert played(*lost(), placement=for_ever).homeless_h == pytest.approx(24)


def test_a_cluster_that_is_cut_off_runs_on_beside_its_replacement_and_both_start_anew():
    out = played(*cut_off())
    assert (out.moves, out.flaps) == (2, 1)
    assert out.doubled_h == pytest.approx(0.85)
    assert out.homeless_h == 0
    patient = policy_of(ONE, "tolerate=2h").placement
    assert played(*cut_off(), placement=patient).moves == 0


def test_vms_that_no_node_takes_count_although_the_total_would_do():
    out = played(*lost(begins=10.0, ends=34.0), memory_gib=100, count=4)
    assert out.unfit_vms == 1
    assert out.unfit_vm_h == pytest.approx(24, rel=0.02)


# The whole


def test_the_same_seed_gives_the_same_answer_and_another_one_another():
    plain = fleet()
    one, again = (placement_study(plain, years=3).to_dict() for _ in range(2))
    assert one == again
    assert placement_study(replace(plain, seed=8), years=3).to_dict() != one


def test_a_question_asked_once_is_answered_as_if_it_were_asked_each_time(monkeypatch):
    plain = fleet()
    remembered = placement_study(plain, years=2).to_dict()
    monkeypatch.setattr(deciding.Decider, "is_plain", property(lambda _: False))
    assert placement_study(plain, years=2).to_dict() == remembered


def test_a_toleration_is_better_than_none_where_partitions_are_short():
    found = placement_study(fleet(), years=20)
    assert found.is_improvable
    assert "tolerate" in found.best.policy.name
    assert found.best.means["flaps"] < found.own.means["flaps"]
    assert found.best.against_own.high < 0 == found.own.against_own.mean


def test_a_policy_that_is_clearly_better_leads_also_behind_one_that_may_be_luck():
    found = placement_study(fleet(), years=2, policies=["tolerate=1h"], grid=False)
    own = found.own
    luck, sure = (
        replace(own, policy=replace(own.policy, name=name), against_own=Interval(*where))
        for name, where in {"luck": (-90, -200, 20), "sure": (-50, -90, -10)}.items()
    )
    told = replace(found, scores=(luck, sure, own))
    assert told.is_improvable
    assert told.answer.startswith("sure is better than as written")
    assert told.tables[1].columns[2] == "sure"
    assert not replace(found, scores=(luck, own)).is_improvable


def test_policies_that_never_come_to_rest_are_last():
    found = placement_study(fleet(), years=2, policies=["Steady=-9, tolerate=1h"])
    assert [each.is_restless for each in found.scores][-2:] == [True, True]


def test_a_placement_that_wants_all_there_is_is_told_that_weights_decide_nothing():
    found = placement_study(fleet(placement=replace(ONE, number_of_clusters=2)), years=2)
    assert found.notes[0].startswith("it wants 2 of 2 clusters that match: weights decide nothing")


def test_a_placement_that_wants_every_cluster_never_runs_two_for_one():
    found = placement_study(fleet(placement=replace(ONE, number_of_clusters=None)), years=5)
    assert found.own.means["doubled_h"] == 0


def test_events_that_the_years_do_not_have_are_named():
    plain = fleet()
    gone = ClusterLoss("large", at_ms=DAY_MS)
    plan = replace(plain.plan, cluster_losses=(gone,), hub_losses=(HubLoss(at_ms=DAY_MS),))
    notes = placement_study(replace(plain, plan=plan), years=2, grid=False).notes
    assert notes == (
        "events of the scenario at a moment are not repeated each year; rates are",
        "the hub is not lost in these years, though the scenario loses it",
    )


def test_a_placement_with_cel_is_studied_too():
    cel = ClusterSelector(cel=("managedCluster.metadata.name != 'small'",))
    found = placement_study(fleet(placement=replace(ONE, predicates=(cel,))), years=2, grid=False)
    assert found.own.means["moves"] >= 0


def test_streams_of_vms_count_by_their_average():
    stream = Arrivals(workload("batch", placement="one", lifetime="10h"), 2 * HOUR_MS)
    plain = fleet(workload("web", count=2, placement="one"))
    found = placement_study(
        replace(plain, plan=replace(plain.plan, arrivals=(stream,))), years=2, grid=False
    )
    alone = placement_study(plain, years=2, grid=False)
    ratio = found.own.means["homeless_vm_h"] / alone.own.means["homeless_vm_h"]
    assert ratio == pytest.approx(7 / 2, rel=0.1)


NOWHERE = ClusterSelector(LabelSelector((Requirement("a", "Exists"),)))


@pytest.mark.parametrize(
    ("placements", "name", "error", "words"),
    [
        ([], "", AnswerError, "there is no Placement"),
        ([ONE, replace(ONE, name="two")], "", AnswerError, "name one of the Placements: vms/one"),
        ([ONE], "oen", UnknownNameError, "unknown Placement 'oen'"),
        (
            [replace(ONE, prioritizers=(PrioritizerWeight("Spread"),))],
            "",
            AnswerError,
            "misconfigured: incorrect builtin prioritizer: Spread",
        ),
        (
            [replace(ONE, predicates=(NOWHERE,))],
            "",
            AnswerError,
            "no candidate: No ManagedCluster matches any of the cluster predicate",
        ),
    ],
)
def test_what_cannot_be_studied_is_refused(placements, name, error, words):
    with pytest.raises(error, match=words):
        placement_study(case(clusters=[cluster("a")], placements=placements), name)


def test_one_year_has_no_interval():
    with pytest.raises(AnswerError, match="at least 2 years"):
        placement_study(fleet(), years=1)


# Ranks


def test_a_paired_interval_is_student_s():
    found = paired([5.0, 7.0, 9.0, 7.0], [4.0, 4.0, 4.0, 4.0])
    assert found.mean == 3
    assert found.high - found.mean == pytest.approx(3.182446 * (8 / 3) ** 0.5 / 2, rel=1e-6)


def test_many_intervals_are_wider_so_that_all_of_them_hold():
    one, many = (paired([5.0, 7.0, 9.0, 7.0], [4.0] * 4, count) for count in (1, 10))
    assert (many.high - many.mean) / (one.high - one.mean) == pytest.approx(7.453319 / 3.182446)


def test_policies_that_did_the_same_stand_together_and_the_least_down_is_first():
    policies = [SimpleNamespace(name=name, placement=ONE) for name in "abc"]
    table = [[Outcome(homeless_vm_h=down + n) for n in range(3)] for down in (5.0, 3.0, 5.0)]
    found = standings("vms/one", policies, table, (), ())
    assert [(each.policy.name, each.alike) for each in found.scores] == [("b", ()), ("a", ("c",))]
    assert found.answer.startswith("b is better than as written: 4 VM-hours down a year instead")
