"""Whatever happens to an inventory: its scenario loads, or each problem has words and a place."""

from __future__ import annotations

import copy
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.choices import PoweredOff, Sizes
from ove_capacity.ingest.must_gather import ingest_must_gather
from ove_capacity.ingest.nodes import ingest_nodes
from ove_capacity.ingest.rvtools import ingest_rvtools
from ove_capacity.ingest.sketch import Sketch
from ove_capacity.ingest.vms import ingest_vms
from ove_capacity.ingest.vsphere import ingest_vsphere_json
from ove_capacity.scenario import load
from tests.properties.examples import QUICK, many
from tests.properties.mutations import (
    TEXT_DAMAGE,
    TREE_DAMAGE,
    damaged_text,
    damaged_tree,
    spoilt,
    steps,
)
from tests.properties.workbooks import (
    BYTE_DAMAGE,
    CELL_DAMAGE,
    PART_DAMAGE,
    TABS,
    damaged_bytes,
    damaged_cells,
    damaged_parts,
    parts,
    zipped,
)
from tests.unit.ingest.objects import node_text, pod_text, pods_text

FOLDER = Path(__file__).with_name("inputs")
OBJECTS = [
    each
    for name in ("objects", "machines")
    for each in yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text())
]
DUMP = list(yaml.safe_load_all((FOLDER / "dump.yaml").read_text()))
VSPHERE = json.loads((FOLDER / "vsphere.json").read_text())

Damage = list[tuple[str, tuple[int, int]]]
Options = tuple[PoweredOff, Sizes, bool]


def damages(kinds: tuple[str, ...], most: int, least: int = 0) -> st.SearchStrategy[Damage]:
    return st.lists(st.tuples(st.sampled_from(kinds), steps), min_size=least, max_size=most)


in_tree, in_text = damages(TREE_DAMAGE, 4, least=1), damages(TEXT_DAMAGE, 2)
in_cells, in_parts = damages(CELL_DAMAGE, 5, least=1), damages(PART_DAMAGE, 2)
in_bytes = damages(BYTE_DAMAGE, 1)
choices = st.tuples(st.sampled_from(PoweredOff), st.sampled_from(Sizes), st.booleans())


def _says_where(error: ScenarioError, file: Path) -> None:
    for problem in error.problems:
        assert problem.file.startswith(str(file)), problem
        assert problem.message.strip(), problem


def _loads_or_says_where(file: Path, ingest: Callable[[Path], Sketch]) -> None:
    """What came out of the file is a scenario as good as any, or what is wrong is said."""
    try:
        sketch = ingest(file)
    except ScenarioError as error:
        event("refused")
        _says_where(error, file)
        return
    event("loads")
    scenario = file.parent / "scenario.yaml"
    scenario.write_text(sketch.text, encoding="utf-8")
    assert load(scenario).fleet.clusters, "a scenario of nothing"
    json.dumps(sketch.to_dict(), allow_nan=False)
    assert all(table.text() for table in sketch.tables)


def _workbook(file: Path, data: bytes, options: Options) -> None:
    file.write_bytes(data)
    powered_off, sizes, together = options

    def ingest(path: Path) -> Sketch:
        onto = "together" if together else ""
        return ingest_rvtools([path], powered_off=powered_off, sizes=sizes, onto=onto)

    _loads_or_says_where(file, ingest)


def _of_cells(folder: Path, damage: Damage, options: Options) -> None:
    tabs = TABS
    for kind, (where, what) in damage:
        tabs = damaged_cells(tabs, kind, where, what)
    _workbook(folder / "site.xlsx", zipped(parts(tabs), stored=True), options)


def _of_parts(folder: Path, damage: Damage, in_file: Damage, options: Options) -> None:
    broken = parts(TABS)
    for kind, (where, what) in damage:
        broken = damaged_parts(broken, kind, where, what)
    data = zipped(broken, stored=not in_file)
    for kind, (where, what) in in_file:
        data = damaged_bytes(data, kind, where, what)
    _workbook(folder / "site.xlsx", data, options)


def _text_file(folder: Path, objects: list[Any], tree: Damage, text: Damage, as_json: bool) -> Path:
    file = folder / "objects.yaml"
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    written = spoilt(listed, tree, text, as_json)
    file.write_bytes(written.encode("utf-8", "surrogatepass"))
    return file


def _of_nodes(folder: Path, tree: Damage, text: Damage, as_json: bool, refers: bool) -> None:
    file = _text_file(folder, DUMP, tree, text, as_json)
    if not refers:
        _loads_or_says_where(file, ingest_nodes)
        return
    try:
        _loads_or_says_where(file, lambda path: ingest_nodes(path, folder=file.name))
    except ScenarioError as error:  # all that the objects say is read when the scenario is loaded
        _says_where(error, folder)


_OF_MACHINES = "would not start|hugepages take more memory than"
"""What is wrong with the machines that VMs get, not with the VMs."""


def _of_vms(folder: Path, tree: Damage, text: Damage, as_json: bool, always: bool) -> None:
    file = _text_file(folder, OBJECTS, tree, text, as_json)
    strategy = "Always" if always else "as-written"
    try:
        _loads_or_says_where(
            file, lambda path: ingest_vms(path, base=folder, run_strategy=strategy)
        )
    except ScenarioError as error:  # what stands beside VMs is judged with the machines they get
        _says_where(error, folder)
        if not all(re.search(_OF_MACHINES, each.message) for each in error.problems):
            raise


def _of_vsphere(folder: Path, tree: Damage, text: Damage) -> None:
    file = folder / "vms.json"
    broken: Any = VSPHERE
    for kind, (where, what) in tree:
        broken = damaged_tree(broken, kind, where, what)
    written = json.dumps(broken)
    for kind, (where, what) in text:
        written = damaged_text(written, kind, where, what)
    file.write_bytes(written.encode("utf-8", "surrogatepass"))
    _loads_or_says_where(file, ingest_vsphere_json)


_CORE = "img/cluster-scoped-resources/core/nodes"
_SPACES = "img/namespaces"
_CELLS = "sys/devices/system/node/node0"


def _sysinfo() -> bytes:
    text = {
        f"{_CELLS}/cpulist": "0-3,8-11\n",
        f"{_CELLS}/meminfo": "Node 0 MemTotal:       97557100 kB\n",
        f"{_CELLS}/distance": "10 21\n",
        f"{_CELLS}/hugepages/hugepages-2048kB/nr_hugepages": "128\n",
        "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0,8\n",
    }
    return _tar({name: content.encode() for name, content in text.items()}, "w:gz")


def _tar(files: dict[str, bytes], mode: Any = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


_SCOPED = "cluster-scoped-resources"
_FOLDERS = {
    "Machine": "namespaces/openshift-machine-api/machine.openshift.io/machines",
    "MachineSet": "namespaces/openshift-machine-api/machine.openshift.io/machinesets",
    "MachineAutoscaler": (
        "namespaces/openshift-machine-api/autoscaling.openshift.io/machineautoscalers"
    ),
    "ClusterAutoscaler": f"{_SCOPED}/autoscaling.openshift.io/clusterautoscalers",
    "KubeletConfig": f"{_SCOPED}/machineconfiguration.openshift.io/kubeletconfigs",
    "MachineConfigPool": f"{_SCOPED}/machineconfiguration.openshift.io/machineconfigpools",
    "Scheduler": f"{_SCOPED}/config.openshift.io/schedulers",
    "Network": f"{_SCOPED}/config.openshift.io/networks",
    "StorageCluster": "namespaces/openshift-storage/ocs.openshift.io/storageclusters",
    "CephBlockPool": "namespaces/openshift-storage/ceph.rook.io/cephblockpools",
    "StorageClass": f"{_SCOPED}/storage.k8s.io/storageclasses",
    "PersistentVolume": f"{_SCOPED}/core/persistentvolumes",
    "ClusterVersion": f"{_SCOPED}/config.openshift.io/clusterversions",
    "Infrastructure": f"{_SCOPED}/config.openshift.io/infrastructures",
    "CephCluster": "namespaces/openshift-storage/ceph.rook.io/cephclusters",
    "VirtualMachine": "namespaces/data/kubevirt.io/virtualmachines",
}
"""Where a must-gather keeps each kind."""

_PODS = pods_text(pod_text("a", "w0"), pod_text("b", "w1", cpu="1", memory="2Gi"))
_GATHERED: dict[str, bytes] = {
    f"{_CORE}/w0.yaml": node_text("w0").encode(),
    f"{_CORE}/w1.yaml": node_text("w1", cpu=32).encode(),
    f"{_SPACES}/openshift-dns/core/pods.yaml": _PODS.encode(),
    "img/nodes/w0/sysinfo.tgz": _sysinfo(),
    **{
        f"img/{_FOLDERS[each['kind']]}/x.yaml": yaml.safe_dump(each).encode()
        for each in DUMP
        if each["kind"] in _FOLDERS
    },
}
_PATHS = ("/etc/passwd", "../x", "a/../../b", f"{_CORE}/w9.yaml", "", "x" * 300, "img\\x", "é")


def _of_must_gather(folder: Path, tree: Damage, text: Damage, in_file: Damage, zips: bool) -> None:
    files = copy.copy(_GATHERED)
    for kind, (where, what) in (*tree, *text):
        name = list(files)[where % len(files)]
        if files[name].startswith(b"\x1f\x8b") or (where + what) % 19 == 0:
            files[_PATHS[what % len(_PATHS)]] = files.pop(name)
        elif kind in TEXT_DAMAGE:
            broken = damaged_text(files[name].decode(), kind, where // len(files), what)
            files[name] = broken.encode("utf-8", "surrogatepass")
        else:
            try:
                value = yaml.safe_load(files[name])
            except yaml.YAMLError:
                continue
            broken = spoilt(value, [(kind, (where // len(files), what))], [], what % 2 > 0)
            files[name] = broken.encode("utf-8", "surrogatepass")
    data = _tar(files, "w:gz" if zips else "w")
    for kind, (where, what) in in_file:
        data = damaged_bytes(data, kind, where, what)
    file = folder / "must-gather.tar"
    file.write_bytes(data)
    _loads_or_says_where(file, ingest_must_gather)


def test_the_inventories_are_valid_before_they_are_spoilt(tmp_path: Path) -> None:
    book, gathered = tmp_path / "site.xlsx", tmp_path / "must-gather.tar"
    book.write_bytes(zipped(parts(TABS), stored=False))
    gathered.write_bytes(_tar(_GATHERED))
    texts = (
        ingest_rvtools([book]).text,
        ingest_must_gather(gathered).text,
        ingest_nodes(_text_file(tmp_path, DUMP, [], [], as_json=False)).text,
        ingest_vms(_text_file(tmp_path, OBJECTS, [], [], as_json=False), base=tmp_path).text,
        ingest_vsphere_json(FOLDER / "vsphere.json").text,
    )
    # pools, placeholders and their comments, and workloads
    assert [text.count("count:") for text in texts] == [6, 3, 1, 4, 4]


@QUICK
@given(in_cells, choices)
def test_a_workbook_of_spoilt_cells_loads_or_says_where(
    tmp_path: Path, damage: Damage, options: Options
) -> None:
    _of_cells(tmp_path, damage, options)


@QUICK
@given(in_parts, in_bytes, choices)
def test_a_spoilt_workbook_loads_or_says_where(
    tmp_path: Path, damage: Damage, in_file: Damage, options: Options
) -> None:
    _of_parts(tmp_path, damage, in_file, options)


@QUICK
@given(in_tree, in_text, st.booleans(), st.booleans())
def test_spoilt_nodes_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage, as_json: bool, refers: bool
) -> None:
    _of_nodes(tmp_path, tree, text, as_json, refers)


@QUICK
@given(in_tree, in_text, st.booleans(), st.booleans())
def test_spoilt_vms_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage, as_json: bool, always: bool
) -> None:
    _of_vms(tmp_path, tree, text, as_json, always)


@QUICK
@given(in_tree, in_text)
def test_spoilt_vms_of_vsphere_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage
) -> None:
    _of_vsphere(tmp_path, tree, text)


@QUICK
@given(in_tree, in_text, in_bytes, st.booleans())
def test_a_spoilt_must_gather_loads_or_says_where(
    tmp_path: Path, tree: Damage, text: Damage, in_file: Damage, zips: bool
) -> None:
    _of_must_gather(tmp_path, tree, text, in_file, zips)


@pytest.mark.verification
@many("cells")
@given(in_cells, choices)
def test_many_workbooks_of_spoilt_cells_load_or_say_where(
    tmp_path: Path, damage: Damage, options: Options
) -> None:
    _of_cells(tmp_path, damage, options)


@pytest.mark.verification
@many("parts")
@given(in_parts, in_bytes, choices)
def test_many_spoilt_workbooks_load_or_say_where(
    tmp_path: Path, damage: Damage, in_file: Damage, options: Options
) -> None:
    _of_parts(tmp_path, damage, in_file, options)


@pytest.mark.verification
@many("nodes")
@given(in_tree, in_text, st.booleans(), st.booleans())
def test_many_spoilt_nodes_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage, as_json: bool, refers: bool
) -> None:
    _of_nodes(tmp_path, tree, text, as_json, refers)


@pytest.mark.verification
@many("vms")
@given(in_tree, in_text, st.booleans(), st.booleans())
def test_many_spoilt_vms_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage, as_json: bool, always: bool
) -> None:
    _of_vms(tmp_path, tree, text, as_json, always)


@pytest.mark.verification
@many("vsphere-json")
@given(in_tree, in_text)
def test_many_spoilt_vms_of_vsphere_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage
) -> None:
    _of_vsphere(tmp_path, tree, text)


@pytest.mark.verification
@many("must-gather")
@given(in_tree, in_text, in_bytes, st.booleans())
def test_many_spoilt_must_gathers_load_or_say_where(
    tmp_path: Path, tree: Damage, text: Damage, in_file: Damage, zips: bool
) -> None:
    _of_must_gather(tmp_path, tree, text, in_file, zips)
