"""An autoscaler adds machines and gives them back."""

from dataclasses import replace

import pytest

from ove_capacity.model.autoscaling import Bounds, ScaleDown
from ove_capacity.model.plan import Growth
from ove_capacity.releases import release
from ove_capacity.sim.processes import autoscaling as process
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulation.build import case, loss, node, times, workload
from tests.simulation.scaling import autoscaler, check, scaled, takes

SAFE = {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}}


def played(*plan, until_ms=DAY_MS, seed=7, **fields):
    clusters = (scaled(**fields),)
    return simulate(case(*plan, clusters=clusters, seed=seed), until_ms=until_ms, check=True)


def details(run, kind):
    return [row.get("detail", "") for row in run.events.rows() if row["kind"] == kind]


def safe(name, **fields):
    """VMs whose pods the autoscaler may move."""
    made = workload(name, **fields)
    return replace(made, vmi=replace(made.vmi, **SAFE))


def migrating(name, strategy="LiveMigrate", **fields):
    return safe(name, vmi_fields={"eviction_strategy": strategy}, **fields)


NO_ROOM_TO_MIGRATE = [
    migrating("web", count=3),
    workload("late", count=2, memory_gib=90, at="10m12s"),
]
"""A worker is closed after ten minutes; its VM is to leave five seconds later."""


# -- growing ---------------------------------------------------------------------------------------


def test_a_cluster_grows_to_its_limit_and_the_rest_waits():
    run = played(workload("web", count=30))  # three to a worker
    assert details(run, "scale-up") == ["3 -> 5"]
    assert times(run, "scale-up") == [10]
    assert times(run, "node-joined") == [250, 250]
    assert run.counts["production"]["running"] == 15
    assert run.counts["production"]["pending"] == 15
    waits, group = run.scaling["production"].waits, run.scaling["production"].groups[0]
    assert (waits.vms, waits.still, waits.p50_ms) == (21, 15, DAY_MS)
    assert (group.nodes_end, group.node_ms) == (5, 3 * DAY_MS + 2 * (DAY_MS - 250_000))
    (told,) = details(run, "not-scaled-up")
    assert told == "15 VMs: pod didn't trigger scale-up: 1 max node group size reached"


def test_slow_machines_join_late_and_their_vms_wait_so_long():
    run = played(workload("web", count=12), times=takes("14m"))
    assert max(times(run, "vm-started")) == 10 + 14 * 60


def test_what_waits_starts_in_the_order_of_the_queue():
    run = played(workload("late", count=6, at="1m"), workload("soon", count=12), most=4)
    started = [r["name"] for r in run.events.rows() if r["kind"] == "vm-started"]
    assert [each.partition("/")[2] for each in started[9:]] == ["soon-9", "soon-10", "soon-11"]


def test_a_machine_of_a_pool_that_fails_fails_like_the_others():
    plan = loss(node="", every=takes("12h").until_ready, repair="1h")
    run = played(workload("web", count=12), replace(plan, pool="worker"), until_ms=2 * DAY_MS)
    assert "worker-0" in [row["name"] for row in run.events.rows() if row["kind"] == "node-lost"]


@pytest.mark.parametrize(("enforced", "nodes"), [(True, 5), (False, 3)])
def test_the_least_size_is_a_floor_unless_it_is_enforced(enforced, nodes):
    web = workload("web", count=9)
    run = played(web, least=5, most=6, asked=autoscaler(enforce_min_size=enforced))
    assert run.scaling["production"].groups[0].nodes_end == nodes


def test_a_group_is_raised_to_its_least_size_as_far_as_cores_allow():
    asked = autoscaler(enforce_min_size=True, cores=Bounds(most=4 * 32))
    run = played(workload("web", count=9), least=5, most=6, asked=asked)
    assert details(run, "scale-up") == ["3 -> 4"]


def test_a_limit_of_nodes_counts_machines_on_their_way_and_is_told_in_upstreams_words():
    run = played(workload("web", count=30), most=9, asked=autoscaler(max_nodes_total=4))
    assert details(run, "scale-up") == ["3 -> 4"]
    (told,) = run.scaling["production"].not_scaled_up
    assert told == "pod didn't trigger scale-up: max total nodes in cluster reached"


@pytest.mark.parametrize("release_name", ["4.15", "4.22"])
def test_from_422_on_the_next_loop_does_not_wait(release_name):
    two = workload("web", count=12, at="15s")
    run = played(two, release=release(release_name))
    first = {"4.15": 20, "4.22": 25}[release_name]  # a loop at once sees a pod that is too new
    assert times(run, "scale-up") == [first]


# -- machines that never come ----------------------------------------------------------------------


def test_a_cloud_that_never_delivers_ends_in_backoff():
    run = played(workload("web", count=12), times=takes(failure=1.0), until_ms=3 * HOUR_MS)
    pauses = [each.rpartition(" ")[2] for each in details(run, "scale-up-failed")]
    assert pauses == ["5m", "10m", "20m", "30m", "30m"]
    assert run.counts["production"]["pending"] == 3
    assert not times(run, "node-joined")
    (finding,) = run.scaling["production"].findings
    assert finding.startswith("none of 6 machines of worker became a node; 5 scale-ups failed")


def test_a_health_check_deletes_slow_machines_for_ever():
    run = played(
        workload("web", count=12), times=takes("22m"), checked=check("10m"), until_ms=6 * HOUR_MS
    )
    assert times(run, "machine-deleted")[0] == 10 + 600 + 1
    deleted = [each for each in details(run, "machine-deleted") if "MachineHealthCheck" in each]
    assert len(deleted) > 20
    assert not times(run, "node-joined")
    findings = run.scaling["production"].findings
    assert any("the health check watch deleted" in each for each in findings)


def test_a_health_check_counts_anew_from_the_instance_on():
    patient = autoscaler(max_node_provision_time_ms=30 * MINUTE_MS)
    web = workload("web", count=12)
    run = played(web, times=takes("20m"), checked=check("10m"), asked=patient)
    assert times(run, "node-joined") == [10 + 20 * 60]


def test_without_the_health_check_they_join_once_the_autoscaler_waits_long_enough():
    patient = autoscaler(max_node_provision_time_ms=30 * MINUTE_MS)
    run = played(workload("web", count=12), times=takes("20m"), asked=patient)
    assert times(run, "node-joined") == [10 + 20 * 60]


def test_a_health_check_replaces_a_machine_whose_node_is_lost():
    run = played(workload("web"), loss("w1"), checked=check(), least=3)
    (deleted,) = times(run, "machine-deleted")
    assert deleted == 3600 + 40 + 300 + 1
    assert times(run, "node-joined") == [deleted + 240]
    assert run.counts["production"]["running"] == 1


def unscaled(*plan, checked, until_ms=DAY_MS, **fields):
    """Three machines of one set that nobody scales."""
    made = scaled(checked=checked, **fields)
    asked = made.autoscaling
    fixed = replace(asked, autoscaler=None, groups=(), group_of={}, fixed=asked.group_of)
    cluster = replace(made, autoscaling=fixed)
    return simulate(case(*plan, clusters=(cluster,), seed=7), until_ms=until_ms, check=True)


def test_a_health_check_needs_no_autoscaler():
    run = unscaled(workload("web", count=9), loss("w1"), checked=check())
    (deleted,) = times(run, "machine-deleted")
    assert deleted == 3600 + 40 + 300 + 1
    assert times(run, "node-joined") == [deleted + 240]
    assert run.counts["production"]["running"] == 9
    (group,) = run.scaling["production"].groups
    assert (group.min_size, group.max_size, group.nodes_end) == (3, 3, 3)


def test_slow_machines_of_a_set_that_nobody_scales_are_deleted_for_ever_too():
    run = unscaled(loss("w1"), checked=check("10m"), times=takes("22m"))
    assert not times(run, "node-joined")
    (finding,) = run.scaling["production"].findings
    assert finding.startswith("the health check watch deleted")


def test_what_a_health_check_holds_back_it_does_once_fewer_are_unhealthy():
    both = loss("w1", repair="3h"), loss("w2", repair="1h")
    run = unscaled(*both, checked=check(max_unhealthy="1"))
    assert set(times(run, "remediation-held-back")) == {3600 + 341}
    assert times(run, "machine-deleted") == [7200]
    assert [row["name"] for row in run.events.rows() if row["kind"] == "node-left"] == ["w1"]


# -- giving back -----------------------------------------------------------------------------------


def test_machines_without_vms_are_given_back_down_to_the_least():
    run = played(workload("web", count=12, lifetime="1h"))
    left = times(run, "node-left")
    assert len(left) == 3
    # Unneeded from the loop after the end on, strictly longer than ten minutes, then 5 s.
    assert min(left) == 3600 + 600 + 10 + 5


def test_vms_that_the_autoscaler_does_not_see_leave_before_their_worker_goes():
    run = played(workload("batch", count=3, priority=-20))  # one on each
    assert times(run, "node-left") == times(run, "vm-evicted") == [615, 615]
    assert run.counts["production"]["running"] == 3


def test_their_worker_waits_for_those_that_migrate():
    run = played(migrating("batch", count=3, priority=-20))
    gone = [details(run, kind) for kind in ("scale-down", "scale-down-failed")]
    assert gone == [["empty", "empty"], []]
    assert len(times(run, "vm-migrated")) == 2
    assert max(times(run, "vm-migrated")) < min(times(run, "node-left"))


def test_a_vm_keeps_its_worker_whatever_it_needs():
    run = played(workload("web", count=3), until_ms=DAY_MS)
    assert not times(run, "node-left")
    assert run.counts["production"]["running"] == 3
    assert run.scaling["production"].not_scaled_down == {"BlockedByPod (NotReplicated)": 3}


def test_a_vm_that_may_be_moved_migrates_and_its_worker_goes():
    run = played(migrating("web", count=3), least=1)
    assert len(times(run, "vm-migrated")) >= 2
    assert run.samples.workers[-1] == 1
    assert run.counts["production"]["running"] == 3
    assert any(each.name == "migration.duration" for each in run.assumptions)


def test_while_a_worker_drains_its_vms_count_twice_and_a_machine_comes_for_nothing():
    run = played(migrating("web", count=3), least=1)
    assert details(run, "scale-up") == ["2 -> 3"]
    assert times(run, "vm-migrated")[1] - times(run, "scale-up")[0] < 120


def test_a_migration_whose_target_finds_no_node_brings_a_machine():
    run = played(*NO_ROOM_TO_MIGRATE, most=4, until_ms=30 * MINUTE_MS)
    assert times(run, "migration-pending") == [615]
    assert details(run, "scale-up") == ["3 -> 4"]
    assert times(run, "scale-down-failed") == [735]  # before the machine is there
    assert details(run, "vm-migrated") == ["from w1"]
    assert run.vm("web-0").node == "worker-0"


def test_a_migration_without_a_machine_is_tried_again_and_again_also_when_the_drain_is_over():
    run = played(*NO_ROOM_TO_MIGRATE, most=3, until_ms=30 * MINUTE_MS)
    assert times(run, "migration-failed") == [915, 1235, 1575]
    assert times(run, "migration-pending") == [615, 915 + 20, 1235 + 40, 1575 + 80]
    assert "1 node(s) didn't match pod anti-affinity rules" in details(run, "migration-pending")[1]
    assert run.vm("web-0").node == "w1"


def test_a_target_that_waits_goes_with_its_vm():
    run = played(*NO_ROOM_TO_MIGRATE, loss("w1", at="11m"), most=3, until_ms=30 * MINUTE_MS)
    assert times(run, "migration-pending") == [615]
    assert not times(run, "migration-failed")
    assert (run.vm("web-0").status, run.vm("web-0").node) == ("running", "worker-0")


def test_a_vm_that_shuts_down_on_eviction_starts_elsewhere():
    run = played(migrating("web", "None", count=3))
    assert len(times(run, "vm-evicted")) >= 2
    assert run.counts["production"]["running"] == 3


def test_a_vm_that_cannot_migrate_in_time_keeps_its_worker_after_all():
    run = played(migrating("web", "External", count=3), until_ms=3 * HOUR_MS)
    assert set(details(run, "scale-down-failed")) == {"VMs that are still there after 2m: 1"}
    assert not times(run, "node-left")


def test_what_arrives_while_a_worker_drains_does_not_go_there():
    late = workload("late", count=2, at="11m")
    run = played(migrating("web", count=3), late, most=3)
    assert run.counts["production"]["running"] == 5


def test_scaling_down_may_be_switched_off():
    off = autoscaler(scale_down=ScaleDown(enabled=False))
    assert not times(played(asked=off), "node-left")


def test_a_node_that_is_lost_for_long_is_given_back_and_its_vms_start_elsewhere():
    run = played(workload("web", count=3), loss("w1"), until_ms=3 * HOUR_MS)
    assert len(times(run, "node-left")) == 1
    assert run.counts["production"]["running"] == 3


# -- no machine comes ------------------------------------------------------------------------------


def test_a_pool_that_begins_without_machines_never_triggers():
    bare = node("template")
    amounts = {"cpu": 32_000, "memory": 128 << 30, "pods": 250}
    bare = replace(bare, capacity=amounts, allocatable=amounts)
    masters = (replace(node("m1", cpu=1), pool="master"),)
    cluster = scaled(nodes=masters, least=0, template=bare)
    asked = replace(cluster.autoscaling, group_of={})
    run = simulate(
        case(workload("web"), clusters=(replace(cluster, autoscaling=asked),)), until_ms=DAY_MS
    )
    assert not times(run, "scale-up")
    ((reason, vms),) = run.scaling["production"].not_scaled_up.items()
    assert vms == 1
    assert "1 Insufficient devices.kubevirt.io/kvm" in reason


# -- sleep -----------------------------------------------------------------------------------------

STORIES = {
    "growth": ([workload("web", count=30)], {}),
    "lifetimes": ([workload("web", count=12, lifetime="1h")], {}),
    "backoff": ([workload("web", count=12)], {"times": takes(failure=1.0)}),
    "moves": ([migrating("web", count=5), workload("late", count=2, at="30m")], {}),
    "waits": (NO_ROOM_TO_MIGRATE, {"most": 4}),
    "waits for ever": (NO_ROOM_TO_MIGRATE, {"most": 3}),
    "stuck": ([migrating("web", "External", count=3)], {}),
    "losses": ([workload("web", count=6), loss("w1", repair="2h")], {"checked": check()}),
    "late": ([workload(f"w{n}", count=n, at=f"{n * 7}m", lifetime="40m") for n in range(2, 9)], {}),
}


@pytest.mark.parametrize("story", STORIES)
def test_loops_that_were_left_out_would_have_changed_nothing(story, monkeypatch):
    plan, fields = STORIES[story]
    asleep = played(*plan, until_ms=4 * HOUR_MS, **fields)
    monkeypatch.setattr(process, "wakes_ms", lambda moment, *_: moment.now_ms)
    monkeypatch.setattr(process, "glance", lambda *_: False)
    awake = played(*plan, until_ms=4 * HOUR_MS, **fields)
    assert asleep.events.rows() == awake.events.rows()
    assert asleep.scaling == awake.scaling


def test_the_same_seed_gives_the_same_events():
    def run():
        slow = replace(takes(), until_ready=replace(takes().until_ready, distribution="lognormal"))
        return played(workload("web", count=30, lifetime="2h"), times=slow).events.rows()

    assert run() == run()


def test_growth_is_followed_step_by_step():
    web = workload("web", count=9)
    plan = case(web, clusters=(scaled(),))
    growing = replace(plan, plan=replace(plan.plan, growths=(Growth(web, HOUR_MS, vms=3),)))
    run = simulate(growing, until_ms=4 * HOUR_MS, check=True)
    assert details(run, "scale-up") == ["3 -> 4", "4 -> 5"]
    assert run.counts["production"]["pending"] == 3
