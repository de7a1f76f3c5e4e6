from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ove_capacity as oc
from ove_capacity.errors import OveCapacityError, ScenarioError
from ove_capacity.ingest.choices import PoweredOff, Sizes
from ove_capacity.ingest.rvtools import ingest_rvtools
from ove_capacity.ingest.sketch import Sketch
from tests.unit.ingest.workbook import VINFO, vm, workbook

HOSTS = ("Host", "Cluster", "# Cores", "HT Active", "# Memory", "# VMs", "# vCPUs")


def ingest(tmp_path: Path, tabs: dict[str, Any], **choices: Any) -> Sketch:
    return ingest_rvtools([workbook(tmp_path / "site.xlsx", tabs)], **choices)


def vms(tmp_path: Path, *rows: list[object], **choices: Any) -> Sketch:
    return ingest(tmp_path, {"vInfo": [VINFO, *rows]}, **choices)


def loaded(tmp_path: Path, sketch: Sketch) -> oc.Case:
    file = tmp_path / "scenario.yaml"
    file.write_text(sketch.text, encoding="utf-8")
    return oc.load(file)


def workloads(tmp_path: Path, sketch: Sketch) -> dict[str, tuple[int, str]]:
    case = loaded(tmp_path, sketch)
    return {each.name: (each.count, each.run_strategy) for each in case.plan.workloads}


def set_aside(sketch: Sketch) -> dict[str, str]:
    table = next((each for each in sketch.findings if each.title == "Set aside"), None)
    return {str(row[0]): f"{row[1]}: {row[2]}" for row in table.rows} if table else {}


def contradictions(sketch: Sketch) -> dict[str, tuple[object, ...]]:
    tables = [each for each in sketch.findings if each.title == "Where it contradicts itself"]
    return {str(row[0]): row[1:] for table in tables for row in table.rows}


def test_vms_that_are_alike_are_one_workload(tmp_path: Path) -> None:
    sketch = vms(tmp_path, vm("a"), vm("b"), vm("c", 4, 8192), vm("d", power="poweredOff"))
    assert workloads(tmp_path, sketch) == {
        "other-2cpu-4gi": (2, "Always"),
        "other-4cpu-8gi": (1, "Always"),
        "other-2cpu-4gi-off": (1, "Halted"),
    }
    assert "  # a, b\n" in sketch.text


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (PoweredOff.HALTED, {"other-2cpu-4gi": (1, "Always"), "other-2cpu-4gi-off": (2, "Halted")}),
        (PoweredOff.RUN, {"other-2cpu-4gi": (3, "Always")}),
        (PoweredOff.ASIDE, {"other-2cpu-4gi": (1, "Always")}),
    ],
)
def test_powered_off_vms_come_along_halted_unless_told_otherwise(
    tmp_path: Path, choice: PoweredOff, found: dict[str, tuple[int, str]]
) -> None:
    rows = [vm("a"), vm("b", power="poweredOff"), vm("c", power="suspended")]
    assert workloads(tmp_path, vms(tmp_path, *rows, powered_off=choice)) == found


def test_what_is_no_vm_to_place_is_set_aside_with_its_cell_and_reason(tmp_path: Path) -> None:
    rows = [
        vm("a"),
        vm("gold", template="True"),
        vm("vCLS-17"),
        vm("nosize", "", ""),
        vm("odd", "#N/A"),
        vm("", 2),
        vm("huge", 5000),
    ]
    assert set_aside(vms(tmp_path, *rows)) == {
        "gold": "site.xlsx!vInfo!A3: it is a template: it never runs",
        "vCLS-17": "site.xlsx!vInfo!A4: it belongs to vSphere itself (vCLS)",
        "nosize": "site.xlsx!vInfo!A5: no tab says its CPUs and memory",
        "odd": "site.xlsx!vInfo!A6: no tab says its CPUs",
        "(no name)": "site.xlsx!vInfo!A7: it has no name",
        "huge": "site.xlsx!vInfo!D8: no VM has 5,000 CPUs and 4,096 MiB",
    }


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    sketch = vms(tmp_path, vm("a"), vm("b", "two"))
    assert "site.xlsx!vInfo!D3: CPUs is no number (got 'two')" in sketch.report.notes


def test_sizes_that_vinfo_lacks_come_from_vcpu_and_vmemory(tmp_path: Path) -> None:
    tabs = {
        "vInfo": [VINFO, vm("a", "", "")],
        "vCPU": [("CPUs", "VM"), (18, "a")],
        "vMemory": [("owner", "Size MiB", "VM"), ("me", 40960, "a")],
    }
    assert workloads(tmp_path, ingest(tmp_path, tabs)) == {"other-18cpu-40gi": (1, "Always")}


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        (Sizes.VINFO, "other-2cpu-4gi"),
        (Sizes.DETAIL, "other-3cpu-2gi"),
        (Sizes.LARGER, "other-3cpu-4gi"),
    ],
)
def test_who_is_believed_can_be_chosen_and_tabs_that_disagree_are_named(
    tmp_path: Path, sizes: Sizes, name: str
) -> None:
    tabs = {
        "vInfo": [VINFO, vm("a")],
        "vCPU": [("VM", "CPUs"), ("a", 3)],
        "vMemory": [("VM", "Size MiB"), ("a", 2048)],
    }
    sketch = ingest(tmp_path, tabs, sizes=sizes)
    assert list(workloads(tmp_path, sketch)) == [name]
    assert contradictions(sketch)["CPUs: vInfo and vCPU"][0] == 1
    assert contradictions(sketch)["memory in MiB: vInfo and vMemory"][2] == "a: 4,096 and 2,048"


def test_two_vms_of_one_name_are_told_apart_by_their_uuid(tmp_path: Path) -> None:
    tabs = {
        "vInfo": [VINFO, vm("a", "", uuid="u1"), vm("a", "", uuid="u2")],
        "vCPU": [("VM", "CPUs", "VM UUID"), ("a", 3, "u2"), ("a", 5, "u1")],
    }
    found = workloads(tmp_path, ingest(tmp_path, tabs))
    assert sorted(found) == ["other-3cpu-4gi", "other-5cpu-4gi"]


def test_without_an_identity_a_name_that_two_vms_have_joins_nothing(tmp_path: Path) -> None:
    tabs = {
        "vInfo": [VINFO, vm("a", ""), vm("a"), vm("b")],
        "vCPU": [("VM", "CPUs"), ("a", 3), ("b", 2)],
    }
    sketch = ingest(tmp_path, tabs)
    assert set_aside(sketch)["a"].endswith("no tab says its CPUs")
    assert ("vCPU rows", 2, 1, 1, "no single VM of vInfo fits them") in sketch.report.rows


@pytest.mark.parametrize(
    "header",
    [
        ("VM", "Powerstate", "CPUs", "Memory"),
        ("Memory MB", "CPUs", "owner", "power state", "vm name"),
        ("vInfoVMName", "vInfoCPUs", "vInfoMemory", "vInfoPowerstate"),
        ("vm ", "# CPUs", "# Memory", "POWERSTATE"),
    ],
)
def test_a_column_is_found_by_any_of_its_names_in_any_order(
    tmp_path: Path, header: tuple[str, ...]
) -> None:
    values = {"cpu": 2, "mem": 4096, "power": "poweredOff", "owner": "me"}
    row = [next((v for k, v in values.items() if k in head.lower()), "a") for head in header]
    sketch = ingest(tmp_path, {"tabvInfo": [header, row]})
    assert workloads(tmp_path, sketch) == {"other-2cpu-4gi-off": (1, "Halted")}


@pytest.mark.parametrize("memory", [4096, "4096", "4,096", "4 096", "4096.0", "4.096E3"])
def test_numbers_are_read_as_exports_write_them(tmp_path: Path, memory: object) -> None:
    assert list(workloads(tmp_path, vms(tmp_path, vm("a", 2, memory)))) == ["other-2cpu-4gi"]


@pytest.mark.parametrize("memory", ["4.096", "-1", "NaN", "inf", "1e999999999", "9" * 5000, "0x10"])
def test_a_number_that_could_mean_another_is_none(tmp_path: Path, memory: object) -> None:
    sketch = vms(tmp_path, vm("a"), vm("b", 2, memory))
    assert set_aside(sketch)["b"].endswith("no tab says its memory")


def test_hosts_tell_over_commit_and_n_plus_1(tmp_path: Path) -> None:
    tabs = {
        "vInfo": [VINFO, vm("a", 32, 98304), vm("b", 64, 98304, power="poweredOff")],
        "vHost": [
            HOSTS,
            ("h1", "A", 16, "True", 131072, 1, 32),
            ("h2", "A", 16, "True", 131072, 0, 0),
        ],
    }
    sketch = ingest(tmp_path, tabs)
    (row,) = next(table for table in sketch.findings if table.title == "The source").rows
    assert row == ("site/A", 2, 32, 262144, 1, 1.0, 1.0, 37.5, 75.0)
    pool = loaded(tmp_path, sketch).fleet.clusters[0].nodes
    assert [node.capacity["cpu"] for node in pool] == [32_000, 32_000]


def test_a_host_in_maintenance_counts_for_nothing_today(tmp_path: Path) -> None:
    hosts = [
        ("Host", "# Cores", "# Memory", "in Maintenance Mode"),
        ("h1", 16, 65536, "True"),
        ("h2", 16, 65536, "False"),
    ]
    sketch = ingest(tmp_path, {"vInfo": [VINFO, vm("a", 32)], "vHost": hosts})
    (row,) = next(table for table in sketch.findings if table.title == "The source").rows
    assert (row[1], row[2], row[5]) == (2, 16, 2.0)


@pytest.mark.parametrize(
    ("cores", "memory_mib", "said"),
    [
        (10**9, 10**12, "E2: no host has 1,000,000,000,000 of it"),
        (40_000, 65_536, "C2: no host has 80,000 CPUs"),
    ],
)
def test_a_host_larger_than_any_is_of_unknown_size(
    cores: int, memory_mib: int, said: str, tmp_path: Path
) -> None:
    hosts = [HOSTS, ("h1", "A", cores, "True", memory_mib, 1, 1)]
    sketch = ingest(tmp_path, {"vInfo": [VINFO, vm("a")], "vHost": hosts})
    assert f"site.xlsx!vHost!{said}" in sketch.report.notes
    assert loaded(tmp_path, sketch).fleet.clusters[0].nodes


def test_each_site_and_cluster_is_a_cluster_unless_all_go_onto_one(tmp_path: Path) -> None:
    north = workbook(tmp_path / "north.xlsx", {"vInfo": [VINFO, vm("a"), vm("b", cluster="B")]})
    south = workbook(tmp_path / "south.xlsx", {"vInfo": [VINFO, vm("c")]})
    apart = loaded(tmp_path, ingest_rvtools([north, south]))
    assert [each.name for each in apart.fleet.clusters] == ["north-a", "b", "south-a"]
    together = loaded(tmp_path, ingest_rvtools([north, south], onto="virt"))
    assert [each.name for each in together.fleet.clusters] == ["virt"]


def test_a_vm_of_no_cluster_belongs_to_the_only_one_there_is(tmp_path: Path) -> None:
    case = loaded(tmp_path, vms(tmp_path, vm("a", cluster="A"), vm("b", cluster="")))
    assert [each.name for each in case.fleet.clusters] == ["a"]
    apart = vms(tmp_path, vm("a"), vm("b", cluster="B"), vm("c", cluster=""))
    assert [each.name for each in loaded(tmp_path, apart).fleet.clusters] == ["a", "b", "site"]


def test_a_vm_that_two_workbooks_hold_is_counted_once(tmp_path: Path) -> None:
    one = workbook(tmp_path / "one.xlsx", {"vInfo": [VINFO, vm("a", uuid="u")]})
    two = workbook(tmp_path / "two.xlsx", {"vInfo": [VINFO, vm("a", uuid="u"), vm("b")]})
    sketch = ingest_rvtools([one, two])
    assert set_aside(sketch) == {"a": "two.xlsx!vInfo!A2: the same VM stands at one.xlsx!vInfo!A2"}


def test_names_out_of_a_workbook_cannot_break_the_scenario(tmp_path: Path) -> None:
    nasty = "x\n- {name: evil}\u0085\u2028\x7f # 'quote' \"double\" {{ .Values.x }}"
    rows = [vm(nasty, cluster="no: yes #"), vm("true", cluster="null")]
    sketch = vms(tmp_path, *rows)
    case = loaded(tmp_path, sketch)
    assert [each.name for each in case.fleet.clusters] == ["no-yes", "null"]
    assert sum(each.count for each in case.plan.workloads) == 2


def test_repeated_headers_and_a_title_above_the_header_are_no_vms(tmp_path: Path) -> None:
    rows = [["Export of today"], VINFO, vm("a"), VINFO, vm("b")]
    sketch = ingest(tmp_path, {"vInfo": rows})
    assert ("vInfo rows", 3, 2, 1, "they repeat the header") in sketch.report.rows


@pytest.mark.parametrize(
    ("tabs", "message"),
    [
        ({"Sheet1": [["VM"]]}, "has no tab vInfo"),
        ({"vinf": [["VM"]]}, "did you mean 'vinf'"),
        ({"vInfo": [["Name of it", "Size"]]}, "is an RVTools header"),
        ({"vInfo": [VINFO]}, r"holds no VM that can be used \(it has no rows\)"),
        ({"vInfo": [VINFO, vm("a", template="1")]}, "1: it is a template"),
    ],
)
def test_a_workbook_without_vms_is_refused(
    tmp_path: Path, tabs: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioError, match=message):
        ingest(tmp_path, tabs)


def test_one_workbook_named_twice_is_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "site.xlsx", {"vInfo": [VINFO, vm("a")]})
    with pytest.raises(ScenarioError, match="is named twice"):
        ingest_rvtools([book, tmp_path / "." / "site.xlsx"])


def test_a_target_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OveCapacityError, match="--onto My Cluster"):
        vms(tmp_path, vm("a"), onto="My Cluster")


@pytest.mark.parametrize(
    ("system", "family"),
    [
        ("Microsoft Windows Server 2022 (64-bit)", "windows"),
        ("Red Hat Enterprise Linux 9 (64-bit)", "rhel"),
        ("Other 5.x or later Linux (64-bit)", "linux"),
        ("", "other"),
    ],
)
def test_workloads_are_named_by_their_operating_system(
    tmp_path: Path, system: str, family: str
) -> None:
    header = (*VINFO, "OS according to the configuration file")
    sketch = ingest(tmp_path, {"vInfo": [header, [*vm("a"), system]]})
    assert list(workloads(tmp_path, sketch)) == [f"{family}-2cpu-4gi"]


def test_the_same_workbook_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [vm(f"v{i}", 1 + i % 3, 1024 * (1 + i % 4), cluster=f"c{i % 2}") for i in range(40)]
    assert vms(tmp_path, *rows).text == vms(tmp_path, *rows).text
