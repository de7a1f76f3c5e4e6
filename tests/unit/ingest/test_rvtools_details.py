"""Disks, networks, reservations, file systems and datastores of RVTools workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ove_capacity as oc
from ove_capacity.ingest.choices import Networks
from ove_capacity.ingest.rvtools import ingest_rvtools
from ove_capacity.ingest.sketch import Sketch
from tests.unit.ingest.workbook import VINFO, vm, workbook

DISK, NIC = ("VM", "Capacity MiB", "Raw", "Sharing mode"), ("VM", "Network", "Connected")
GIB = 1 << 30


def ingest(tmp_path: Path, tabs: dict[str, Any], **choices: Any) -> Sketch:
    return ingest_rvtools([workbook(tmp_path / "site.xlsx", tabs)], **choices)


def loaded(tmp_path: Path, sketch: Sketch) -> oc.Case:
    file = tmp_path / "scenario.yaml"
    file.write_text(sketch.text, encoding="utf-8")
    return oc.load(file)


def made(tmp_path: Path, **tabs: Any) -> oc.Case:
    """The scenario of VMs a, b and c, which have the same size."""
    vinfo = [VINFO, vm("a"), vm("b"), vm("c")]
    return loaded(tmp_path, ingest(tmp_path, {"vInfo": vinfo, **tabs}))


def notes(sketch: Sketch) -> str:
    return "\n".join(sketch.report.notes)


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        ([("a", 10240), ("b", 10240), ("c", 10240)], [10]),
        ([(each, size) for each in "abc" for size in (1024, 20480)], [20, 1]),
        ([("a", 10240), ("b", 20480)], [10]),  # the mean of 10, 20 and none
        ([("a", 1)], [1]),
        ([("a", 1000), ("b", 1000), ("c", 1000)], [1000 / 1024]),
        ([("a", "plenty"), ("b", 10**10)], []),
        ([], []),
    ],
)
def test_a_workload_has_the_disks_of_its_vms_or_one_of_their_mean(
    rows: list[tuple[str, object]], sizes: list[float], tmp_path: Path
) -> None:
    case = made(tmp_path, vDisk=[DISK, *((*row, "False", "sharingNone") for row in rows)])
    (workload,) = case.plan.workloads
    assert [disk.size_bytes / GIB for disk in workload.disks] == sizes


def test_the_disks_of_a_workload_add_up_to_those_that_were_read(tmp_path: Path) -> None:
    sizes = {"a": 12345, "b": 1, "c": 999_999}
    case = made(tmp_path, vDisk=[DISK, *((name, size) for name, size in sizes.items())])
    (workload,) = case.plan.workloads
    total = sum(disk.size_bytes for disk in workload.disks) * workload.count
    assert 0 <= total - (sum(sizes.values()) << 20) < 3 * GIB


def test_a_sum_that_vinfo_says_is_one_disk(tmp_path: Path) -> None:
    rows = [[*VINFO, "Total disk capacity MiB"], [*vm("a"), 2048]]
    (workload,) = loaded(tmp_path, ingest(tmp_path, {"vInfo": rows})).plan.workloads
    assert [disk.size_bytes for disk in workload.disks] == [2 * GIB]


def test_vms_on_different_networks_are_workloads_of_their_own(tmp_path: Path) -> None:
    nics = [NIC, ("a", "VM Network", "True"), ("b", "vm network!", "False"), ("b", "VM Network")]
    case = made(tmp_path, vNetwork=nics)
    (cluster,) = case.fleet.clusters
    assert [each.name for each in cluster.vm_networks] == ["vm-network", "vm-network-2"]
    assert {each.name: each.networks for each in case.plan.workloads} == {
        "other-2cpu-4gi": (),
        "other-2cpu-4gi-vm-network": ("vm-network",),
        "other-2cpu-4gi-vm-network-vm-network-2": ("vm-network", "vm-network-2"),
    }


def test_networks_may_be_set_aside(tmp_path: Path) -> None:
    nics = [NIC, ("a", "one", "True"), ("b", "two", "True")]
    tabs = {"vInfo": [VINFO, vm("a"), vm("b")], "vNetwork": nics}
    sketch = ingest(tmp_path, tabs, networks=Networks.ASIDE)
    assert [each.count for each in loaded(tmp_path, sketch).plan.workloads] == [2]
    assert "Networks: 2, set aside, as you asked (--networks aside)." in sketch.decisions
    kept = ingest(tmp_path, tabs).decisions
    assert "They tell VMs apart: 2 kinds instead of 1; --networks aside." in kept[-1]


def test_networks_of_vinfo_count_where_there_is_no_tab_for_them(tmp_path: Path) -> None:
    rows = [[*VINFO, "Network #1", "Network #2"], [*vm("a"), "one", "two"]]
    (workload,) = loaded(tmp_path, ingest(tmp_path, {"vInfo": rows})).plan.workloads
    assert workload.networks == ("one", "two")


def test_what_is_not_carried_over_is_counted(tmp_path: Path) -> None:
    sketch = ingest(
        tmp_path,
        {
            "vInfo": [VINFO, vm("a"), vm("b")],
            "vCPU": [("VM", "CPUs", "Reservation"), ("a", 2, 2000), ("b", 2, 0)],
            "vMemory": [("VM", "Size MiB", "Reservation"), ("a", 4096, 4096), ("b", 4096, 1)],
            "vDisk": [DISK, ("a", 1024, "True", "sharingMultiWriter"), ("b", 1, "False", "")],
            "vPartition": [("VM", "Capacity MiB", "Consumed MiB"), ("a", 900, 100), ("x", 1, 1)],
        },
    )
    assert "VMs with CPU reserved: 1, 2,000 MHz" in notes(sketch)
    assert "VMs with memory reserved: 2, 4,097 MiB" in notes(sketch)
    assert "disks that are LUNs (RDM), carried over by their size: 1" in notes(sketch)
    assert "disks shared by VMs, which count with each of them: 1" in notes(sketch)
    assert "file systems within the guests: 1, of 900 MiB, 100 MiB in use" in notes(sketch)
    assert ("vPartition rows", 2, 1, 1, "no single VM of vInfo fits them") in sketch.report.rows


def test_datastores_are_told_and_are_not_the_storage_of_the_target(tmp_path: Path) -> None:
    tab = [
        ("Name", "Type", "Capacity MiB", "In Use MiB", "Provisioned MiB"),
        ("ds-1", "VMFS", 2048 << 10, 1024 << 10, 4096 << 10),
        ("ds-2", "NFS", "?", "", 0),
    ]
    sketch = ingest(tmp_path, {"vInfo": [VINFO, vm("a")], "vDatastore": tab})
    assert "# Source site: 2 datastores of 2,048 GiB, 1,024 GiB in use." in sketch.text
    (found,) = (each for each in sketch.findings if each.title == "Datastores of the source")
    assert found.rows[1] == ("site", "ds-2", "NFS", None, None, None)
    assert "site.xlsx!vDatastore!C3: Capacity MiB is no number (got '?')" in notes(sketch)
    assert loaded(tmp_path, sketch).fleet.clusters[0].storage == ()


def test_odd_cells_of_a_column_are_named_a_few_times_and_then_counted(tmp_path: Path) -> None:
    rows: list[list[object]] = [[*VINFO, "Provisioned MiB"]]
    rows += [[*vm(f"v{i}"), "?"] for i in range(2_000)]
    notes = ingest_rvtools([workbook(tmp_path / "a.xlsx", {"vInfo": rows})]).report.notes
    odd = [each for each in notes if "a.xlsx!vInfo!" in each]
    assert odd[0].startswith("a.xlsx!vInfo!H2: Provisioned MiB is no number")
    assert odd[3:] == ["a.xlsx!vInfo!H: 1,997 more cells like those"]
