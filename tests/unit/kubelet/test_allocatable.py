"""Allocatable against what real nodes reported, and by release."""

import pytest

from ove_capacity.kubelet.allocatable import node_allocatable
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.releases import release

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30


def test_a_node_of_a_real_cluster_reports_the_same():
    capacity = {
        "cpu": 32_000,
        "memory": 196648112 * _KIB,
        "ephemeral-storage": 1798308868096,
    }
    assert node_allocatable(capacity, release("4.18"), KubeletConfig()).amounts == {
        "cpu": 31_500,
        "memory": 195497136 * _KIB,
        "ephemeral-storage": 1617404236783,
        "pods": 250,
    }


def test_hugepages_come_out_of_memory_and_named_cpus_out_of_cpu():
    capacity = {"cpu": 80_000, "memory": 196633676 * _KIB, "hugepages-2Mi": 256 * _MIB}
    config = KubeletConfig(reserved_cpus=6, system_reserved={"memory": 1000 * _MIB})
    found = node_allocatable(capacity, release("4.18"), config)
    assert found.amounts["cpu"] == 74_000
    assert found.amounts["memory"] == 195245132 * _KIB
    assert found.amounts["hugepages-2Mi"] == 256 * _MIB


@pytest.mark.parametrize(
    ("openshift", "created_on", "is_master", "cpu", "memory_gib"),
    [
        ("4.20", "4.20", False, 63_500, 1),
        ("4.21", "4.21", False, 63_180, 10),
        ("4.21", "4.21", True, 63_500, 1),
        ("4.22", "4.18", False, 63_500, 1),
    ],
)
def test_the_release_it_was_created_on_decides(openshift, created_on, is_master, cpu, memory_gib):
    capacity = {"cpu": 64_000, "memory": 251 * _GIB}
    found = node_allocatable(
        capacity, release(openshift, created_on), KubeletConfig(), is_master=is_master
    )
    assert found.amounts["cpu"] == cpu
    assert found.amounts["memory"] == (251 - memory_gib) * _GIB - 100 * _MIB


def test_each_number_that_was_not_given_is_an_assumption():
    capacity = {"cpu": 8_000, "memory": 32 * _GIB}
    assumed = node_allocatable(capacity, release("4.18"), KubeletConfig()).assumptions
    assert [each.name.split(" ")[0] for each in assumed] == [
        "node.system_reserved.cpu",
        "node.system_reserved.memory",
        "node.eviction_hard.memory_available",
        "node.max_pods",
    ]


def test_what_is_configured_is_no_assumption():
    config = KubeletConfig(
        system_reserved={"cpu": 1_000, "memory": 2 * _GIB},
        eviction_memory_bytes=200 * _MIB,
        max_pods=500,
    )
    found = node_allocatable({"cpu": 8_000, "memory": 32 * _GIB}, release("4.21"), config)
    assert found.assumptions == ()
    assert found.amounts == {"cpu": 7_000, "memory": 30 * _GIB - 200 * _MIB, "pods": 500}


def test_a_node_smaller_than_its_reserve_has_nothing_to_give():
    found = node_allocatable({"cpu": 100, "memory": _GIB}, release("4.18"), KubeletConfig())
    assert (found.amounts["cpu"], found.amounts["memory"]) == (0, 0)
