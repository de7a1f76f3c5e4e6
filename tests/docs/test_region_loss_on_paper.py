"""The loss of a region in scenarios/region-loss.yaml: what the page says is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.model.recovery import Recovered
from ove_capacity.simtime import HOUR_MS, MINUTE_MS, SECOND_MS

ROOT = Path(__file__).resolve().parents[2]
LOST_MS = 22 * HOUR_MS + 7 * MINUTE_MS
RESTORE_S, BOOT_S = 60 * 1024 / 60, 60


@pytest.fixture(scope="module")
def run() -> oc.Run:
    return oc.simulate(oc.load(ROOT / "scenarios" / "region-loss.yaml"))


def ways(run: oc.Run, workload: str, *, is_back: bool) -> list[Recovered]:
    found = [each for each in run.recoveries if each.workload == workload]
    return [each for each in found if each.is_back is is_back]


def seconds(ms: int | None) -> float:
    assert ms is not None
    return (ms - LOST_MS) / SECOND_MS


def test_the_sums_of_the_page_add_up() -> None:
    assert RESTORE_S == 17 * 60 + 4
    assert 15 * 60 + 3600 + RESTORE_S == 92 * 60 + 4
    assert 15 * 60 + 3600 + 2 * RESTORE_S == 109 * 60 + 8
    assert 15 * 60 + 3600 + 3 * RESTORE_S + BOOT_S == 127 * 60 + 12
    assert [n * RESTORE_S + BOOT_S for n in (1, 2, 3)] == [18 * 60 + 4, 35 * 60 + 8, 52 * 60 + 12]


def test_eighty_seven_stop_and_nobody_takes_the_web_servers(run: oc.Run) -> None:
    stopped = [
        name
        for at_ms, kind, name in zip(
            run.events.time_ms, run.events.kind, run.events.name, strict=True
        )
        if (kind, at_ms) == ("vm-lost", LOST_MS)
    ]
    assert len(stopped) == 87
    assert sum("/web-" in name for name in stopped) == 60
    assert ways(run, "web", is_back=False) == ways(run, "web", is_back=True) == []


def test_databases_wait_for_machines(run: oc.Run) -> None:
    away = ways(run, "db", is_back=False)
    assert {seconds(each.decided_ms) for each in away} == {45 * 60}
    assert {each.restored_ms for each in away} == {each.decided_ms for each in away}
    assert [seconds(each.created_ms) for each in away] == pytest.approx(
        [2700.1 + n / 10 for n in range(7)]
    )
    joined = [
        at_ms
        for at_ms, kind in zip(run.events.time_ms, run.events.kind, strict=True)
        if kind == "node-joined"
    ]
    started = sorted(each.started_ms or 0 for each in away)
    # Not at once: who was refused is tried again after a back-off.
    waits = [start - join for start, join in zip(started, joined, strict=True)]
    assert all(0 <= each <= 10 * SECOND_MS for each in waits)
    served = sorted(seconds(each.serving_ms) for each in away)
    assert [int(served[0]), int(served[-1])] == [48 * 60 + 28, 51 * 60 + 47]
    assert {each.rpo_ms for each in away} == {7 * MINUTE_MS}


def test_sixteen_are_restored_and_then_four(run: oc.Run) -> None:
    away = ways(run, "app", is_back=False)
    restored = [seconds(each.restored_ms) - 75 * 60 for each in away]
    assert restored == [RESTORE_S] * 16 + [2 * RESTORE_S] * 4
    waits = [seconds(each.serving_ms) - seconds(each.restored_ms) - BOOT_S for each in away]
    assert waits == pytest.approx([n / 10 for n in (*range(1, 17), *range(1, 5))], abs=1e-6)
    assert {each.rpo_ms for each in away} == {20 * HOUR_MS + 7 * MINUTE_MS}


def test_they_go_home_eight_hours_after_the_return(run: oc.Run) -> None:
    home = ways(run, "app", is_back=True)
    assert {seconds(each.down_ms) / 3600 for each in home} == {32}
    rounds = [round((each.rto_ms or 0) / SECOND_MS - BOOT_S) / RESTORE_S for each in home]
    assert [round(each, 2) for each in rounds] == [1] * 9 + [2] * 9 + [3] * 2
    databases = ways(run, "db", is_back=True)
    assert all(BOOT_S < (each.rto_ms or 0) / SECOND_MS < BOOT_S + 1 for each in databases)
    assert {each.rpo_ms for each in (*home, *databases)} == {0}


def test_a_returning_hub_has_no_cluster_for_a_while(run: oc.Run) -> None:
    told = [
        (seconds(row["time_ms"]), row["kind"], row.get("detail", ""))
        for row in run.events.rows()
        if row["time_ms"] > LOST_MS and row["kind"].startswith(("placement-d", "placement-fo"))
    ]
    empty = next(at for at, _, detail in told if detail.startswith("none"))
    filled = next(at for at, _, detail in told if at > empty)
    polled = next(at for at, kind, _ in told if kind == "placement-followed")
    day = 24 * 3600
    assert [int(at - day) for at in (empty, filled, polled)] == [0, 38, 130]
