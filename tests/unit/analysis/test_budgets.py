from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.analysis.budgets import budget_notes, budgets_of
from ove_capacity.analysis.settle import settle
from ove_capacity.model.network import ClusterNetwork, VmNetwork
from ove_capacity.model.storage import Disk, StorageSystem
from tests.simulation.build import GIB, case, cluster, loss, workload

FAST = StorageSystem("fast", 300 * GIB, replicas=2, medium="NVMe", classes=("nvme",))
SLOW = StorageSystem("slow", 4000 * GIB, classes=("sata", "archive"), held_bytes=100 * GIB)


def disks(*sizes_gib, storage_class=""):
    return tuple(Disk(f"d{i}", size * GIB, storage_class) for i, size in enumerate(sizes_gib))


def with_storage(*systems, **fields):
    return (replace(cluster(), storage=systems, **fields),)


def test_usable_is_raw_by_copies_and_near_full_and_what_exists_is_taken_off():
    vm = workload("vm", memory_gib=1, count=2, disks=disks(40, 60, storage_class="archive"))
    plan = case(vm, clusters=with_storage(FAST, SLOW))
    fast, slow = budgets_of(settle(plan), plan.fleet.clusters[0])
    assert (fast.name, fast.limit, fast.held) == ("storage:fast", 300 * GIB * 75 // 200, 0)
    assert (slow.limit, slow.held) == (1000 * GIB, (100 + 2 * 100) * GIB)


@pytest.mark.parametrize(
    ("storage_class", "system"),
    [("", "storage:fast"), ("nvme", "storage:fast"), ("sata", "storage:slow")],
)
def test_a_disk_lies_where_its_class_is_served_first(storage_class, system):
    vm = workload("vm", memory_gib=1, disks=disks(10, storage_class=storage_class))
    fit = oc.headroom(case(vm, clusters=with_storage(FAST, SLOW))).clusters["production"].fits[0]
    assert list(fit.by_budget) == [system]


def test_a_vm_holds_its_disks_whether_it_runs_or_not():
    waits = workload("waits", memory_gib=999, count=3, disks=disks(10))
    off = workload("off", memory_gib=1, count=2, run_strategy="Halted", disks=disks(5))
    plan = case(waits, off, clusters=with_storage(FAST))
    (budget,) = budgets_of(settle(plan), plan.fleet.clusters[0])
    assert budget.held == (3 * 10 + 2 * 5) * GIB


def test_vms_that_are_deleted_hold_nothing():
    plan = case(
        workload("gone", memory_gib=1, lifetime="30m", disks=disks(10)),
        clusters=with_storage(FAST),
    )
    run = oc.simulate(plan, until="1h")
    assert budgets_of(run, plan.fleet.clusters[0])[0].held == 0


def test_addresses_of_a_secondary_network_bind_and_unknown_ones_do_not():
    networks = (VmNetwork("vlan7", addresses=10, held=4), VmNetwork("vlan8"))
    vm = workload("vm", memory_gib=1, count=2, networks=("vlan7", "vlan8"))
    plan = case(vm, clusters=with_storage(vm_networks=networks))
    fit = oc.headroom(plan).clusters["production"].fits[0]
    assert (fit.count, fit.binding) == (4, "addresses:vlan7")
    assert fit.message == (
        "addresses:vlan7: a VM asks for 1, and 4 addresses are left (addresses for VMs)"
    )
    notes = budget_notes(settle(plan), plan.fleet.clusters[0])
    assert notes == ("production: how many addresses vlan8 has is not known",)


def test_a_node_runs_no_more_pods_than_its_slice_has_addresses():
    slices = ClusterNetwork("10.0.0.0/20", 28, max_nodes=256, addresses_per_node=13)
    plan = case(workload("vm", memory_gib=1, count=2), clusters=with_storage(network=slices))
    fit = oc.headroom(plan).clusters["production"].fits[0]
    assert (fit.count, fit.binding) == (3 * 13 - 2, "addresses:pods")


def test_what_is_promised_beyond_what_there_is_leaves_room_for_none():
    vm = workload("vm", memory_gib=1, count=2, disks=disks(100))
    found = oc.headroom(case(vm, clusters=with_storage(FAST))).clusters["production"]
    assert found.budgets[0].left < 0
    assert (found.fits[0].count, found.fits[0].by_nodes > 0) == (0, True)


@pytest.mark.parametrize(
    ("storage", "given", "note"),
    [
        ((FAST,), disks(10, storage_class="tape"), "no storage of production serves class tape"),
        ((FAST,), (), "1 VMs name no disks and hold no storage"),
        ((), disks(10), "disks are named but no storage"),
    ],
)
def test_what_the_budgets_leave_out_is_said(storage, given, note):
    plan = case(workload("vm", disks=given), clusters=with_storage(*storage))
    (told,) = budget_notes(settle(plan), plan.fleet.clusters[0])
    assert note in told


def test_a_vm_larger_than_anybody_has_tested_is_told_and_placed():
    plan = case(workload("vm", memory_gib=1), clusters=(cluster(workers=501),))
    found = oc.headroom(plan).clusters["production"]
    assert found.fits[0].beyond_tested == "tested are 10,000 VMs a cluster, 9,999 more"
    beyond = {limit.name for limit in found.limits if not limit.is_within}
    assert beyond == {"hosts_per_cluster"}


def test_workers_out_of_service_count_for_nothing():
    run = oc.simulate(case(workload("vm", memory_gib=1), loss("w1", at="1m")), until="1h")
    found = oc.headroom(run).clusters["production"]
    assert (found.workers, found.capacity["cpu"]) == (2, 64_000)
