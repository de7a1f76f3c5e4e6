"""Inventories that nobody here wrote, against numbers that were computed from them elsewhere."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.cli.main import main
from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.must_gather import ingest_must_gather
from ove_capacity.ingest.rvtools import ingest_rvtools
from ove_capacity.ingest.sketch import Sketch
from ove_capacity.ingest.tabs import Tab, tabs_of
from ove_capacity.ingest.vsphere import ingest_vsphere_json
from ove_capacity.ingest.xlsx import opened
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.files import read_documents
from ove_capacity.manifests.objects import Objects, items_of
from tests import real
from tests.unit.ingest.workbook import column

REAL = Path(real.REAL)
EXAMPLE = REAL / "rvtools" / "migration-planner-example1.xlsx"
NODES = "nodes/nto/must-gather.bare-metal/img/cluster-scoped-resources/core/nodes"

pytestmark = real.needs_real


@pytest.fixture(scope="module")
def tabs() -> dict[str, Tab]:
    with opened(EXAMPLE) as book:
        return tabs_of(book)


@pytest.fixture(scope="module")
def sketch() -> Sketch:
    return ingest_rvtools([EXAMPLE])


def table(sketch: Sketch, title: str) -> list[tuple[object, ...]]:
    return list(next(each for each in sketch.findings if each.title == title).rows)


def test_nine_rows_are_read_of_a_million(tabs: dict[str, Tab]) -> None:
    records = tabs["vInfo"].records
    assert len(records) == 9
    power = [record.get("power") for record in records]
    assert (power.count("poweredOn"), power.count("poweredOff")) == (3, 6)
    assert {record.get("template") for record in records} == {"False"}


def test_custom_columns_are_no_columns_of_ours(tabs: dict[str, Tab]) -> None:
    assert {"owner", "mmtest-tags", "Annotation"} <= set(tabs["vMemory"].columns.unused)


def test_a_sheet_that_claims_a_million_rows_and_unnamed_columns_is_read_as_it_is_filled(
    tabs: dict[str, Tab],
) -> None:
    with zipfile.ZipFile(EXAMPLE) as archive:
        claims = archive.open("xl/worksheets/sheet1.xml").read(4000).decode()
    claimed = re.search(r'<dimension ref="A1:([A-Z]+)(\d+)"', claims)
    assert claimed is not None
    vinfo = tabs["vInfo"].columns
    named = len(vinfo.letters) + len(vinfo.unused)
    assert int(claimed[2]) == 1_048_576
    assert column(named + 11 - 1) == claimed[1]  # 11 columns at the end have no name
    assert "vCluster" not in tabs
    assert "vDatastore" not in tabs


def test_zones_of_a_node_resource_topology_say_what_they_are_known_to() -> None:
    document, *_ = read_documents(REAL / "nrt" / "openshift-docs-two-workers.yaml")
    items = list(items_of(document, Objects(), Problems()))
    zones = {
        zone.text("name"): {
            each.text("name"): (each.quantity("capacity"), each.quantity("allocatable"))
            for each in zone.each("resources")
        }
        for zone in items[0].each("zones")
    }
    amounts = {
        (zone, name): tuple(each.value for each in both if each)
        for zone, resources in zones.items()
        for name, both in resources.items()
    }
    assert amounts["node-0", "cpu"] == (40, 38)
    assert amounts["node-1", "cpu"] == (40, 40)
    assert amounts["node-0", "hugepages-1Gi"][0] == 6442450944
    assert amounts["node-0", "hugepages-2Mi"][0] == 134217728
    assert amounts["node-1", "hugepages-1Gi"][0] == 1073741824
    assert amounts["node-1", "hugepages-2Mi"][0] == 268435456
    assert list(zones["node-0"]) != list(zones["node-1"])  # nobody may go by their order
    assert items[0].text("apiVersion") == "topology.node.k8s.io/v1"


def test_the_sums_are_those_of_the_complete_rows(sketch: Sketch) -> None:
    (on, filled, off, total) = table(sketch, "VMs whose size is known")
    assert on[:5] == ("powered on", "as they stand", 2, 16, 37847)
    assert filled[:5] == ("powered on", "filled in from other tabs", 1, 18, 40960)
    assert off[:5] == ("powered off", "as they stand", 6, 35, 67906)
    assert (on[3] + off[3], on[4] + off[4]) == (51, 105753)
    assert total[2] == 9


def test_the_tabs_disagree_as_they_are_known_to(sketch: Sketch) -> None:
    found = {row[0]: row[1:] for row in table(sketch, "Where it contradicts itself")}
    assert found["CPUs: vInfo and vCPU"][2] == "vm-1: 1 and 2"
    assert found["memory in MiB: vInfo and vMemory"][2] == "vm-1: 2,224 and 2,048"
    assert found["CPUs: as used, and vCPU's sockets × cores"][0] == 6
    assert found["hosts that vInfo names and vHost does not have"][0] == 3
    assert found["running VMs: by vInfo, and as the hosts count them"][2].startswith("3 and 77")


def test_seven_hosts_of_the_memory_they_say(sketch: Sketch) -> None:
    (row,) = table(sketch, "The source")
    assert row[1:5] == (7, 7 * 2 * 16, 7 * 261797, 3)
    assert round(float(str(row[5])), 3) == round(34 / 224, 3)
    assert round(float(str(row[6])), 3) == round((39 + 56 + 75 + 80 + 52 + 61 + 56) / 224, 3)
    assert "worker: {count: 7, node: {cpu: 64, memory: 261797Mi}}" in sketch.text


def test_nothing_is_set_aside_and_every_row_is_used(sketch: Sketch) -> None:
    assert {row[0]: row[1:4] for row in sketch.report.rows} == {
        "VMs": (9, 9, 0),
        **{f"{tab} rows": (9, 9, 0) for tab in ("vCPU", "vDisk", "vInfo", "vMemory", "vPartition")},
        "vHost rows": (7, 7, 0),
    }


def test_it_runs_on_the_bare_metal_nodes(
    tmp_path: Path, sketch: Sketch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(sketch.text, encoding="utf-8")
    nodes = f"clusters.cluster.nodes={REAL / NODES}"
    arguments = ["--set", nodes, "--set", "clusters.cluster.pools.worker.count=0"]
    assert main(["simulate", str(file), "--until", "1h", "--fail-on", "pending", *arguments]) == 0
    assert "3 running, 6 halted" in capsys.readouterr().out


def test_a_workbook_of_few_columns_is_read_too() -> None:
    sketch = ingest_rvtools([REAL / "rvtools" / "rvtools-small-complete.xlsx"])
    assert table(sketch, "VMs whose size is known")[-1][2:] == (3, 8, 28672, 532480, 532480)
    assert "worker: {count: 2, node: {cpu: 16, memory: 256Gi}}" in sketch.text


def test_a_vm_of_the_api_is_a_workload(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    sketch = ingest_vsphere_json(REAL / "vsphere" / "govmomi-vminfo.json")
    file.write_text(sketch.text, encoding="utf-8")
    assert [each.name for each in oc.load(file).plan.workloads] == ["photon-1cpu-2gi"]


def test_an_aggregate_is_refused_for_what_it_is() -> None:
    with pytest.raises(ScenarioError, match=r"Migration Advisor aggregate.* over 10 VMs"):
        ingest_vsphere_json(REAL / "vsphere" / "migration-planner-inventory.json")


def test_cells_of_real_machines_reach_their_kubelets(tmp_path: Path) -> None:
    """What a tool of the vendor read off the same must-gather, and what /sys says of memory."""
    file = tmp_path / "gathered.yaml"
    file.write_text(ingest_must_gather(REAL / "nodes" / "nto", name="lab").text)
    kubelet = {
        "cpuManagerPolicy": "static",
        "memoryManagerPolicy": "Static",
        "topologyManagerPolicy": "single-numa-node",
        "reservedSystemCPUs": "0-3",
        "reservedMemory": [{"numaNode": 0, "limits": {"memory": "1124Mi"}}],
    }
    (cluster,) = oc.load(file, set={"clusters.lab.kubelet": kubelet}).fleet.clusters
    found = {node.name: node.kubelet.machine for node in cluster.nodes if node.kubelet}
    cells = {
        name: [sorted(cpu for core in cell.cores for cpu in core.threads) for cell in each.cells]
        for name, each in found.items()
    }
    told = json.loads((REAL / "nodes" / "nto" / "expected-info.bare-metal.json").read_text())
    assert cells == {
        f"lab-{pool['name']}-0": [sorted(cell["cores"]) for cell in node["numa_cells"]]
        for pool in told
        if pool["name"] != "master"  # its kubelet is not the workers'
        for node in pool["nodes"]
    }
    memory = [
        (cell.memory_bytes >> 10, dict(cell.hugepages)) for cell in found["lab-worker-cnf-0"].cells
    ]
    assert memory == [(97557100, {"2Mi": 128}), (99076588, {"2Mi": 0})]
    assert found["lab-worker-cnf-0"].cells[0].cores[0].threads == (0, 40)
    assert all(
        len(core.threads) == 1 for cell in found["lab-worker-0"].cells for core in cell.cores
    )
