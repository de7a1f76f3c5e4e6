"""Drains, second losses, zones and spare machines."""

import pytest

from ove_capacity.analysis.aftermath import survives_while_drained, while_drained
from ove_capacity.analysis.drain import evictions
from ove_capacity.analysis.failover import failover
from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.analysis.settle import settle
from ove_capacity.model.pod import Affinity, PodAffinityTerm, SpreadConstraint
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import AttachedDevice, Devices, Domain, Memory, VmiSpec
from ove_capacity.quantity import Quantity
from tests.simulation.build import GIB, case, cluster, node, workload

ZONE = "topology.kubernetes.io/zone"
MIGRATE = KubeVirt(eviction_strategy="LiveMigrate", default_network_interface="masquerade")
WEB = LabelSelector((Requirement("app", "In", ("web",)),))


def in_zones(*zones):
    """One worker a zone named, with its label."""
    made = [node(f"w{i + 1}") for i in range(len(zones))]
    for each, zone in zip(made, zones, strict=True):
        if zone:
            each.labels[ZONE] = zone
    return tuple(made)


def asked(*plan, workers=3, nodes=None, kubevirt=MIGRATE, **question):
    site = cluster(workers=workers, nodes=nodes, remediation="nhc-snr", kubevirt=kubevirt)
    return failover(case(*plan, clusters=(site,)), **question).clusters["production"]


def test_a_drain_moves_what_a_loss_would_restart():
    found = asked(workload("vm", memory_gib=60, count=4))
    assert [(each.migrated, each.shut_down, each.is_completed) for each in found.drains] == [
        (2, 0, True),
        (1, 0, True),
        (1, 0, True),
    ]


def test_vms_without_a_strategy_are_shut_down_and_start_elsewhere():
    found = asked(workload("vm", memory_gib=60, count=3), kubevirt=KubeVirt())
    assert [(each.migrated, each.shut_down) for each in found.drains] == [(0, 1)] * 3


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("LiveMigrate", "cannot migrate: VMI uses a PCI host devices"),
        ("External", "its eviction strategy is External: somebody else must move it"),
        ("LiveMigrateIfPossible", None),
        ("None", None),
    ],
)
def test_a_vm_that_cannot_migrate_keeps_its_node_if_its_strategy_insists(strategy, message):
    vm = workload("gpu", memory_gib=1)
    devices = Devices(gpus=(AttachedDevice("gpu", is_claimed=True),))
    domain = Domain(memory=Memory(guest=Quantity.of(GIB)), devices=devices)
    spec = VmiSpec(domain, eviction_strategy=strategy)
    changed = type(vm)(vm.name, type(vm.vmi)("gpu", "vms", spec), cluster="production")
    stuck = [each.message for drain in asked(changed).drains for each in drain.not_moved]
    assert stuck == ([] if message is None else [message])


def spread_over_zones():
    hard = SpreadConstraint(1, ZONE, hard=True, selector=WEB)
    return {"spread": (hard,)}


def apart_in_zones():
    return {"affinity": Affinity(anti_required=(PodAffinityTerm(ZONE, WEB),))}


def test_two_pods_of_a_migrating_vm_are_booked_at_once():
    # Each zone has its VM, and the target may not stand in the zone of its own source: what a loss
    # survives, because the source is gone, a drain does not.
    plan = workload(
        "web", memory_gib=1, count=2, labels={"app": "web"}, vmi_fields=apart_in_zones()
    )
    found = asked(plan, nodes=in_zones("a", "a", "b", "b"))
    assert found.survives_nodes == 1
    assert sorted(each.is_completed for each in found.drains) == [False, False, True, True]
    reasons = {vm.message for drain in found.drains for vm in drain.not_moved}
    assert reasons == {
        "0/4 nodes are available: 1 node(s) were unschedulable, "
        "3 node(s) didn't match pod anti-affinity rules."
    }


def test_the_same_vms_return_when_their_node_is_lost_under_a_hard_spread_too():
    plan = workload(
        "web", memory_gib=1, count=2, labels={"app": "web"}, vmi_fields=spread_over_zones()
    )
    found = asked(plan, nodes=in_zones("a", "a", "b", "b"))
    assert found.survives_nodes == 1


def test_a_zone_is_lost_as_a_whole():
    found = asked(workload("vm", memory_gib=60, count=6), nodes=in_zones("a", "a", "b", "b", "b"))
    assert [(loss.domain, len(loss.nodes), len(loss.not_returned)) for loss in found.domains] == [
        (f"{ZONE}=a", 2, 0),
        (f"{ZONE}=b", 3, 2),
    ]


@pytest.mark.parametrize(
    ("zones", "note"),
    [
        (["", "", ""], f"no worker carries the label {ZONE}: none can be lost by it"),
        (["a", "a", "a"], f"all workers that carry {ZONE} share one value of it"),
        (["a", "b", "b"], None),
    ],
)
def test_zones_that_say_nothing_are_told(zones, note):
    found = asked(workload("vm"), nodes=in_zones(*zones))
    assert [each for each in found.notes if ZONE in each] == ([note] if note else [])


def test_any_label_is_a_domain_when_asked_for():
    found = asked(workload("vm"), domains=["kubernetes.io/arch", "rack"])
    assert [loss.domain for loss in found.domains] == ["kubernetes.io/arch=amd64"]
    assert "no worker carries the label rack: none can be lost by it" in found.notes


def test_a_second_loss_finds_the_room_taken_by_the_first():
    # After the first loss two VMs stand on each of the others, which hold no more.
    found = asked(workload("vm", memory_gib=60, count=4))
    assert (found.second_losses.tried, found.second_losses.not_survived) == (6, 6)
    worst = found.second_losses.worst[0]
    assert (worst.after, worst.nodes, len(worst.not_returned)) == (("w1",), ("w2",), 2)


@pytest.mark.parametrize(("count", "failed"), [(2, 0), (3, 6), (4, 6)])
def test_patch_night(count, failed):
    # One drained and one lost leave one of three workers, which holds two such VMs.
    found = asked(workload("vm", memory_gib=60, count=count), while_drained=1).while_drained
    assert (found.losses.tried, found.losses.not_survived) == (6, failed)
    assert found.is_survived == (failed == 0)


@pytest.mark.parametrize("at_once", [3, 4])
def test_one_worker_must_be_left_to_lose(at_once):
    found = asked(workload("vm"), while_drained=at_once)
    assert found.while_drained is None
    assert f"{at_once} workers cannot be drained and one more be lost: there are 3" in found.notes


def test_vms_that_nothing_restarts_leave_their_room_to_others():
    plan = [
        workload("kept", memory_gib=60, count=4),
        workload("once", memory_gib=60, count=2, run_strategy="Once"),
    ]
    found = asked(*plan)
    assert sum(loss.stopped for loss in found.losses) == 2
    assert any("2 VMs stay down with their worker" in note for note in found.notes)


def test_the_smallest_spare_is_one_machine_that_takes_the_largest_vm():
    found = asked(workload("vm", memory_gib=94, count=3))
    # Above 94 GiB there is the overhead, beside the core there are 5 millicores of the console log.
    assert (found.spare.nodes, found.spare.memory_bytes, found.spare.cpu_milli) == (
        1,
        95 * GIB,
        2_000,
    )


def test_no_number_of_machines_helps_a_vm_that_only_one_may_hold():
    tied = {"node_selector": {"kubernetes.io/hostname": "w1"}}
    found = asked(workload("tied", memory_gib=1, vmi_fields=tied))
    assert (found.spare.nodes, found.spare.tried_nodes) == (None, 8)
    assert str(found.spare) == "not even 8 more machines like w1 would help"


@pytest.mark.parametrize(("count", "survived"), [(1, True), (2, True), (3, False), (6, False)])
def test_whether_patch_night_is_survived_is_the_same_without_trying_all_of_it(count, survived):
    site = cluster(workers=3, kubevirt=MIGRATE)
    run = settle(case(workload("vm", memory_gib=60, count=count), clusters=(site,)))
    vms = run.vms_of("production")
    stage = Rehearsal(run.states["production"], vms, run.case)
    evicted = evictions(run.case, site, vms)
    assert survives_while_drained(stage, evicted, 1) is survived
    stage.rewind()
    assert while_drained(stage, evicted, 1).is_survived is survived
