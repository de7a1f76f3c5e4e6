import pytest

from ove_capacity.analysis.headroom import headroom
from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.model.node import Node
from ove_capacity.sim import launch, run
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import HOUR_MS
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
