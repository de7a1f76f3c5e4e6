"""The clusters of docs/examples/failover.yaml: what the page says is what is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.analysis.cluster_failover import ClusterFailover

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
GIB, MIB = 1 << 30, 1 << 20
ROOM = 131_072 - 3_649
DB, APP, HALF = 33_098, 16_666, 61_826


@pytest.fixture(scope="module")
def found() -> dict[str, ClusterFailover]:
    return dict(oc.failover(oc.load(EXAMPLES / "failover.yaml"), while_drained=1).clusters)


def test_the_sums_of_the_page_add_up() -> None:
    assert DB == 32_768 + 210 + 4 * 8 + 8 + 16 + 64
    assert APP == 16_384 + 210 + 2 * 8 + 8 + 16 + 32
    assert HALF == 61_440 + 210 + 4 * 8 + 8 + 16 + 120
    assert (DB + 4 * APP, ROOM - DB - 4 * APP) == (99_762, 27_661)
    assert (2 * HALF, 2 * HALF <= ROOM < 3 * HALF) == (123_652, True)


def test_a_fifth_of_every_machine_free_and_no_loss_survived(
    found: dict[str, ClusterFailover],
) -> None:
    crumbs = found["crumbs"]
    assert (crumbs.survives_nodes, len(crumbs.losses)) == (0, 9)
    for n, loss in enumerate(crumbs.losses):
        assert (loss.displaced, [vm.vm for vm in loss.not_returned]) == (5, [f"vms/db-{n}"])
        assert "8 Insufficient memory" in loss.not_returned[0].message


def test_the_sum_is_enough_for_a_drain_and_placing_says_no(
    found: dict[str, ClusterFailover],
) -> None:
    rule = found["crumbs"].drain_rule
    assert rule is not None
    # KubeVirt's page tables are a few bytes less than 1/512: memory is rounded up first.
    assert (rule.spare_bytes + MIB // 2) // MIB == pytest.approx(9 * 27_661, abs=9)
    assert rule.needed_bytes // MIB == 99_762
    assert rule.holds
    assert [(each.migrated, len(each.not_moved)) for each in found["crumbs"].drains] == [(4, 1)] * 9


def test_the_smallest_machine_takes_one_database(found: dict[str, ClusterFailover]) -> None:
    spare = found["crumbs"].spare
    assert spare is not None
    assert (spare.nodes, spare.memory_bytes, spare.cpu_milli) == (1, 33 * GIB, 1_000)
    assert (DB * MIB - 1) // GIB + 1 == 33


def test_two_halves_a_worker(found: dict[str, ClusterFailover]) -> None:
    halves = found["halves"]
    assert (halves.survives_nodes, halves.search.not_survived_at) == (1, 2)
    assert halves.pairs is not None
    assert halves.pairs.matrix == ((0, 2, 2), (2, 0, 2), (2, 2, 0))
    assert halves.second_losses is not None
    assert halves.while_drained is not None
    second, drained = halves.second_losses, halves.while_drained
    assert (second.tried, second.not_survived) == (6, 6)
    assert (drained.drains, drained.not_completed) == (3, ())
    assert (drained.losses.tried, drained.losses.not_survived) == (6, 6)
    assert {len(loss.not_returned) for loss in drained.losses.worst} == {2}
