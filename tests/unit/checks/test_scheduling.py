"""VMs that no node takes, however empty it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.checks.scenarios import VM, found, told

SIZED = "{{name: web, cluster: one, cpu: {cpu}, memory: {memory}, count: 3{more}}}"
BIG = "worker: {count: 3, node: {cpu: 8, memory: 32Gi, hugepages: {1Gi: 8}}}"
PINNING = "kubelet: {cpuManagerPolicy: static}"


@pytest.mark.parametrize(
    ("rule", "vm", "pools", "expected"),
    [
        ("vm-too-large", SIZED.format(cpu=1, memory="31Gi", more=""), BIG, "error: 3 VMs stay"),
        ("vm-too-large", SIZED.format(cpu=1, memory="8Gi", more=""), BIG, ""),
        ("vm-too-large", SIZED.format(cpu=80, memory="1Gi", more=""), BIG, "error: 3 VMs stay"),
        (
            "vm-device-not-offered",
            SIZED.format(cpu=1, memory="9Gi", more=", hugepages: 1Gi"),
            BIG,
            "er",
        ),
        (
            "vm-device-not-offered",
            SIZED.format(cpu=1, memory="8Gi", more=", hugepages: 1Gi"),
            BIG,
            "",
        ),
        (
            "vm-device-not-offered",
            SIZED.format(cpu=1, memory="8Gi", more=", hugepages: 2Mi"),
            BIG,
            "er",
        ),
    ],
)
def test_what_a_vm_asks_for_and_the_largest_node(
    rule: str, vm: str, pools: str, expected: str, tmp_path: Path
) -> None:
    lines = told(tmp_path, rule, vms=vm, pools=pools)
    assert len(lines) == bool(expected)
    assert all(each.startswith(expected) for each in lines)


@pytest.mark.parametrize(("pinned", "expected"), [(PINNING, 0), ("", 1)])
def test_a_pinned_vm_needs_a_kubelet_that_pins(pinned: str, expected: int, tmp_path: Path) -> None:
    vm = SIZED.format(cpu=2, memory="4Gi", more=", dedicatedCpuPlacement: true")
    pools = BIG + (f"}}\n    {pinned}\n    labels: {{" if pinned else "")
    findings = found(tmp_path, "vm-node-not-ready", vms=vm, pools=pools)
    assert [each.consequence for each in findings] == ["3 VMs stay Pending on one (web)"] * expected
    assert all("cpuManagerPolicy: static" in each.repair for each in findings)


def test_a_cluster_of_masters_lacks_workers(tmp_path: Path) -> None:
    vm = SIZED.format(cpu=2, memory="4Gi", more="")
    pools = "master: {count: 3, node: {cpu: 8, memory: 32Gi}}"
    (finding,) = found(tmp_path, "vm-node-not-ready", vms=vm, pools=pools)
    assert finding.repair == "a pool of workers: there is none"


DEVICE = "devices: {gpus: [{name: g, deviceName: nvidia.com/A100}]}"
GPUS = "worker: {count: 3, node: {cpu: 8, memory: 32Gi, devices: {nvidia.com/A100: 1}}}"


@pytest.mark.parametrize(("pools", "expected"), [(GPUS, 0), (BIG, 1)])
def test_a_device_that_no_node_offers(pools: str, expected: int, tmp_path: Path) -> None:
    hub = VM.format(annotations="", more="", domain=DEVICE)
    vms = "{name: gpu, template: web, cluster: one, count: 2}"
    findings = found(tmp_path, "vm-device-not-offered", hub=hub, vms=vms, pools=pools)
    assert [each.consequence for each in findings] == ["2 VMs stay Pending on one (gpu)"] * expected
    assert all("1 of nvidia.com/A100, and no node has any" in each.message for each in findings)


def test_a_template_that_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    hub = VM.format(annotations="", more="nodeSelector: {tier: gold}, ", domain="devices: {}")
    (finding,) = found(tmp_path, "vm-selects-no-node", hub=hub)
    assert (finding.severity, finding.problem.line) == ("warning", 12)
    assert finding.consequence == "every VM of vms/web stays Pending on one"


HCO = "apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged\nmetadata: {name: h}\n"
TWO = "two: {pools: {worker: {count: 1, node: {cpu: 8, memory: 32Gi}}}}"


def test_a_cluster_beside_one_with_virtualization_has_none(tmp_path: Path) -> None:
    vms = "{name: web, cluster: two, cpu: 1, memory: 1Gi, count: 3}"
    more = f"  {TWO}\n"
    assert told(tmp_path, "virtualization-missing", own=HCO, more=more, vms=vms) == [
        "warning: unless it is installed otherwise, 3 VMs stay Pending on two (web)"
    ]
    assert told(tmp_path, "virtualization-missing", more=more, vms=vms) == []
    assert told(tmp_path, "virtualization-missing", own=HCO) == []
