from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.model import overview
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.plan import Duration, NodeLoss, Plan
from tests.simulation.build import case, cluster, loss, node, workload

GIB = 1 << 30


@pytest.mark.parametrize(
    ("size", "text"),
    [(128 * GIB, "128Gi"), (100 << 20, "100Mi"), (GIB + 1, "1.0Gi"), (124 * GIB + 5, "124.0Gi")],
)
def test_sizes_are_read_at_a_glance(size: int, text: str) -> None:
    assert overview.size_text(size) == text


def test_machines_of_a_kind_stand_in_one_row() -> None:
    odd = replace(node("w9", cpu=64), pool="")
    table = overview.pools_table(Fleet((cluster(nodes=(node("w1"), node("w2"), odd)),)))
    assert [row[:4] for row in table.rows] == [
        ("production", "worker", 2, "32"),
        ("production", "worker", 1, "64"),
    ]


def test_a_workload_says_where_it_goes_and_for_how_long() -> None:
    placed = workload("web", placement="ns/spread", total=True, lifetime="2h")
    (row,) = overview.workloads_table(Plan((placed,))).to_dicts()
    assert (row["where"], row["lifetime"]) == ("spread, in all", "2h")


def test_losses_by_rate_and_by_moment() -> None:
    rate = NodeLoss("c", None, pool="gpu", every=Duration("exponential", 3_600_000))
    table = overview.losses_table(Plan(losses=(loss("w1", at="2h", repair="30m"), rate)))
    assert table.rows == (
        ("production", "w1", "at 2h", "30m"),
        ("c", "each node of gpu", "every 1h (exponential)", "never"),
    )


def test_an_assumption_that_holds_everywhere_is_told_once() -> None:
    fleet = Fleet((cluster("a"), cluster("b")))
    each = [Assumption("x", "1", "ours", Evidence.ASSUMED, name) for name in ("a", "b")]
    only = Assumption("y", "2", "ours", Evidence.ASSUMED, "b")
    table = overview.assumptions_table([*each, only], fleet)
    assert [row[:3] for row in table.rows] == [("x", "1", "all"), ("y", "2", "b")]


def test_a_case_leaves_out_tables_without_rows() -> None:
    titles = [table.title for table in case(workload("db")).tables]
    assert titles == ["Clusters", "Machines", "Virtual machines to run"]
