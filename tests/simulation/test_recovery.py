"""VMs that go to another cluster, as stories."""

from dataclasses import replace

import pytest

from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.plan import ClusterLoss, Duration, Partition, Recovery
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulation.build import GIB, case, cluster, times, workload

SIZE = (PrioritizerWeight("ResourceAllocatableCPU"),)
ONE = Placement("one", "vms", 1, prioritizers=SIZE)
FIVE_HOURS = 5 * HOUR_MS


def lasting(ms):
    return Duration("constant", ms)


BACKUP = Recovery(
    source="backup",
    to="small",
    every_ms=DAY_MS,
    from_ms=2 * HOUR_MS,
    takes_ms=HOUR_MS,
    data_bytes=60 * GIB,
    bytes_per_s=60 << 20,
    streams=2,
    decide=lasting(30 * MINUTE_MS),
    boot=lasting(MINUTE_MS),
)
"""1,024 s for each VM, two at a time."""


def run(*plan, at_ms=FIVE_HOURS, repair=None, until_ms=2 * DAY_MS, small=2, **changes):
    clusters = [cluster("large", 3), cluster("small", small)]
    plain = case(*plan, clusters=clusters, placements=[ONE])
    losses = (ClusterLoss("large", repair and lasting(repair), at_ms=at_ms),)
    changes = {"cluster_losses": losses, **changes}
    return simulate(
        replace(plain, plan=replace(plain.plan, **changes)), until_ms=until_ms, check=True
    )


def where(found):
    return [(vm.cluster, str(vm.status)) for vm in found.vms]


def test_each_step_of_a_restore_adds_up():
    found = run(workload("db", cluster="large", count=4, recovery=BACKUP))
    (known,) = times(found, "cluster-unreachable")
    decided = known + 1800
    assert times(found, "recovery-decided") == [decided]
    restored = [each.restored_ms / 1000 - decided for each in found.recoveries]
    assert restored == [1024, 1024, 2048, 2048]
    created = [each.created_ms / 1000 - decided for each in found.recoveries]
    assert created == pytest.approx([1024.1, 1024.2, 2048.1, 2048.2])
    serving = [each.serving_ms - each.started_ms for each in found.recoveries]
    assert serving == [MINUTE_MS] * 4
    assert where(found).count(("small", "running")) == 4


def test_data_is_as_old_as_the_last_backup_that_was_done():
    ages = [BACKUP.age_ms(hour * HOUR_MS) // HOUR_MS for hour in (2, 3, 5, 26, 27)]
    assert ages == [24, 1, 3, 24, 1]
    found = run(workload("db", cluster="large", recovery=BACKUP))
    assert [each.rpo_ms for each in found.recoveries] == [3 * HOUR_MS]


def test_a_replica_needs_no_restore_and_an_image_keeps_no_data():
    replica = replace(BACKUP, source="replica", data_bytes=0, every_ms=0)
    found = run(workload("db", cluster="large", recovery=replica))
    (only,) = found.recoveries
    assert (only.restored_ms, only.rpo_ms) == (only.decided_ms, 0)
    assert replace(BACKUP, source="image").age_ms(HOUR_MS) is None


def test_who_finds_no_room_on_the_survivor_stays_down():
    found = run(workload("db", cluster="large", count=9, recovery=BACKUP), small=1)
    assert where(found).count(("small", "running")) == 3
    assert where(found).count(("small", "pending")) == 6
    assert [each.rto_ms is None for each in found.recoveries] == [False] * 3 + [True] * 6
    waiting = [vm for vm in found.vms if str(vm.status) == "pending"]
    assert {vm.reason for vm in waiting} == {"0/1 nodes are available: 1 Insufficient memory."}


def test_people_call_it_off_when_the_cluster_is_back_before_they_decide():
    found = run(workload("db", cluster="large", recovery=BACKUP), repair=20 * MINUTE_MS)
    assert len(times(found, "recovery-called-off")) == 1
    assert where(found) == [("large", "running")]
    assert found.recoveries == ()


def test_they_go_home_when_they_are_told_and_lose_nothing_by_it():
    home = replace(BACKUP, fail_back=lasting(6 * HOUR_MS))
    found = run(workload("db", cluster="large", count=2, recovery=home), repair=3 * HOUR_MS)
    assert where(found) == [("large", "running")] * 2 + [("small", "ended")] * 2
    back = [each for each in found.recoveries if each.is_back]
    assert [each.rpo_ms for each in back] == [0, 0]
    assert [each.down_ms for each in back] == [FIVE_HOURS + 9 * HOUR_MS] * 2
    # 60 GiB again, a tenth of a second for each start, a minute to boot.
    assert [each.rto_ms for each in back] == [1_024_100 + MINUTE_MS, 1_024_200 + MINUTE_MS]


def test_vms_that_stay_do_not_start_twice_when_their_cluster_returns():
    found = run(workload("db", cluster="large", recovery=BACKUP), repair=3 * HOUR_MS)
    assert where(found) == [("large", "ended"), ("small", "running")]


def test_a_placement_moves_its_vms_and_moves_them_back():
    moving = replace(BACKUP, to="", decide=None)
    found = run(workload("web", placement="one", count=2, recovery=moving), repair=3 * HOUR_MS)
    assert where(found) == [("large", "running")] * 2 + [("small", "ended")] * 2
    there, back = found.recoveries[:2], found.recoveries[2:]
    assert [each.decided_ms for each in there] == [
        1000 * times(found, "placement-followed")[0],
    ] * 2
    # The way back is nobody's decision: it takes what the last backup has.
    assert [each.is_back for each in back] == [True, True]
    assert {each.rpo_ms // HOUR_MS for each in back} == {6}


def test_vms_of_a_placement_without_a_word_on_recovery_start_anew():
    found = run(workload("web", placement="one", count=2))
    assert [each.rpo_ms for each in found.recoveries] == [None, None]
    assert where(found) == [("large", "ended")] * 2 + [("small", "running")] * 2


def test_a_placement_that_goes_to_both_already_has_nowhere_to_go():
    both = replace(ONE, number_of_clusters=2)
    clusters = [cluster("large", 3), cluster("small", 2)]
    plain = case(workload("web", placement="one", count=2), clusters=clusters, placements=[both])
    losses = (ClusterLoss("large", lasting(3 * HOUR_MS), at_ms=HOUR_MS),)
    found = simulate(
        replace(plain, plan=replace(plain.plan, cluster_losses=losses)), until_ms=DAY_MS, check=True
    )
    # Nobody takes the VMs of the lost cluster; they are made again when it is back.
    assert {(each.home, each.target) for each in found.recoveries} == {("large", "large")}
    assert min(each.rto_ms for each in found.recoveries) > 3 * HOUR_MS
    assert where(found) == [("large", "running")] * 2 + [("small", "running")] * 2


def test_a_total_is_split_anew_and_nobody_moves_who_need_not():
    both = replace(ONE, number_of_clusters=2)
    clusters = [cluster("large", 3), cluster("small", 2)]
    total = workload("web", placement="one", count=5, total=True, memory_gib=8)
    plain = case(total, clusters=clusters, placements=[both])
    losses = (ClusterLoss("large", lasting(3 * HOUR_MS), at_ms=HOUR_MS),)
    found = simulate(
        replace(plain, plan=replace(plain.plan, cluster_losses=losses)), until_ms=DAY_MS, check=True
    )
    running = [vm.cluster for vm in found.vms if str(vm.status) == "running"]
    assert sorted(running) == ["large"] * 3 + ["small"] * 2
    assert len(found.recoveries) == 3 + 3


def test_a_cluster_that_is_cut_off_runs_its_vms_twice_until_it_is_reached():
    cut = Partition("large", lasting(3 * HOUR_MS), at_ms=HOUR_MS)
    found = run(workload("web", placement="one", count=2), cluster_losses=(), partitions=(cut,))
    assert times(found, "vm-removed")[:2] == [4 * 3600] * 2
    assert where(found)[:2] == [("large", "running")] * 2
