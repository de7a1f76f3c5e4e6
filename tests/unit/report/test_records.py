from __future__ import annotations

from pathlib import Path

import ove_capacity as oc
from ove_capacity.report.records import (
    explain_tables,
    failover_tables,
    hub_load_tables,
    run_tables,
)
from tests.simulation.build import case, loss, workload


def test_failover_in_numbers_is_what_failover_found() -> None:
    found = oc.failover(case(workload("db", count=7)), while_drained=1)
    each = found.clusters["production"]
    summary, losses, pairs, missing = failover_tables(found)
    (row,) = summary.to_dicts()
    assert (row["workers"], row["vms"], row["survives_nodes"]) == (3, 7, 0)
    assert (row["pairs_tried"], row["pairs_not_survived"]) == (3, 3)
    assert row["spare_nodes"] == each.spare.nodes
    assert [one["displaced_vms"] for one in losses.to_dicts()] == [3, 2, 2]
    matrix = each.pairs.matrix
    assert [one["not_returned_vms"] for one in pairs.to_dicts()] == [
        *(matrix[0][1], matrix[0][2], matrix[1][2]),
    ]
    assert {one["lost"] for one in missing.to_dicts()} >= {"w1 + w2"}


def test_a_run_s_records_are_all_its_vms_samples_and_events() -> None:
    run = oc.simulate(case(workload("db", count=2), loss("w1", at="1h")), until="2d")
    vms, samples, events, warnings = run_tables(run)
    assert [len(table.rows) for table in (vms, samples, events, warnings)] == [
        *(2, len(run.samples), len(run.events), len(run.warnings)),
    ]


def test_an_explanation_has_a_row_a_score_and_a_row_a_reason() -> None:
    run = oc.simulate(case(workload("db", count=2), loss("w1", at="1h")), until="2d")
    found = oc.explain(run, "vms/db-1")
    feasible, scores, rejections = explain_tables(found)
    assert [row["node"] for row in feasible.to_dicts()] == ["w2", "w3"]
    weighted = [row["normalized"] * row["weight"] for row in scores.to_dicts()]
    assert sum(weighted) == sum(row["total"] for row in feasible.to_dicts())
    assert [row["node"] for row in rejections.to_dicts()] == ["w1"]


def test_parts_of_services_add_up_to_their_sums_in_milli_cores_and_bytes() -> None:
    fleet = Path(__file__).parents[3] / "scenarios" / "rh-ove.yaml"
    found = oc.hub_load(oc.load(fleet))
    sums, parts, workers, managed = hub_load_tables(found)
    (told,) = [row for row in sums.to_dicts() if row["requests"] == "in_effect"]
    own = [row for row in parts.to_dicts() if row["cluster"] == found.hub]
    for amount in ("cpu_milli", "memory_bytes"):
        assert sum(row["pods"] * row[amount] for row in own) == told[amount]
        assert sum(row[f"services_{amount}"] for row in workers.to_dicts()) == told[amount]
    assert [row["cluster"] for row in managed.to_dicts()] == list(found.clusters)
