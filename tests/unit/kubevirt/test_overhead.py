"""Memory overhead, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.model.virtualization import BindingPlugin, KubeVirt
from ove_capacity.quantity import Quantity
from tests.unit.kubevirt.build import MIB, RECORDED, configured, overhead_bytes, vmi

BASE_MIB = {
    # without page tables: processes, one vCPU, the IO thread, video
    "v1.0.1": 210 + 8 + 8 + 16,
    "v1.1.0": 210 + 8 + 8 + 16,
    "v1.4.0": 215 + 8 + 8 + 16,
    "v1.5.0": 220 + 8 + 8 + 16,
    "v1.6.0": 220 + 8 + 8 + 32,
    "v1.8.4": 220 + 8 + 8 + 32,
    "v1.9.0": 220 + 8 + 8 + 32,
    "v1.12.0": 220 + 8 + 8 + 32,
}
ONE = {"cpu": {"cores": 1}}


def extra_mib(domain, rules, **spec):
    """What the fields add to a VM of one core without memory."""
    plain = overhead_bytes(vmi(ONE), KubeVirt(), rules)
    return (overhead_bytes(vmi({**ONE, **domain}, **spec), KubeVirt(), rules) - plain) / MIB


@pytest.mark.parametrize(("rules", "expected"), BASE_MIB.items())
def test_the_constants_of_each_release(rules, expected):
    assert overhead_bytes(vmi(ONE), KubeVirt(), rules) == expected * MIB


@pytest.mark.parametrize(
    ("domain", "spec", "early", "late"),
    [
        ({"cpu": {"cores": 3, "threads": 2}}, {}, 40, 40),
        ({"devices": {"autoattachGraphicsDevice": False}}, {}, -16, -32),
        ({"devices": {"gpus": [{"name": "g", "deviceName": "x/y"}]}}, {}, 1024, 1024),
        ({"devices": {"interfaces": [{"name": "n", "sriov": {}}] * 3}}, {}, 1024, 1024),
        ({"devices": {"tpm": {}}}, {}, 53, 53),
        ({"devices": {"tpm": {"enabled": False}}}, {}, 53, 0),
        ({"launchSecurity": {"sev": {}}}, {}, 256, 256),
        ({"launchSecurity": {"snp": {}}}, {}, 0, 256),
        ({"launchSecurity": {"tdx": {}}}, {}, 0, 0),
        ({"memory": {"reservedOverhead": {"addedOverhead": "7Mi"}}}, {}, 0, 7),
        ({}, {"livenessProbe": {"exec": {}}}, 110, 110),
        ({}, {"livenessProbe": {"exec": {}}, "readinessProbe": {"exec": {}}}, 120, 120),
        ({}, {"readinessProbe": {"tcpSocket": {}}}, 0, 0),
        ({}, {"volumes": [{"name": "m", "downwardMetrics": {}}]}, 1, 1),
        ({"devices": {"downwardMetrics": {}}}, {}, 0, 0),
        ({"ioThreads": {"supplementalPoolThreadCount": 4}}, {}, 0, 0),
        ({"cpu": {"cores": 1, "dedicatedCpuPlacement": True}}, {}, 100, 100),
    ],
)
def test_what_each_field_adds(domain, spec, early, late):
    assert extra_mib(domain, "v1.1.0", **spec) == early
    assert extra_mib(domain, "v1.8.4", **spec) == late
    assert extra_mib(domain, "v1.9.0", **spec) == late


@pytest.mark.parametrize("rules", RECORDED)
def test_page_tables_take_a_512th_of_the_requested_decimal_kilobytes(rules):
    of = vmi({**ONE, "resources": {"requests": {"memory": "1000001"}}})
    plain = overhead_bytes(vmi(ONE), KubeVirt(), rules)
    assert overhead_bytes(of, KubeVirt(), rules) - plain == 1001 * 1000 // 512


def test_the_ratio_multiplies_the_100_mib_of_pinned_vms_since_v1_5():
    pinned = vmi({"cpu": {"cores": 1, "dedicatedCpuPlacement": True}})
    kubevirt = configured(additionalGuestMemoryOverheadRatio="2")

    def doubled(size):
        return size + -(-size // 1000) * 1000

    early, late = doubled(247 * MIB) + 100 * MIB, doubled(352 * MIB)
    assert overhead_bytes(pinned, kubevirt, "v1.4.0") == early
    assert overhead_bytes(pinned, kubevirt, "v1.5.0") == late


@pytest.mark.parametrize("ratio", ["many", "inf", "nan"])
def test_a_ratio_that_is_no_number_changes_nothing(ratio):
    kubevirt = configured(additionalGuestMemoryOverheadRatio=ratio)
    assert overhead_bytes(vmi(ONE), kubevirt, "v1.9.0") == 268 * MIB


def test_a_network_binding_plugin_adds_its_overhead_once():
    interfaces = [{"name": name, "binding": {"name": "p"}} for name in "ab"]
    of = vmi({**ONE, "devices": {"interfaces": interfaces}})
    plugin = BindingPlugin(memory_overhead=Quantity.parse("500Mi"))
    kubevirt = replace(KubeVirt(), binding_plugins={"p": plugin})
    assert overhead_bytes(of, kubevirt, "v1.9.0") == (268 + 500) * MIB
    assert overhead_bytes(of, kubevirt, "v1.1.0") == 242 * MIB
