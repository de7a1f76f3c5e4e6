"""How far the autoscaler lets a cluster grow, and what stops it."""

from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.analysis import limit_shape
from ove_capacity.analysis.limits import limits
from ove_capacity.errors import UnknownNameError
from ove_capacity.model.autoscaling import Autoscaling, Bounds, ClusterAutoscaler, NodeGroup
from ove_capacity.model.node import Node
from ove_capacity.model.storage import Disk, StorageSystem
from tests.simulation.build import GIB, case, cluster, node, workload

MASTER = Node("m1", {"cpu": 15_500, "memory": 64 * GIB}, {"cpu": 8_000, "memory": 32 * GIB})


def asked(*work, groups=(), nodes=None, machines=None, refused=(), storage=(), **limits_of):
    """Three workers of pool w and a master, scaled; VMs of 60 GiB: two a worker."""
    nodes = nodes or (MASTER, *(node(f"w{i}") for i in range(3)))
    scaling = Autoscaling(
        ClusterAutoscaler(**limits_of),
        tuple(groups) or (NodeGroup("w", 1, 5),),
        {each.name: each.name.rstrip("0123456789") for each in nodes if each.is_worker},
        machines or {},
        refused=refused,
    )
    one = cluster(nodes=nodes, autoscaling=scaling, storage=storage)
    return limits(case(*(work or (workload("vm", memory_gib=60),)), clusters=(one,)))


def answered(*work, **of):
    return asked(*work, **of).clusters["production"]


@pytest.fixture
def production():
    nodes = (MASTER, *(node(f"w{i}") for i in range(3)))
    members = {each.name: "w" for each in nodes if each.is_worker}
    groups = (NodeGroup("w", 1, 6),)
    asked_for = ClusterAutoscaler(max_nodes_total=9)
    scaling = Autoscaling(asked_for, groups, members, {"w": nodes[1]})
    one = cluster(nodes=nodes, autoscaling=scaling)
    return case(workload("vm", memory_gib=60, count=9), clusters=(one,))


@pytest.mark.parametrize(
    ("said", "room", "binding"),
    [
        ({}, 2, ("maxReplicas",)),
        ({"max_nodes_total": 5}, 1, ("maxNodesTotal",)),
        ({"max_nodes_total": 6}, 2, ("maxReplicas", "maxNodesTotal")),
        ({"max_nodes_total": 3}, 0, ("maxNodesTotal",)),
        # 15.5 cores of the master count as 16: 3 x 32 + 16 = 112.
        ({"cores": Bounds(most=143)}, 0, ("cores",)),
        ({"cores": Bounds(most=144)}, 1, ("cores",)),
        # The master's 64 GiB count whole, although 32 are allocatable: 3 x 128 + 64 = 448.
        ({"memory_gib": Bounds(most=448 + 127)}, 0, ("memory",)),
        ({"memory_gib": Bounds(most=448 + 128)}, 1, ("memory",)),
        ({"cores": Bounds(most=10), "memory_gib": Bounds(most=10)}, 0, ("cores", "memory")),
    ],
)
def test_each_limit_is_counted_as_the_autoscaler_counts_it(said, room, binding):
    found = answered(**said)
    assert (found.rooms[0].room, found.rooms[0].binding) == (room, binding)
    assert found.shapes[0].growth.added == ({"w": room} if room else {})
    assert found.shapes[0].binding == ", ".join(binding)
    # Six places of 60 GiB, less the one that is taken, and two more with each machine.
    assert found.shapes[0].now.count == 5
    assert found.shapes[0].then.count == 5 + 2 * room


def test_what_binds_is_said_in_the_words_of_the_release():
    shape = answered(cores=Bounds(most=112)).shapes[0]
    assert shape.growth.message == "pod didn't trigger scale-up: 1 max cluster cpu limit reached"
    shape = answered(max_nodes_total=4).shapes[0]
    assert shape.growth.message.endswith("max total nodes in cluster reached")
    assert shape.then.message.startswith("0/4 nodes are available: ")


def test_a_pool_without_machines_never_grows_for_vms():
    """Its template is foretold: it has no KVM devices, whatever the machine really has."""
    bare = {"cpu": 64_000, "memory": 512 * GIB, "pods": 110}
    groups = (NodeGroup("w", 1, 3), NodeGroup("big", 0, 4, Node("big", bare, bare)))
    found = answered(groups=groups, machines={"big": node("big", cpu=64, memory_gib=512)})
    assert [(each.group, each.room, each.is_foretold) for each in found.rooms] == [
        ("w", 0, False),
        ("big", 4, True),
    ]
    assert found.shapes[0].growth.added == {}
    assert found.shapes[0].growth.stops["w"] == ("maxReplicas",)
    affinity = "node(s) didn't match Pod's node affinity/selector"
    assert found.shapes[0].growth.stops["big"] == (affinity,)
    labels = {"kubernetes.io/arch": "amd64", "kubevirt.io/schedulable": "true"}
    template = Node("big", bare, bare, labels)
    found = answered(groups=(NodeGroup("big", 0, 4, template),))
    assert "Insufficient devices.kubevirt.io/kvm" in found.shapes[0].growth.stops["big"]
    assert "never make it grow" in found.notes[0]


def test_of_two_pools_the_expander_chooses_and_both_share_what_the_cluster_may_have():
    nodes = (*(node(f"w{i}") for i in range(2)), node("big0", cpu=64, memory_gib=256))
    groups = (NodeGroup("w", 1, 9), NodeGroup("big", 1, 9))
    found = answered(nodes=nodes, groups=groups, max_nodes_total=6, expanders=("LeastWaste",))
    assert [each.room for each in found.rooms] == [3, 3]
    # Of 256 GiB four VMs of 60 waste as much as two of 128, but half as much CPU goes unused.
    assert sum(found.shapes[0].growth.added.values()) == 3
    assert found.shapes[0].binding == "maxNodesTotal"


def test_a_budget_of_the_cluster_may_stop_it_before_machines_do():
    """1 TiB of storage, 100 GiB a VM: nine more, four more than fit on the workers there are."""
    disks = (Disk("root", 100 * GIB),)
    storage = (StorageSystem("odf", 4 << 40),)
    shape = answered(workload("vm", memory_gib=60, disks=disks), storage=storage).shapes[0]
    assert (shape.now.count, shape.then.count, shape.binding) == (5, 9, "storage:odf")
    assert dict(shape.growth.added) == {"w": 2}
    assert shape.growth.stops == {}


def test_refused_objects_are_shown_as_asked_for_and_nothing_grows():
    why = "memory: 64Gi is no whole number of GiB"
    found = answered(refused=(why,))
    assert not found.applies
    assert found.rooms[0].room == 2
    assert found.shapes[0].growth.added == {}
    assert found.shapes[0].then.count == found.shapes[0].now.count == 5
    assert found.refused == (why,)
    assert found.answer == (
        "production: nothing is scaled, because what asks for it is refused: w +2 (by maxReplicas)."
    )
    assert "(refused)" in str(asked(refused=(why,)))


def test_a_cluster_that_nothing_scales_says_so():
    found = limits(case(workload("vm"))).clusters["production"]
    assert (found.rooms, found.shapes, found.applies) == ((), (), False)
    assert "no ClusterAutoscaler" in found.answer


def test_vms_that_wait_are_helped_or_told_why_not():
    work = workload("vm", memory_gib=60, count=9), workload("huge", memory_gib=500)
    found = answered(*work, groups=(NodeGroup("w", 1, 6),))
    waiting = found.waiting
    assert (waiting.vms, dict(waiting.added), waiting.helped) == (4, {"w": 2}, 3)
    assert [(each.workload, each.vms) for each in waiting.pending] == [("huge", 1)]
    assert waiting.pending[0].autoscaler_message == (
        "pod didn't trigger scale-up: 1 Insufficient memory"
    )
    assert "Insufficient memory" in waiting.pending[0].message


def test_vms_beyond_the_limit_wait_on():
    found = answered(workload("vm", memory_gib=60, count=12))
    waiting = found.waiting
    assert (waiting.vms, dict(waiting.added), waiting.helped) == (6, {"w": 2}, 4)
    assert waiting.pending[0].vms == 2
    assert waiting.pending[0].autoscaler_message.endswith("1 max node group size reached")


def test_more_vms_than_anybody_tries_are_not_counted(monkeypatch):
    monkeypatch.setattr(limit_shape, "_VMS_MOST", 6)
    shape = answered().shapes[0]
    assert shape.growth.is_cut
    assert shape.binding == "nothing up to 6 VMs"


def test_a_shape_that_no_pod_comes_of_makes_nothing_grow():
    refused = replace(workload("vm"), refused={"production": "policy: no owner"})
    shape = answered(refused).shapes[0]
    assert (shape.now.count, dict(shape.growth.added)) == (0, {})
    assert shape.binding == "admission does not let it in"


def test_machines_on_their_way_at_the_end_of_a_run_count(production):
    """Nine VMs, two a worker: two machines are asked for at once, and join after minutes."""
    early, late = (
        limits(oc.simulate(production, until=until)).clusters["production"]
        for until in ("2m", "2h")
    )
    for found, now in ((early, 0), (late, 1)):
        assert found.rooms[0].machines == 5
        assert found.rooms[0].rooms["maxReplicas"] == 1
        assert found.rooms[0].rooms["maxNodesTotal"] == 3
        assert found.shapes[0].now.count == now
        assert dict(found.shapes[0].growth.added) == {"w": 1}
        assert found.shapes[0].then.count == 3
    assert (early.waiting.vms, early.waiting.helped, dict(early.waiting.added)) == (3, 3, {})
    assert late.waiting.vms == 0


def test_what_waits_comes_before_what_is_asked_about():
    """Seven VMs: one waits, and takes one of the four places that two machines bring."""
    shape = answered(workload("vm", memory_gib=60, count=7)).shapes[0]
    assert (shape.now.count, dict(shape.growth.added), shape.then.count) == (0, {"w": 2}, 3)


def test_names_that_do_not_exist_are_wrong():
    plan = case(workload("vm"))
    with pytest.raises(UnknownNameError):
        limits(plan, cluster="prodution")
    with pytest.raises(UnknownNameError):
        limits(plan, shapes=["wm"])
