import pytest

from ove_capacity.model.pod import Affinity, PodAffinityTerm
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.sim.processes import scheduling
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster, node, times, workload

ONE = (cluster(workers=1),)


def test_a_vm_that_does_not_fit_waits_and_starts_when_another_leaves():
    plan = [workload("big", memory_gib=100, lifetime="30m"), workload("late", memory_gib=60)]
    run = simulate(case(*plan, clusters=ONE), until_ms=DAY_MS, check=True)
    assert times(run, "vm-pending", "vms/late-0") == [0]
    assert times(run, "vm-started", "vms/late-0") == [1800]
    assert run.events.rows()[-2]["kind"] == "vm-ended"


def test_a_refusal_reads_as_upstreams():
    run = simulate(case(workload("huge", memory_gib=999)), until_ms=1, check=True)
    assert run.vm("huge-0").reason == "0/3 nodes are available: 3 Insufficient memory."
    assert run.unplaced == run.vms


def test_a_vm_that_waits_for_ever_is_not_tried_again_while_nothing_changes(monkeypatch):
    calls = []
    real = scheduling.place
    monkeypatch.setattr(
        scheduling, "place", lambda *args, **how: calls.append(1) or real(*args, **how)
    )
    simulate(case(workload("huge", memory_gib=999)), until_ms=90 * DAY_MS)
    assert len(calls) == 1


def test_a_vm_that_waits_is_tried_again_at_most_once_for_each_change(monkeypatch):
    calls = []
    real = scheduling.place
    monkeypatch.setattr(
        scheduling, "place", lambda *args, **how: calls.append(1) or real(*args, **how)
    )
    comers = [workload(f"c{i}", memory_gib=1, at=f"{i + 1}h") for i in range(5)]
    simulate(case(workload("huge", memory_gib=999), *comers), until_ms=90 * DAY_MS)
    assert len(calls) <= 1 + 2 * len(comers)


def test_priority_goes_first_when_room_comes_free():
    plan = [
        workload("big", memory_gib=100, lifetime="30m", priority=9),
        workload("first", memory_gib=90),
        workload("important", memory_gib=90, at="10m", priority=5),
    ]
    run = simulate(case(*plan, clusters=ONE), until_ms=DAY_MS, check=True)
    assert times(run, "vm-started", "vms/important-0") == [1800]
    assert run.counts["production"]["pending"] == 1


def test_a_more_important_vm_pushes_out_a_less_important_one():
    plan = [workload("low", memory_gib=100), workload("high", memory_gib=100, at="1h", priority=5)]
    run = simulate(case(*plan, clusters=ONE), until_ms=DAY_MS, check=True)
    told = [(row["kind"], row["name"], row.get("detail")) for row in run.events.rows()[-4:-1]]
    assert times(run, "vm-preempted", "vms/low-0") == [3600]
    assert told[1:] == [
        ("vm-preempted", "vms/low-0", "by vms/high-0"),
        ("vm-started", "vms/high-0", None),
    ]
    assert (run.vm("high-0").status, run.vm("low-0").status) == ("running", "pending")


def test_vms_that_arrive_together_use_the_room_freed_at_that_very_moment():
    plan = [
        workload("old", memory_gib=100, lifetime="1h"),
        workload("new", memory_gib=100, at="1h"),
    ]
    run = simulate(case(*plan, clusters=ONE), until_ms=DAY_MS, check=True)
    assert times(run, "vm-started", "vms/new-0") == [3600]
    assert run.events.count("vm-pending") == 0


def test_a_vm_that_asks_for_company_starts_when_the_company_has_come():
    beside = PodAffinityTerm(
        "kubernetes.io/hostname", LabelSelector((Requirement("app", "In", ("db",)),))
    )
    shy = workload("shy", memory_gib=1, vmi_fields={"affinity": Affinity(pod_required=(beside,))})
    db = workload("db", at="1h", labels={"app": "db"})
    run = simulate(case(shy, db), until_ms=DAY_MS, check=True)
    assert times(run, "vm-started", "vms/shy-0") == [3600]
    assert run.vm("shy-0").node == run.vm("db-0").node


def test_a_vm_is_deleted_by_the_calendar_even_while_it_waits():
    plan = [
        workload("gone", memory_gib=100, lifetime="2h"),
        workload("boss", memory_gib=100, at="1h", priority=5),
    ]
    run = simulate(case(*plan, clusters=ONE), until_ms=DAY_MS, check=True)
    assert times(run, "vm-ended", "vms/gone-0") == [7200]
    assert run.counts["production"]["ended"] == 1


@pytest.mark.parametrize(("until", "ended"), [(HOUR_MS, 0), (HOUR_MS + 1, 1)])
def test_the_run_ends_just_before_its_end(until, ended):
    run = simulate(case(workload("vm", lifetime="1h")), until_ms=until, check=True)
    assert run.events.count("vm-ended") == ended


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="must be after the start"):
        simulate(case(), until_ms=0)


def test_samples_are_taken_daily_and_at_the_end():
    nodes = (node("w1"), node("w2", unschedulable=True))
    plan = case(workload("vm", memory_gib=64), clusters=(cluster(nodes=nodes),))
    samples = simulate(plan, until_ms=2 * DAY_MS + HOUR_MS).samples
    assert samples.time_ms == [0, DAY_MS, 2 * DAY_MS, 2 * DAY_MS + HOUR_MS]
    assert set(samples.vms_running) == {1}
    assert set(samples.workers) == {2}
    assert samples.memory_requested_bytes[0] > 64 << 30
