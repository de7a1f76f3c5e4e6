"""``fragmentation`` on the command line: the same answer in every form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "fragmentation.schema.json").read_text())
SCENARIO = """\
apiVersion: ove-capacity/v1
name: cells
platform: {openshift: "4.18"}
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker:
        count: 2
        node: {sockets: 2, cores: 8, threads: 2, memory: 128Gi, hugepages: {1Gi: 64}}
    kubelet:
      cpuManagerPolicy: static
      memoryManagerPolicy: Static
      topologyManagerPolicy: restricted
      reservedSystemCPUs: "0,16"
      reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]
  plain:
    pools: {worker: {count: 1, node: {cpu: 8, memory: 32Gi}}}
workloads:
  - {name: db, cluster: lab, namespace: vms, count: 3, cpu: 8, memory: 16Gi,
     dedicatedCpuPlacement: true, hugepages: 1Gi}
  - {name: app, cluster: lab, namespace: vms, count: 1, cpu: 2, memory: 4Gi}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "cells.yaml"
    file.write_text(SCENARIO)
    return str(file)


def ask(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["fragmentation", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_the_document_obeys_its_schema(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(ask(scenario, "--format", "json", capsys=capsys))
    jsonschema.validate(document, SCHEMA)
    found = document["clusters"]["lab"]["fragmentation"]
    assert len(found["nodes"]) == 2
    assert found["split"]["pages_now"] == 64
    assert document["clusters"]["plain"]["fragmentation"]["nodes"] == []


def test_the_page_fits_and_says_what_the_document_says(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(ask(scenario, "--format", "json", capsys=capsys))
    found = document["clusters"]["lab"]["fragmentation"]
    page = ask(scenario, capsys=capsys)
    assert max(map(len, page.splitlines())) <= 100
    assert f"{found['stranded_cpus']} of {found['free_cpus']} free exclusive CPUs" in page
    assert "- plain: its kubelets look at no cell" in page
    assert "\n* restricted, container" in page


def test_one_cluster_and_one_shape_may_be_asked_about(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (scenario, "--cluster", "lab", "--shape", "db", "--format", "json")
    asked = json.loads(ask(*arguments, capsys=capsys))["clusters"]
    assert list(asked) == ["lab"]
    assert list(asked["lab"]["fragmentation"]["fits"]) == ["db"]
    assert main(["fragmentation", scenario, "--shape", "apq"]) == 2
    assert "Did you mean 'app'" in capsys.readouterr().err


def test_tables_and_figures_are_written(scenario: str, tmp_path: Path) -> None:
    file, drawn = tmp_path / "out.csv", tmp_path / "drawn"
    arguments = ["--format", "csv", "-o", str(file), "--figures", str(drawn)]
    assert main(["fragmentation", scenario, *arguments]) == 0
    rows = list(csv.DictReader((tmp_path / "out.cells.csv").read_text().splitlines()))
    assert [(row["node"], row["cell"], row["exclusive_cpus"]) for row in rows[:2]] == [
        ("lab-worker-0", "0", "14"),
        ("lab-worker-0", "1", "16"),
    ]
    assert {each.name for each in drawn.iterdir()} == {
        f"{name}.{form}" for name in ("cells", "split") for form in ("png", "svg")
    }


def test_a_kubelet_that_would_not_start_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cells.yaml"
    file.write_text(SCENARIO.replace("1124Mi", "1Gi"))
    assert main(["fragmentation", str(file)]) == 2
    assert "would not start" in capsys.readouterr().err
