"""Candidate policies, and the years that they are played through."""

from dataclasses import replace
from itertools import pairwise

import pytest

from ove_capacity.analysis.study.hazards import hazards_of
from ove_capacity.analysis.study.policies import all_policies, policy_of
from ove_capacity.analysis.study.year import YEAR_MS, Sizes, year_of
from ove_capacity.errors import OveCapacityError
from ove_capacity.model.plan import ClusterLoss, Duration, Growth
from ove_capacity.ocm import opened
from ove_capacity.simtime import DAY_MS, HOUR_MS
from ove_capacity.streams import Streams
from tests.simulation.build import case, cluster, workload
from tests.unit.analysis.study_fleets import ONE, fleet, hazards

# Policies


@pytest.mark.parametrize(
    ("words", "weighs", "seconds"),
    [
        ("Steady=3", "Balance 1, ResourceAllocatableCPU 1, Steady 3", []),
        ("mode=Exact", "ResourceAllocatableCPU 1, Steady 1", []),
        ("Balance=0, Steady=-2", "ResourceAllocatableCPU 1, Steady -2", []),
        ("tolerate=15m", "Balance 1, ResourceAllocatableCPU 1, Steady 1", [900, 900]),
        ("tolerate=forever", "Balance 1, ResourceAllocatableCPU 1, Steady 1", [None, None]),
        ("tolerate=0s", "Balance 1, ResourceAllocatableCPU 1, Steady 1", []),
    ],
)
def test_a_policy_is_written_in_words(words, weighs, seconds):
    policy = policy_of(ONE, words)
    assert policy.weighs == weighs
    assert [each.seconds for each in policy.placement.tolerations] == seconds


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Steady", "write it as Steady=3"),
        ("Steady=", "write it as Steady=3"),
        ("Steady=11", "a whole number from -10 to 10"),
        ("Steady=x", "a whole number from -10 to 10"),
        ("mode=Additiv", "mode is Additive or Exact"),
        ("tolerate=soon", "'soon' is not a duration"),
        ("Stedy=1", "Did you mean 'Steady'"),
    ],
)
def test_a_policy_that_is_not_written_so_is_refused(words, error):
    with pytest.raises(OveCapacityError, match=error):
        policy_of(ONE, words)


def test_the_grid_has_about_fifty_policies_and_the_own_one_comes_first():
    policies = all_policies(ONE, ["Steady=7"], True)
    assert len(policies) == 52
    assert [each.name for each in policies[:2]] == ["as written", "Steady=7"]
    assert len({each.placement for each in policies}) == 52
    assert all_policies(ONE, ["Steady=1"], False) == all_policies(ONE, [], False)


# Years


def years(names, hazards, count=3):
    clusters = {name: cluster(name, 2) for name in names}
    known = {
        each.name: each
        for each in opened(case(clusters=clusters.values()).fleet).hub.inventory.clusters
    }
    sizes = Sizes(clusters, known)
    return [year_of(sizes, names, "", hazards, Streams(3), n) for n in range(count)]


def moments(year, name, *kinds):
    return [
        (each.time_ms, each.kind)
        for each in year.happenings
        if each.cluster == name and each.kind in kinds
    ]


def test_what_befalls_a_cluster_does_not_depend_on_the_others():
    both = hazards(losses=True, partitions=True)
    kinds = ("down", "up", "silent", "heard", "unreachable", "available", "size")
    alone, together = years(("a",), both), years(("a", "b"), both)
    for one, two in zip(alone, together, strict=True):
        assert moments(one, "a", *kinds) == moments(two, "a", *kinds)
        assert moments(two, "a", *kinds) != moments(two, "b", *kinds)


def test_the_hub_gives_a_silent_cluster_up_after_five_leases_less_the_age_of_the_last_one():
    for year in years(("a", "b"), hazards(losses=True)):
        told = moments(year, "a", "silent", "unreachable", "heard", "available")
        for (before_ms, before), (after_ms, after) in pairwise(told):
            if (before, after) == ("silent", "unreachable"):
                assert 225_000 <= after_ms - before_ms <= 300_000
            if (before, after) == ("heard", "available"):
                assert 0 <= after_ms - before_ms <= 75_000
        assert [kind for _, kind in told].count("unreachable") > 5


def test_every_happening_comes_in_time_and_the_taints_are_those_of_the_hub():
    for year in years(("a", "b"), hazards(losses=True, partitions=True)):
        times = [each.time_ms for each in year.happenings]
        assert times == sorted(times)
        assert times[-1] < YEAR_MS
        given_up = set()
        for each in year.happenings:
            if each.kind == "unreachable":
                given_up.add(each.cluster)
            if each.kind == "available":
                given_up.discard(each.cluster)
            if each.inventory is not None:
                assert {c.name for c in each.inventory.clusters if c.taints} == given_up


def test_the_hub_learns_of_a_size_only_when_it_hears_the_cluster():
    late = 0
    for year in years(("a",), hazards(lasting_ms=5 * DAY_MS, losses=True), 8):
        is_silent, told = False, (0, False)
        for each in year.happenings:
            if each.kind not in ("silent", "heard", "size"):
                continue
            is_silent = each.kind == "silent" or (is_silent and each.kind == "size")
            assert (each.inventory is not None) == (each.size != told and not is_silent)
            late += each.kind == "heard" and each.size != told
            told = told if is_silent else each.size
    assert late > 0


def test_the_scenario_s_own_rates_count_and_others_are_named_as_assumed():
    web = workload("web", placement="one", count=20)
    plain = fleet(web)
    loss = ClusterLoss("large", Duration("constant", HOUR_MS), Duration("exponential", DAY_MS))
    plan = replace(plain.plan, cluster_losses=(loss,), growths=(Growth(web, 30 * DAY_MS, vms=2),))
    found = hazards_of(replace(plain, plan=plan), ["web"])
    assert list(found.losses) == ["large"]
    assert (found.growth_every_ms, found.growth_basis_points) == (30 * DAY_MS, 1000)
    assert found.assumed == ("partition",)
