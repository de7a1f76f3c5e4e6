from dataclasses import replace
from itertools import islice

import pytest

import ove_capacity as oc
from ove_capacity.analysis.ladder import _Climb, interleaved
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.instancetype import Instancetype
from ove_capacity.model.network import VmNetwork
from ove_capacity.model.node import Node
from ove_capacity.model.storage import Disk, StorageSystem
from ove_capacity.quantity import Quantity
from tests.simulation.build import GIB, case, cluster, node, workload


def rungs(plan, **asked):
    return [
        (rung.constraint, rung.vms)
        for rung in oc.ladder(plan, **asked).clusters["production"].rungs
    ]


@pytest.mark.parametrize(
    ("weights", "order"),
    [
        ({0: 1}, [0, 0, 0]),
        ({0: 1, 1: 1}, [0, 1, 0, 1]),
        ({0: 7, 1: 3}, [0, 1, 0, 0, 0, 1, 0, 0, 1, 0]),
        ({2: 1, 5: 2}, [5, 2, 5, 5, 2, 5]),
        ({}, []),
    ],
)
def test_each_shape_comes_in_its_proportion_at_every_moment(weights, order):
    assert list(islice(interleaved(weights), len(order))) == order


def test_what_binds_is_lifted_and_the_next_is_found():
    """Each of 3 nodes: 31 VMs by CPU (1 core, 5m for the console log), 250 pods."""
    found = rungs(case(workload("vm", memory_gib=2, count=1)))
    assert found[0] == ("cpu", 92)
    assert [name for name, _ in found[:3]] == ["cpu", "memory", "pods"]
    assert found[2] == ("pods", 749)
    assert found[-1] == ("tested-maximum:vms_per_cluster", 9_999)


def test_budgets_of_the_cluster_are_counted_along_the_same_order():
    home = replace(
        cluster(),
        storage=(StorageSystem("odf", 400 * GIB, replicas=1, near_full_percent=100),),
        vm_networks=(VmNetwork("vlan", addresses=20),),
    )
    web = workload("web", memory_gib=1, count=0, networks=("vlan",))
    db = workload("db", memory_gib=1, count=0, disks=(Disk("data", 100 * GIB),))
    found = rungs(case(web, db, clusters=(home,)), mix={"web": 0.75, "db": 0.25})
    # The fifth db is the 19th VM of w w d w | …: 18 are before it. The 21st web is the 28th or so.
    order = list(islice(interleaved({0: 3, 1: 1}), 40))
    fifth = [i for i, key in enumerate(order) if key == 1][4]
    last = [i for i, key in enumerate(order) if key == 0][20]
    assert found[:2] == [("storage:odf", fifth), ("addresses:vlan", last)]


def test_where_nothing_can_bind_any_more_vms_are_counted_as_if_they_were_placed(monkeypatch):
    home = replace(cluster(), storage=(StorageSystem("odf", 9_000 * GIB, 1, 100),))
    web = workload("web", memory_gib=1, count=1)
    db = workload("db", memory_gib=2, count=1, disks=(Disk("data", 4 * GIB),))
    plan = case(web, db, clusters=(home,))
    counted = oc.ladder(plan).clusters["production"]
    asked = []
    monkeypatch.setattr(_Climb, "_nothing_can_bind", lambda self: asked.append(len(self.order)))
    assert oc.ladder(plan).clusters["production"] == counted
    assert [rung.constraint for rung in counted.rungs[:3]] == ["cpu", "memory", "pods"]
    assert counted.rungs[3].vms > counted.rungs[2].vms
    assert max(asked) > counted.rungs[3].vms, "the other way places them all"


def test_a_rule_is_a_rung_and_its_shape_is_added_no_more():
    nowhere = workload("gpu", count=1, memory_gib=1, vmi_fields={"node_selector": {"gpu": "y"}})
    plan = case(workload("vm", memory_gib=2, count=1), nowhere)
    found = oc.ladder(plan).clusters["production"]
    rule, cpu, *_ = found.rungs
    assert (rule.kind, rule.vms) == ("rule", 1)
    assert rule.constraint == "gpu: node(s) didn't match Pod's node affinity/selector"
    assert (cpu.constraint, cpu.kind, cpu.vms) == ("cpu", "node", 92)


def test_the_mix_is_that_of_the_vms_that_exist_unless_one_is_given():
    plan = case(workload("a", memory_gib=1, count=3), workload("b", memory_gib=1, count=1))
    assert oc.ladder(plan).clusters["production"].mix == {"a": 0.75, "b": 0.25}
    assert oc.ladder(plan, mix={"b": 2}).clusters["production"].mix == {"b": 1.0}


def test_an_instancetype_may_be_in_the_mix():
    small = Instancetype(cpu_guest=1, memory_guest=Quantity.of(2 * GIB))
    home = replace(cluster(), instancetypes=FrozenMap({"u1.small": small}))
    found = rungs(case(clusters=(home,)), mix={"u1.small": 1})
    assert found[0][0] == "memory"


def test_a_cluster_where_nothing_is_listed_answers_in_words():
    found = oc.ladder(case()).clusters["production"]
    assert (found.rungs, found.notes) == ((), ("no VM is listed here, and no mix is named",))


def test_a_cluster_without_workers_refuses_the_first():
    master = Node("m1", node("m1").capacity, node("m1").allocatable)
    plan = case(workload("vm", count=1), clusters=(cluster(nodes=(master,)),))
    assert oc.ladder(plan).clusters["production"].rungs[0].vms == 0


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_that_is_no_positive_number_is_refused(weight):
    with pytest.raises(ValueError, match="the weight of 'vm' must be"):
        oc.ladder(case(workload("vm")), mix={"vm": weight})


def test_a_mix_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one shape"):
        oc.ladder(case(workload("vm")), mix={})


def test_a_shape_that_nobody_knows_is_refused_with_a_guess():
    with pytest.raises(oc.OveCapacityError, match="Did you mean 'web'"):
        oc.ladder(case(workload("web")), mix={"wbe": 1})
