import pytest

from ove_capacity.errors import UnknownNameError
from ove_capacity.model.plan import Duration, NodeLoss
from ove_capacity.model.pod import Container, OwnerReference, Pod, PodSpec
from ove_capacity.platform.management import PART_LABEL
from ove_capacity.quantity import Quantity
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import HOURS, case, cluster, loss, times, workload


def test_without_remediation_a_lost_vm_stays_lost():
    run = simulate(case(workload("vm", count=3), loss("w1")), until_ms=DAY_MS, check=True)
    lost = [vm for vm in run.vms if vm.status == "lost"]
    assert [vm.node for vm in lost] == ["w1"]
    assert run.warnings == (
        "cluster production has no remediation: VMs of a lost node stay lost until it returns",
    )


def test_without_remediation_it_starts_again_when_its_node_returns():
    plan = case(workload("vm", count=3), loss("w1", at="1h", repair="4h"))
    run = simulate(plan, until_ms=DAY_MS, check=True)
    assert times(run, "vm-started")[-1] == 5 * 3600
    assert run.unplaced == ()


@pytest.mark.parametrize(
    ("kind", "seconds"), [("nhc-snr", 340 + 180), ("nhc-far", 340 + 60), ("mhc", 340)]
)
def test_the_vms_restart_on_the_survivors_after_detection_and_fencing(kind, seconds):
    clusters = (cluster(remediation=kind),)
    plan = case(workload("vm", count=3), loss("w1"), clusters=clusters)
    run = simulate(plan, until_ms=DAY_MS, check=True)
    assert times(run, "node-fenced") == [3600 + seconds]
    assert times(run, "vm-started")[-1] == 3600 + seconds
    assert {vm.node for vm in run.vms} == {"w2", "w3"}
    assert [each.name for each in run.assumptions] == [
        "remediation.detection",
        "remediation.fencing",
    ]


def test_a_node_that_returns_early_is_not_fenced():
    clusters = (cluster(remediation="nhc-snr"),)
    plan = case(workload("vm", count=3), loss("w1", repair="400s"), clusters=clusters)
    run = simulate(plan, until_ms=DAY_MS, check=True)
    assert times(run, "vm-started")[-1] == 4000
    assert run.events.count("node-fenced") == 0


def test_node_health_check_holds_back_until_enough_nodes_are_healthy():
    losses = [loss("w1"), loss("w2", repair="2h")]
    clusters = (cluster(remediation="nhc-far"),)
    run = simulate(case(workload("vm", count=3), *losses, clusters=clusters), until_ms=DAY_MS)
    assert times(run, "remediation-held-back", "w1") == [3600 + 340]
    assert times(run, "node-fenced") == [3 * 3600 + 60]


@pytest.mark.parametrize(
    ("strategy", "status"),
    [
        ("Always", "running"),
        ("RerunOnFailure", "running"),
        ("Manual", "stopped"),
        ("Once", "stopped"),
    ],
)
def test_the_run_strategy_says_who_starts_again(strategy, status):
    clusters = (cluster(remediation="nhc-snr"),)
    vm = workload("vm", count=3, run_strategy=strategy)
    run = simulate(case(vm, loss("w1"), clusters=clusters), until_ms=DAY_MS, check=True)
    assert [vm.status for vm in run.vms].count(status) == (3 if status == "running" else 1)


def test_a_halted_vm_takes_no_room():
    run = simulate(case(workload("vm", run_strategy="Halted")), until_ms=1, check=True)
    assert run.counts["production"]["halted"] == 1
    assert run.states["production"].requested.sum() == 0


def test_two_losses_of_one_node_last_until_both_are_repaired():
    losses = [loss("w1", at="1h", repair="4h"), loss("w1", at="2h", repair="1h")]
    run = simulate(case(workload("vm"), *losses), until_ms=DAY_MS, check=True)
    assert (times(run, "node-lost"), times(run, "node-returned")) == ([3600], [5 * 3600])


def test_the_platforms_pods_return_with_their_node():
    spec = PodSpec((Container("agent", {"cpu": Quantity.of(2)}),), node_name="w1")
    agent = Pod("agent", spec, owner=OwnerReference("DaemonSet", "agent"))
    plan = case(loss("w1", repair="1h"), clusters=(cluster(pods=(agent,)),))
    before = simulate(plan, until_ms=1, check=True).states["production"]
    after = simulate(plan, until_ms=DAY_MS, check=True).states["production"]
    assert (after.requested == before.requested).all()
    assert before.requested.sum() > 0


def test_a_vm_that_stood_there_before_is_lost_and_restarted_like_any_other():
    spec = PodSpec((Container("compute", {"cpu": Quantity.of(2)}),), node_name="w1")
    labels = {"kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "old"}
    pod = Pod("virt-launcher-old-x7x", spec, "vms", labels)
    clusters = (cluster(remediation="nhc-snr", pods=(pod,)),)
    run = simulate(case(loss("w1"), clusters=clusters), until_ms=DAY_MS, check=True)
    assert (run.vm("vms/old").status, run.vm("vms/old").node != "w1") == ("running", True)


def test_each_worker_fails_and_returns_by_its_own_stream():
    often = NodeLoss(
        "production", Duration("exponential", HOUR_MS), every=Duration("exponential", 10 * DAY_MS)
    )
    run = simulate(case(workload("vm", count=3), often), until_ms=90 * DAY_MS, check=True)
    failed = {row["node"] for row in run.events.rows() if row["kind"] == "node-lost"}
    assert failed == {"w1", "w2", "w3"}
    assert 15 <= run.events.count("node-lost") <= 45


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (loss("w9"), "unknown node 'w9'; known: w1"),
        (loss(cluster="prod"), "unknown cluster 'prod'"),
    ],
)
def test_a_loss_of_what_does_not_exist_is_refused(wrong, sentence):
    with pytest.raises(UnknownNameError, match=sentence):
        simulate(case(wrong), until_ms=1)


def service_pods(*nodes):
    """A pod of a service on each, and one of something else on the first."""
    labels, owner = {PART_LABEL: "central"}, OwnerReference("ReplicaSet", "central")
    pods = [
        Pod(f"central-{n}", PodSpec((_asking(20),), node_name=name), "rhacs", labels, owner)
        for n, name in enumerate(nodes)
    ]
    return (*pods, Pod("etcd", PodSpec((_asking(1),), node_name=nodes[0]), "openshift-etcd"))


def _asking(cores):
    return Container("c", {"cpu": Quantity.of(cores)})


def test_pods_of_services_leave_a_dead_node_after_340_s_and_stay_away():
    pods = service_pods("w1")
    run = simulate(
        case(loss(repair="1h"), clusters=[cluster(workers=2, pods=pods)]), until_ms=3 * HOURS
    )
    assert times(run, "services-moved") == [3600 + 340]
    state = run.states["production"]
    found = {state.pod(row).name: state.nodes[state.node_of(row)].name for row in state.rows()}
    assert found == {"central-0": "w2", "etcd": "w1"}


def test_a_service_that_finds_no_node_returns_with_its_own():
    pods = service_pods("w1", "w2")
    run = simulate(
        case(loss(repair="1h"), clusters=[cluster(workers=2, pods=pods)]), until_ms=3 * HOURS
    )
    assert [r["detail"] for r in run.events.rows() if r["kind"] == "services-moved"] == [
        "0 of 1 pods"
    ]
    assert len(run.states["production"].rows()) == 3


def test_a_node_that_is_back_soon_keeps_its_services():
    clusters = [cluster(workers=2, pods=service_pods("w1"))]
    run = simulate(case(loss(repair="5m"), clusters=clusters), until_ms=3 * HOURS)
    assert not times(run, "services-moved")
