"""What cannot be answered with a number is answered in words, and nothing more is claimed."""

import pytest

from ove_capacity.analysis.failover import failover
from ove_capacity.analysis.headroom import headroom
from ove_capacity.analysis.verdict import verdict
from tests.simulation.build import case, cluster, workload


def asked(*plan, workers=3, **question):
    site = cluster(workers=workers, remediation="nhc-snr")
    return failover(case(*plan, clusters=(site,)), **question)


def test_more_workers_than_there_are_cannot_be_lost():
    found = asked(workload("vm"), workers=2, survive=3)
    assert not found.is_survived
    assert "production: 3 workers cannot be lost: there are 2." in found.notes


@pytest.mark.parametrize("workers", [1, 3])
def test_without_a_vm_nothing_is_lost(workers):
    found = asked(workers=workers, survive=5)
    assert found.is_survived
    assert found.answers == ["production: nothing to lose: no VM runs there."]
    assert found.clusters["production"].survives_nodes == workers


@pytest.mark.parametrize(
    ("workers", "count", "words"),
    [
        (1, 1, "its only worker may not be lost"),
        (3, 4, "any 1 of 3 workers may be lost"),
        (3, 6, "none of 3 workers may be lost"),
    ],
)
def test_how_many_may_be_lost_is_told_in_words(workers, count, words):
    found = asked(workload("vm", memory_gib=60, count=count), workers=workers)
    assert found.answers[0].startswith(f"production: {words}")


def test_without_a_worker_there_is_none_to_lose():
    site = cluster(nodes=())
    site = type(site)(site.name, site.release, ())
    found = failover(case(clusters=(site,)))
    assert "production: no worker is in service: there is none to lose." in found.notes


def test_what_is_over_the_budget_is_not_tried_and_not_claimed():
    found = asked(workload("vm", memory_gib=60, count=2), budget=5)
    site = found.clusters["production"]
    assert (site.survives_nodes, site.checked_nodes, site.pairs) == (1, 1, None)
    assert any("3 pairs of workers were not tried" in note for note in found.notes)
    assert not found.survives(2)


def test_beyond_the_budget_a_search_names_what_is_known_not_to_be_survived():
    site = asked(workload("vm", memory_gib=60, count=2), budget=5).clusters["production"]
    assert site.search.not_survived_at == 3
    assert len(site.search.example.nodes) == 3
    assert site.search.tried > 0


def test_what_is_neither_proved_nor_disproved_is_said_so():
    found = asked(workload("vm", memory_gib=60, count=2), budget=5, survive=2)
    assert not found.is_survived
    assert any(
        "whether any 2 may be lost is not proved: all sets of 1 were tried" in note
        for note in found.notes
    )


@pytest.mark.parametrize(("survive", "yes"), [(0, True), (1, True), (2, False)])
def test_the_answer_is_yes_only_as_far_as_it_is_proved(survive, yes):
    assert asked(workload("vm", memory_gib=60, count=4), survive=survive).is_survived is yes


def test_without_remediation_somebody_has_to_fence():
    found = failover(case(workload("vm"), clusters=(cluster(),)))
    assert any("somebody has fenced" in note for note in found.notes)


def test_the_worst_pairs_are_told_in_full_and_all_of_them_in_the_matrix():
    site = asked(workload("vm", memory_gib=60, count=4)).clusters["production"]
    assert site.pairs.matrix == ((0, 2, 2), (2, 0, 2), (2, 2, 0))
    shown = site.to_dict()["not_survived"]
    assert [len(loss["not_returned"]) for loss in shown] == [2, 2, 2]
    assert all(vm["message"] for loss in shown for vm in loss["not_returned"])


def test_vms_that_wait_before_any_loss_are_told():
    found = failover(case(workload("huge", memory_gib=999, count=2))).clusters["production"]
    assert "2 VMs find no node even before a loss: they do not count" in found.notes


def test_clusters_come_in_the_order_of_the_scenario():
    plan = case(clusters=(cluster(name="west"), cluster(name="east")))
    for answer in (failover(plan), headroom(plan), verdict(plan)):
        assert list(answer.clusters) == ["west", "east"]
