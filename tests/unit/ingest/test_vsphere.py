from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ove_capacity as oc
from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.sketch import Sketch
from ove_capacity.ingest.vsphere import ingest_vsphere_json

OLD_GOVC = {"NumCPU": 4, "MemoryMB": 8192}


def config(name: str = "db", cpus: object = 4, memory: object = 8192, **more: Any) -> Any:
    return {"name": name, "hardware": {"numCPU": cpus, "memoryMB": memory}, **more}


def ingest(tmp_path: Path, document: object, **choices: Any) -> Sketch:
    file = tmp_path / "vms.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return ingest_vsphere_json(file, **choices)


def counts(tmp_path: Path, sketch: Sketch) -> dict[str, int]:
    file = tmp_path / "scenario.yaml"
    file.write_text(sketch.text, encoding="utf-8")
    return {each.name: each.count for each in oc.load(file).plan.workloads}


@pytest.mark.parametrize(
    "document",
    [
        config(),
        [config()],
        {"config": config()},
        {"virtualMachines": [{"config": config(), "runtime": {"powerState": "poweredOn"}}]},
        {
            "VirtualMachines": [
                {"Config": {"Name": "db", "Hardware": {"NumCPU": 4, "MemoryMB": 8192}}}
            ]
        },
    ],
    ids=["config", "list", "object", "govc", "old govc"],
)
def test_a_vm_is_found_in_every_wrapping(tmp_path: Path, document: object) -> None:
    assert counts(tmp_path, ingest(tmp_path, document)) == {"other-4cpu-8gi": 1}


def test_state_and_system_are_read_where_they_stand(tmp_path: Path) -> None:
    vm = {
        "config": config(guestFullName="Other"),
        "runtime": {"powerState": "poweredOff"},
        "guest": {"guestFullName": "Debian GNU/Linux 12 (64-bit)"},
    }
    assert counts(tmp_path, ingest(tmp_path, vm)) == {"debian-4cpu-8gi-off": 1}
    assert counts(tmp_path, ingest(tmp_path, vm, powered_off=PoweredOff.RUN)) == {
        "debian-4cpu-8gi": 1
    }


def test_what_is_no_vm_to_place_is_set_aside_with_its_place(tmp_path: Path) -> None:
    vms = [config(), config("gold", template=True), config("odd", -1), config("none", None)]
    aside = ingest(tmp_path, vms).findings[-1]
    assert aside.rows == (
        ("gold", "vms.json![1]", "it is a template: it never runs"),
        ("odd", "vms.json![2]", "numCPU must be a whole number of no more than 12 digits (got -1)"),
        ("none", "vms.json![3]", "it says no CPUs or no memory"),
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"vms": {"total": 10, "cpuCores": {"total": 10}}},
            "sums and histograms over 10",
        ),
        ({"entities": [{"spec": {}}]}, "holds no vSphere VM"),
        ([], "holds no vSphere VM"),
        (7, "holds no vSphere VM"),
        ([config("", 1)], "holds no VM that can be used"),
    ],
)
def test_what_has_no_vms_is_refused(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        ingest(tmp_path, document)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": }', "vms.json:1:7 — is not JSON"),
        (b"\xff\xfe", "not JSON in UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"9" * 10_000, "not JSON in UTF-8"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "vms.json"
    file.write_bytes(content)
    with pytest.raises(ScenarioError, match=message):
        ingest_vsphere_json(file)


@pytest.mark.parametrize(("name", "message"), [("", "is a folder"), ("no.json", "does not exist")])
def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        ingest_vsphere_json(tmp_path / name)


def test_disks_and_networks_are_those_of_its_devices(tmp_path: Path) -> None:
    devices = [
        {"capacityInKB": 1 << 20},
        {"capacityInKB": 1, "capacityInBytes": 2 << 30},
        {"capacityInBytes": -1, "capacityInKB": "x"},
        {"macAddress": "00:50", "backing": {"deviceName": "VM Network"}},
        {"backing": {"deviceName": "cdrom"}},
        None,
    ]
    hardware = {"numCPU": 2, "memoryMB": 4096, "device": devices}
    file = tmp_path / "vms.json"
    file.write_text(json.dumps({"name": "a", "hardware": hardware}))
    sketch = ingest_vsphere_json(file)
    assert "disks: [2Gi, 1Gi], networks: [vm-network]" in sketch.text
