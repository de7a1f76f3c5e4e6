"""What one would not guess of KubeVirt, with the figures its own code gives."""

from __future__ import annotations

import pytest

from ove_capacity.model.pod_requests import pod_requests, qos_class
from ove_capacity.model.virtualization import KubeVirt, NetworkAttachment
from tests.unit.kubevirt.build import (
    GIB,
    MIB,
    RECORDED,
    compute,
    configured,
    overhead_bytes,
    rendered,
    texts,
    vmi,
)

TEMPLATE = {
    "cpu": {"cores": 4, "sockets": 1, "threads": 1},
    "memory": {"guest": "8Gi"},
    "resources": {
        "requests": {"cpu": 2, "memory": "4Gi"},
        "limits": {"cpu": 4, "memory": "8Gi"},
    },
    "devices": {"autoattachPodInterface": False, "autoattachGraphicsDevice": True},
}
BARE_TEMPLATE = {**TEMPLATE, "resources": {}}
PINNED_TEMPLATE = {
    **BARE_TEMPLATE,
    "cpu": {**TEMPLATE["cpu"], "dedicatedCpuPlacement": True},
    "memory": {"guest": "8Gi", "hugepages": {"pageSize": "1Gi"}},
}


def requests(domain, rules, kubevirt=None):
    total = pod_requests(rendered(vmi(domain), rules, kubevirt).spec)
    return {name: quantity.milli // 1000 for name, quantity in total.items()} | {
        "cpu": total["cpu"].milli
    }


@pytest.mark.parametrize(("rules", "memory"), [("v1.1.0", 4617277121), ("v1.9.0", 4644540097)])
@pytest.mark.parametrize("ratio", [1, 10, 20])
def test_explicit_requests_beat_the_cpu_allocation_ratio(rules, memory, ratio):
    kubevirt = configured(developerConfiguration={"cpuAllocationRatio": ratio})
    asked = requests(TEMPLATE, rules, kubevirt)
    assert (asked["cpu"], asked["memory"]) == (2005, memory)
    assert not {"devices.kubevirt.io/tun", "devices.kubevirt.io/vhost-net"} & asked.keys()
    assert qos_class(rendered(vmi(TEMPLATE), rules, kubevirt).spec) == "Burstable"


def test_without_the_console_log_nothing_but_compute_is_asked_for():
    kubevirt = configured(virtualMachineOptions={"disableSerialConsoleLog": {}})
    asked = requests(TEMPLATE, "v1.1.0", kubevirt)
    assert (asked["cpu"], asked["memory"]) == (2000, 4582277121)


@pytest.mark.parametrize(("rules", "memory"), [("v1.1.0", 8920633024), ("v1.9.0", 8931118784)])
def test_without_requests_the_ratio_and_the_guest_decide(rules, memory):
    asked = requests(BARE_TEMPLATE, rules)
    assert (asked["cpu"], asked["memory"]) == (405, memory)


@pytest.mark.parametrize(("rules", "memory"), [("v1.1.0", 460556032), ("v1.9.0", 471041792)])
def test_a_pinned_vm_on_large_pages_asks_for_little_normal_memory(rules, memory):
    asked = requests(PINNED_TEMPLATE, rules)
    assert (asked["cpu"], asked["memory"], asked["hugepages-1Gi"]) == (4015, memory, 8 * GIB)
    assert qos_class(rendered(vmi(PINNED_TEMPLATE), rules).spec) == "Guaranteed"


@pytest.mark.parametrize(
    ("rules", "requested", "guest_only"),
    [("v1.1.0", 2409627648, 2409627648), ("v1.9.0", 2436890624, 289406976)],
)
def test_page_tables_count_only_for_an_explicit_request_since_v1_6(rules, requested, guest_only):
    cpu = {"cores": 2}
    explicit = vmi({"cpu": cpu, "resources": {"requests": {"memory": "1Ti"}}})
    guest = vmi({"cpu": cpu, "memory": {"guest": "1Ti"}})
    assert overhead_bytes(explicit, KubeVirt(), rules) == requested
    assert overhead_bytes(guest, KubeVirt(), rules) == guest_only


@pytest.mark.parametrize("rules", RECORDED)
def test_equal_requests_and_limits_cost_100_mib_and_guaranteed_helpers(rules):
    both = {"cpu": "2", "memory": "4Gi"}
    less = {"cpu": "1", "memory": "4Gi"}
    wants = vmi({"resources": {"requests": both, "limits": both}})
    other = vmi({"resources": {"requests": less, "limits": both}})
    extra = overhead_bytes(wants, KubeVirt(), rules) - overhead_bytes(other, KubeVirt(), rules)
    assert extra == 100 * MIB
    assert qos_class(rendered(wants, rules).spec) == "Guaranteed"
    assert qos_class(rendered(other, rules).spec) == "Burstable"


def passt(binding, count):
    interfaces = [{"name": f"n{index}", binding: {}} for index in range(count)]
    return vmi({"memory": {"guest": "1Gi"}, "devices": {"interfaces": interfaces}})


def test_passt_weighs_800_mib_each_in_v1_1_and_250_mib_once_since_v1_8():
    def extra(binding, count, rules):
        plain = overhead_bytes(passt("bridge", count), KubeVirt(), rules)
        return overhead_bytes(passt(binding, count), KubeVirt(), rules) - plain

    assert extra("passt", 2, "v1.1.0") == 1600 * MIB
    assert extra("passt", 2, "v1.9.0") == 0
    assert extra("passtBinding", 2, "v1.9.0") == 250 * MIB
    assert extra("passtBinding", 2, "v1.1.0") == 0


def test_the_overhead_of_arm64_goes_by_the_cluster_in_v1_1_and_by_the_vm_later():
    arm_cluster = KubeVirt(arch="arm64")
    amd = vmi({"memory": {"guest": "1Gi"}}, architecture="amd64")
    arm = vmi({"memory": {"guest": "1Gi"}}, architecture="arm64")

    def extra(of, kubevirt, rules):
        return overhead_bytes(of, kubevirt, rules) - overhead_bytes(amd, KubeVirt(), rules)

    assert extra(amd, arm_cluster, "v1.1.0") == 128 * MIB
    assert extra(arm, KubeVirt(), "v1.1.0") == 0
    assert extra(amd, arm_cluster, "v1.9.0") == 0
    assert extra(arm, KubeVirt(), "v1.9.0") == 128 * MIB


def test_rendering_twice_gives_the_same_pod():
    fractional = vmi({"memory": {"guest": "1.5Gi"}, "cpu": {"dedicatedCpuPlacement": True}})
    assert rendered(fractional, "v1.1.0") == rendered(fractional, "v1.1.0")


def test_a_network_of_virtual_functions_asks_for_none_in_v1_9():
    domain = {"memory": {"guest": "1Gi"}, "devices": {"interfaces": [{"name": "a", "sriov": {}}]}}
    of = vmi(domain, networks=[{"name": "a", "multus": {"networkName": "fast"}}])
    kubevirt = configured_with_network("openshift.io/vf")
    assert texts(compute(of, "v1.8.4", kubevirt).requests)["openshift.io/vf"] == "1"
    assert "openshift.io/vf" not in compute(of, "v1.9.0", kubevirt).requests


def configured_with_network(resource_name):
    attachment = NetworkAttachment("fast", "default", resource_name)
    return KubeVirt(network_attachments=(attachment,))


def test_overcommitted_hugepages_are_no_multiple_of_a_page():
    domain = {"memory": {"guest": "8Gi", "hugepages": {"pageSize": "2Mi"}}}
    kubevirt = configured(developerConfiguration={"memoryOvercommit": 150})
    for rules in RECORDED:
        assert texts(compute(vmi(domain), rules, kubevirt).limits)["hugepages-2Mi"] == "5726623061"


def test_only_some_fields_reach_the_pod():
    grown = {"cpu": {"cores": 1, "sockets": 2, "maxSockets": 8}, "memory": {"guest": "4Gi"}}
    larger = {**grown, "memory": {"guest": "4Gi", "maxGuest": "32Gi"}}
    assert compute(vmi(grown)) == compute(vmi(larger))
