from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ove_capacity as oc
from ove_capacity.analysis.settle import settle
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.cluster import Fleet
from ove_capacity.report import story
from ove_capacity.sim import overview
from ove_capacity.tables import Cell, Table
from tests.simulation.build import case, cluster, loss, node, workload


def only(table: Table) -> Mapping[str, Cell]:
    (row,) = table.to_dicts()
    return row


def test_a_cluster_that_cannot_lose_a_worker_says_how_many_vms_it_would_cost() -> None:
    run = settle(case(workload("db", memory_gib=60, count=5)))
    row = only(story.planned_table(run, oc.headroom(run), oc.failover(run)))
    assert (row["workers"], row["VMs"], row["placed"]) == (3, 5, "all")
    assert row["N+1"] == "NO, 1 VM"


def test_a_cluster_with_room_survives_the_loss_of_a_worker() -> None:
    run = settle(case(workload("db", memory_gib=60, count=4)))
    row = only(story.planned_table(run, oc.headroom(run), oc.failover(run)))
    assert row["N+1"] == "yes"
    assert "not survived" not in story.headline(run, oc.failover(run))


def test_a_cluster_without_workers_is_not_judged() -> None:
    master = replace(node("m1"), labels={"node-role.kubernetes.io/master": ""})
    run = settle(case(clusters=(cluster("hub", nodes=(master,)),)))
    row = only(story.planned_table(run, oc.headroom(run), oc.failover(run)))
    assert (row["VMs"], row["placed"]) == (0, "-")
    assert (row["overhead"], row["N+1"]) == ("-", "no worker")


def test_vms_of_the_plan_that_find_no_node_are_told_beside_those_that_do() -> None:
    run = settle(case(workload("db", memory_gib=120, count=5)))
    row = only(story.planned_table(run, oc.headroom(run), oc.failover(run)))
    assert (row["VMs"], row["placed"]) == (5, "3")


def test_the_end_of_a_run_is_a_table_of_its_own() -> None:
    run = oc.simulate(case(workload("db", count=3, memory_gib=60), loss("w1", at="1h")), until="2h")
    row = only(story.end_table(run, oc.headroom(run), oc.failover(run)))
    assert (row["workers"], row["running"], row["lost"]) == ("2 of 3", 2, 1)
    assert row["free cores"] == 64 - 2 - 2 * 0.005  # and a container each for the console log


def test_a_node_loss_tells_how_long_its_vms_were_down() -> None:
    run = oc.simulate(
        case(workload("db", count=3, memory_gib=60), loss("w1", at="1h", repair="4h")), until="1d"
    )
    row = only(overview.losses_table(run.events, run.until_ms))
    assert (row["at"], row["node"], row["VMs hit"]) == ("1h", "w1", 1)
    assert (row["longest"], row["VM-hours"], row["still down"]) == ("4h", 4.0, 0)


def test_vms_still_down_at_the_end_count_until_then() -> None:
    run = oc.simulate(case(workload("db"), loss("w1", at="1h")), until="11h")
    row = only(overview.losses_table(run.events, run.until_ms))
    assert (row["VM-hours"], row["still down"]) == (10.0, 1)
    lost = only(story.pending_table(run))
    assert (lost["status"], lost["VMs"]) == ("LOST", 1)


def test_vms_that_wait_for_one_reason_are_told_together() -> None:
    run = oc.simulate(case(workload("db", memory_gib=120, count=6)), until="1h")
    row = only(story.pending_table(run))
    assert (row["VMs"], row["which"]) == (3, "vms/db-3, vms/db-4 …")
    assert row["why"] == "0/3 nodes are available: 3 Insufficient memory."


def test_shapes_that_fit_alike_are_told_together_and_refusals_are_no_numbers() -> None:
    small, again = workload("small", memory_gib=20), workload("again", memory_gib=20)
    nowhere = workload("gpu", vmi_fields={"node_selector": {"gpu": "true"}})
    table = story.fits_table(oc.headroom(case(small, again, nowhere)), ["production"])
    assert table.rows == (("small, again", "16 (memory)"), ("gpu", "refused"))


def test_of_many_unlike_shapes_the_first_and_the_last_are_shown() -> None:
    unlike = [workload(f"vm{i}", memory_gib=20 + i, count=0) for i in range(45)]
    large = cluster(nodes=(node("w1", cpu=999, memory_gib=4096),))
    table = story.fits_table(oc.headroom(case(*unlike, clusters=(large,))), ["production"])
    shown = [str(row[0]) for row in table.rows]
    assert (len(shown), shown[0], shown[20], shown[-1]) == (41, "vm0", "…", "vm44")
    assert table.notes == ("5 lines are left out: --format json tells all",)


def test_many_names_of_one_answer_are_cut_short() -> None:
    alike = [workload(f"vm{i}", memory_gib=20, count=0) for i in range(12)]
    table = story.fits_table(oc.headroom(case(*alike)), ["production"])
    assert str(only(table)["shape"]).endswith("vm7 and 4 more")


def test_many_clusters_are_listed_one_below_the_other() -> None:
    names = [f"c{i}" for i in range(8)]
    fleet = tuple(cluster(name, workers=1) for name in names)
    room = oc.headroom(case(workload("db", cluster="c0"), clusters=fleet))
    table = story.fits_table(room, names)
    assert table.columns == ("cluster", "shape", "more VMs")
    assert [row[0] for row in table.rows] == names


def test_only_what_rests_on_our_judgement_is_shown_and_the_rest_is_counted() -> None:
    ours = [Assumption(f"a{i}", "1", "ours", Evidence.ASSUMED, f"c{i % 2}") for i in range(20)]
    known = Assumption("b", "2", "vendor", Evidence.DOCUMENTED)
    told = story.assumed([known, *ours], Fleet())
    assert (len(told), told[0]) == (13, "a0 = 1 (c0): ours")
    assert told[-1] == "8 more: `ove-capacity show` tells all"
    assert story.evidence_sentence([known, *ours]) == (
        "21 numbers were not in the input: 1 documented, 20 assumed."
    )


def test_a_warning_of_many_clusters_is_told_once() -> None:
    warnings = [f"f.yaml:{n}:5: clusters.c{n} — no cells" for n in range(4)] + [
        "plain",
        "g:1:1 — x",
    ]
    assert story.told_once(warnings) == [
        "f.yaml:0:5: clusters.c0, f.yaml:1:5: clusters.c1 and 2 more — no cells",
        "plain",
        "g:1:1 — x",
    ]
