"""The node's own sizing script, executed for each release, says what our formulas must say."""

import json
from pathlib import Path

import pytest

from ove_capacity.kubelet.auto_sizing import auto_sizing
from ove_capacity.releases import OpenShiftVersion

_TABLES = json.loads(Path(__file__).with_name("auto_sizing.json").read_text())["versions"]
_RELEASES = sorted(_TABLES)
_V1 = OpenShiftVersion(4, 14)


@pytest.mark.parametrize("version", _RELEASES)
def test_reserved_memory_agrees_with_the_executed_script(version):
    sizing = auto_sizing(OpenShiftVersion.parse(version), _V1)
    ours = {gib: sizing.memory_bytes(int(gib) << 30) >> 30 for gib in _TABLES[version]["mem"]}
    assert ours == _TABLES[version]["mem"]


@pytest.mark.parametrize("version", _RELEASES)
@pytest.mark.parametrize("table", ["cpu_v1", "cpu_v2"])
def test_reserved_cpu_agrees_with_the_executed_script(version, table):
    running = OpenShiftVersion.parse(version)
    sizing = auto_sizing(running, _V1 if table == "cpu_v1" else running)
    ours = {cpus: sizing.cpu_nano(int(cpus)) for cpus in _TABLES[version][table]}
    assert ours == {cpus: round(cores * 1e9) for cpus, cores in _TABLES[version][table].items()}


@pytest.mark.parametrize(
    ("running", "created_on", "is_default"),
    [("4.20", "4.20", False), ("4.21", "4.21", True), ("4.22", "4.16", False)],
)
def test_it_is_on_by_default_only_where_the_cluster_was_born_with_it(
    running, created_on, is_default
):
    sizing = auto_sizing(OpenShiftVersion.parse(running), OpenShiftVersion.parse(created_on))
    assert sizing.is_default is is_default


def test_part_of_a_gib_does_not_count():
    sizing = auto_sizing(_V1, _V1)
    assert sizing.memory_bytes((252 << 30) - 1) == sizing.memory_bytes(251 << 30)
