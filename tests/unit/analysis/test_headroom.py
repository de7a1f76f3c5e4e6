from dataclasses import replace

import pytest

from ove_capacity.analysis.headroom import headroom
from ove_capacity.analysis.system_share import guideline_verdict
from ove_capacity.analysis.waterfall import Step, Waterfall
from ove_capacity.errors import UnknownNameError
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.instancetype import Instancetype
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.quantity import Quantity
from ove_capacity.sim import launch, run
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import HOUR_MS
from ove_capacity.testing.build import pod
from tests.simulation.build import GIB, case, cluster, node, workload


def half_usable(name):
    """128 GiB and 32 cores, of which the kubelet keeps 28 and 2, the platform 4 and 6."""
    whole = node(name)
    allocatable = {**whole.allocatable, "cpu": 30_000, "memory": 100 * GIB}
    platform = {"cpu": 6_000, "memory": 4 * GIB, "pods": 10}
    return Node(name, whole.capacity, allocatable, whole.labels, platform=platform)


def test_overhead_is_the_larger_share_of_capacity_that_guests_can_never_use():
    nodes = (half_usable("w1"), half_usable("w2"))
    plan = case(workload("vm", memory_gib=20), clusters=(cluster(nodes=nodes),))
    found = headroom(plan).clusters["production"]
    assert found.usable == {"cpu": 48_000, "memory": 192 * GIB}
    assert found.platform == {"cpu": 12_000, "memory": 8 * GIB}
    # CPU: (64 - 48) / 64 = 25 %, memory: (256 - 192) / 256 = 25 %
    assert found.overhead_percent == 25.0
    assert found.vms["memory"] + found.free["memory"] == 192 * GIB


def test_what_fits_is_found_by_placing_and_names_the_budget_that_binds():
    # Each of 3 nodes has 128 GiB: one 60-GiB VM with its overhead twice, and no third.
    plan = case(workload("big", memory_gib=60, count=2), workload("small", memory_gib=1, count=0))
    fits = {fit.shape: fit for fit in headroom(plan).clusters["production"].fits}
    assert (fits["big"].count, fits["big"].binding) == (4, "memory")
    # The CPU request of 1 per VM binds first: 32 + 32 + 32 cores less the two that run.
    assert (fits["small"].count, fits["small"].binding) == (94 - 3, "cpu")


def test_headroom_of_a_run_is_that_of_its_end():
    plan = case(workload("vm", count=3, lifetime="30m"))
    assert headroom(plan).clusters["production"].vms["cpu"] > 0
    assert headroom(simulate(plan, until_ms=HOUR_MS)).clusters["production"].vms["cpu"] == 0


def test_pods_can_bind_too():
    few = Node("w1", {}, {**node("w1").allocatable, "pods": 5}, node("w1").labels)
    plan = case(workload("vm", memory_gib=1, count=2), clusters=(cluster(nodes=(few,)),))
    fit = headroom(plan).clusters["production"].fits[0]
    assert (fit.count, fit.binding) == (3, "pods")


def test_a_shape_that_nobody_can_hold_is_an_answer():
    fit = headroom(case(workload("huge", memory_gib=999))).clusters["production"].fits[0]
    assert (fit.count, fit.binding) == (0, "memory")
    assert fit.message == "0/3 nodes are available: 3 Insufficient memory."


def test_a_cluster_without_workers_has_no_overhead_and_no_room():
    master = Node("m1", node("m1").capacity, node("m1").allocatable)
    found = headroom(case(clusters=(cluster(nodes=(master,)),))).clusters["production"]
    assert (found.workers, found.overhead_percent, found.fits) == (0, None, ())


def test_the_document_has_the_keys_that_the_schema_names():
    document = headroom(case(workload("vm"))).to_dict()["production"]
    assert {"overhead_percent", "fits"} <= set(document)
    assert {"shape", "count", "binding"} <= set(document["fits"][0])


@pytest.mark.parametrize("shown", [str, lambda result: result._repr_html_()])
def test_it_shows_itself_with_its_definition(shown):
    assert "capacity - what guest requests may use" in shown(headroom(case(workload("vm"))))


def test_a_shape_that_kubevirt_does_not_render_fits_nowhere_and_says_why(monkeypatch):
    def refuse(*_):
        raise RenderError("no such device")

    plan = case(workload("vm", count=0))
    monkeypatch.setattr(launch, "launcher_pod", refuse)
    monkeypatch.setattr(run, "_expected", lambda *_: [])
    fit = headroom(plan).clusters["production"].fits[0]
    assert (fit.count, fit.message) == (0, "workload vm on cluster production: no such device")


def test_hugepages_are_memory_that_guests_may_use():
    plain = node("w1")
    halves = {**plain.allocatable, "memory": 64 * GIB, "hugepages-1Gi": 64 * GIB}
    paged = Node("w1", plain.capacity, halves, plain.labels)
    asked = case(workload("db"), clusters=(cluster(nodes=(paged,)),))
    found = headroom(asked).clusters["production"]
    assert (found.allocatable["memory"], found.overhead_percent) == (128 * GIB, 0.0)


def steps(found):
    return {step.name: (step.cpu_milli, step.memory_bytes // GIB) for step in found.steps}


def test_what_is_not_allocatable_is_told_apart_where_it_was_computed_and_not_where_it_was_read():
    read = half_usable("w1")
    computed = replace(half_usable("w2"), eviction_bytes=3 * GIB)
    found = headroom(case(clusters=(cluster(nodes=(read, computed)),))).clusters["production"]
    told = steps(found.waterfall)
    assert told["reserved_measured"] == (2_000, 28)
    assert (told["system_reserved"], told["eviction_threshold"]) == ((2_000, 25), (0, 3))


def test_pods_of_openshift_virtualization_are_told_apart_from_the_platform_s():
    assumed = replace(half_usable("w1"), virtualization={"cpu": 100, "memory": 2 * GIB})
    stands = pod("virt-handler-x", "200m", "1Gi", namespace="openshift-cnv", node_name="w1")
    other = pod("dns", "300m", "1Gi", namespace="openshift-dns", node_name="w1")
    home = replace(cluster(nodes=(assumed,)), pods=(stands, other))
    told = steps(headroom(case(clusters=(home,))).clusters["production"].waterfall)
    assert told["virtualization"] == (300, 3)
    assert told["platform_pods"] == (6_000 - 100 + 300, 4 - 2 + 1)


def test_a_vm_that_stood_there_already_counts_its_compute_container_as_the_guest():
    requests = {"cpu": Quantity.of(2), "memory": Quantity.of(9 * GIB)}
    log = Container("guest-console-log", requests={"memory": Quantity.of(GIB)})
    spec = PodSpec(containers=(Container("compute", requests=requests), log), node_name="w1")
    labels = {"kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "old"}
    home = replace(cluster(), pods=(Pod("virt-launcher-old", spec, "vms", labels),))
    told = steps(headroom(case(clusters=(home,))).clusters["production"].waterfall)
    assert (told["guest_requests"], told["launcher_overhead"]) == ((2_000, 9), (0, 1))


def test_pools_add_up_to_the_cluster():
    nodes = (node("w1"), replace(node("w2"), pool="big"), replace(node("w3"), pool="big"))
    plan = case(workload("vm", count=2), clusters=(cluster(nodes=nodes),))
    found = headroom(plan).clusters["production"]
    assert {name: fall.workers for name, fall in found.pools.items()} == {"worker": 1, "big": 2}
    free = [fall.step("free").memory_bytes for fall in found.pools.values()]
    assert sum(free) == found.waterfall.step("free").memory_bytes


def test_the_share_of_nodes_that_are_no_workers_is_of_all_nodes():
    master = replace(node("m1", cpu=16, memory_gib=64), labels={}, pool="master")
    found = headroom(
        case(
            clusters=(
                cluster(
                    nodes=(master, node("w1")),
                ),
            )
        )
    ).clusters["production"]
    first, second, third = found.shares
    assert (first.percent, first.verdict) == (33.33, "above")
    assert (second.percent, second.verdict, third.percent) == (0.0, "below", 33.33)


@pytest.mark.parametrize(
    ("percent", "verdict"),
    [(19.99, "below"), (20.0, "within"), (30.0, "within"), (30.01, "above"), (None, "no worker")],
)
def test_the_guideline_has_a_verdict_for_every_share(percent, verdict):
    assert guideline_verdict(percent) == verdict


def test_shapes_may_be_named_and_a_wrong_name_gets_a_guess():
    plan = case(workload("web"), workload("db"))
    named = headroom(plan, shapes=["db"]).clusters["production"].fits
    assert [fit.shape for fit in named] == ["db"]
    with pytest.raises(UnknownNameError, match="unknown shape 'dbb'; known: web, db"):
        headroom(plan, shapes=["dbb"])


def test_the_catalogue_is_asked_about_where_the_cluster_has_it():
    sizes = {name: Instancetype(1, Quantity.of(4 * GIB)) for name in ("u1.medium", "cx1.medium")}
    home = replace(cluster(), instancetypes=FrozenMap(sizes))
    plan = case(workload("web"), clusters=(home,))
    assert [fit.shape for fit in headroom(plan).clusters["production"].fits] == ["web", "u1.medium"]
    (named,) = headroom(plan, shapes=["cx1.medium"]).clusters["production"].fits
    assert (named.shape, named.binding) == ("cx1.medium", "memory")


def test_what_no_shape_can_use_is_stranded():
    plan = case(workload("big", memory_gib=100, count=2))
    fall = headroom(plan).clusters["production"].waterfall
    whole = node("w").allocatable
    assert fall.stranded.cpu_milli == fall.step("free").cpu_milli - whole["cpu"]


def test_steps_that_do_not_add_up_are_a_bug():
    whole, part = Step("capacity", 2, 2, 0), Step("free", 1, 2, 0)
    with pytest.raises(AssertionError):
        Waterfall("w", 1, whole, (part,), Step("stranded", 0, 0, 0))
