"""Names in VMs that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc
from tests.unit.checks.scenarios import VM, told

NAMED = """
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {{name: web, namespace: vms}}
spec:
  instancetype: {{{instancetype}}}
  preference: {{{preference}}}
  template: {{spec: {{{more}domain: {{devices: {{}}}}}}}}
---
apiVersion: instancetype.kubevirt.io/v1beta1
kind: VirtualMachineInstancetype
metadata: {{name: own, namespace: {namespace}}}
spec: {{cpu: {{guest: 1}}, memory: {{guest: 1Gi}}}}
"""
OWN = "name: own, kind: VirtualMachineInstancetype"


@pytest.mark.parametrize(
    ("instancetype", "preference", "more", "namespace", "said"),
    [
        ("name: u1.small", "name: fedora", "", "vms", ""),
        (
            "name: u1.smal",
            "name: fedora",
            "",
            "vms",
            "there is no VirtualMachineClusterInstancetype",
        ),
        (
            "name: u1.small",
            "name: fedoar",
            "",
            "vms",
            "there is no VirtualMachineClusterPreference",
        ),
        (OWN, "name: fedora", "", "vms", ""),
        (OWN, "name: fedora", "", "other", "there is no VirtualMachineInstancetype own"),
        (
            "name: u1.small",
            "name: fedora",
            "priorityClassName: top, ",
            "vms",
            "no PriorityClass top",
        ),
        ("name: u1.small", "name: fedora", "priorityClassName: system-node-critical, ", "vms", ""),
    ],
)
def test_what_a_vm_names(
    instancetype: str, preference: str, more: str, namespace: str, said: str, tmp_path: Path
) -> None:
    own = NAMED.format(
        instancetype=instancetype, preference=preference, more=more, namespace=namespace
    )
    (tmp_path / "own.yaml").write_text(own)
    pools = "{worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}"
    (tmp_path / "s.yaml").write_text(
        "apiVersion: ove-capacity/v1\nname: s\n"
        f"clusters: {{one: {{manifests: [own.yaml], pools: {pools}}}}}\n"
    )
    findings = oc.check(tmp_path / "s.yaml", rules=["name-unknown"]).findings
    assert [said in each.message for each in findings] == [True] * bool(said)


NETWORK = """
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {{name: v, namespace: {namespace}}}
spec: {{config: '{{"type": "bridge", "bridge": "br1"}}'}}
"""


@pytest.mark.parametrize(("network", "number"), [("v", 0), ("vms/v", 0), ("w", 1), ("other/v", 1)])
def test_networks_of_a_template(network: str, number: int, tmp_path: Path) -> None:
    more = f"networks: [{{name: n, multus: {{networkName: {network}}}}}], "
    hub = VM.format(annotations="", more=more, domain="devices: {}")
    own = NETWORK.format(namespace="vms")
    lines = told(tmp_path, "network-unknown", own=own, hub=hub)
    said = "warning: unless it is made elsewhere, every VM of vms/web never starts on one"
    assert lines == [said] * number


CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n"


@pytest.mark.parametrize(
    ("own", "name", "number"), [(CLASS, "fast", 0), (CLASS, "fats", 1), ("", "fats", 0)]
)
def test_storage_classes(own: str, name: str, number: int, tmp_path: Path) -> None:
    disk = f"disks: {{size: 1Gi, storageClass: {name}}}"
    vms = f"{{name: web, cluster: one, cpu: 1, memory: 1Gi, count: 3, {disk}}}"
    lines = told(tmp_path, "storage-class-unknown", own=own, vms=vms)
    assert lines == ["error: 3 VMs never start on one (web)"] * number
