"""``limits`` on the command line: the same answer in every form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "limits.schema.json").read_text())
SCENARIO = """\
apiVersion: ove-capacity/v1
name: growing
platform: {openshift: "4.18"}
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      master: {count: 3, node: {cpu: 8, memory: 32Gi}}
      worker: {count: 2, min: 1, max: 5, node: {cpu: 32, memory: 128Gi}}
      database: {count: 0, max: 2, role: database, virtualization: true,
                 node: {cpu: 32, memory: 128Gi}}
    autoscaler: {maxNodesTotal: 7, memory: {max: 1000Gi}}
  still:
    pools: {worker: {count: 1, node: {cpu: 32, memory: 128Gi}}}
workloads:
  - {name: app, cluster: lab, namespace: vms, count: 9, cpu: 4, memory: 24Gi}
  - {name: huge, cluster: lab, namespace: vms, count: 1, cpu: 4, memory: 240Gi}
"""
MANIFEST = """\
apiVersion: autoscaling.openshift.io/v1
kind: ClusterAutoscaler
metadata: {name: default}
spec: {resourceLimits: {memory: {max: 4000Gi}}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "growing.yaml"
    file.write_text(SCENARIO)
    return str(file)


def ask(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["limits", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_the_document_obeys_its_schema(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(ask(scenario, "--format", "json", capsys=capsys))
    jsonschema.validate(document, SCHEMA)
    found = document["clusters"]["lab"]["limits"]
    # 1000 - (3 x 32 + 2 x 128) = 648 GiB: five of 128.
    assert found["pools"]["worker"]["rooms"] == {
        **{"maxReplicas": 3, "maxNodesTotal": 2, "memory": 5},
        "cores": (320_000 - 88) // 32,
    }
    assert found["pools"]["worker"]["binding"] == ["maxNodesTotal"]
    assert found["pools"]["database"]["is_foretold"]
    assert found["waiting"]["pending"][0]["workload"] == "huge"
    assert document["clusters"]["still"]["limits"]["pools"] == {}


def test_the_page_fits_and_says_what_the_document_says(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ask(scenario, capsys=capsys)
    assert max(len(line) for line in page.splitlines() if "ove-capacity check" not in line) <= 100
    assert "- lab: worker +2 (by maxNodesTotal); database +2 (by maxReplicas and max" in page
    assert "Nothing scales still." in page
    assert "huge" in page
    assert "pod didn't trigger scale-up: " in page


def test_one_cluster_and_one_shape_may_be_asked_about(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (scenario, "--cluster", "lab", "--shape", "u1.large", "--format", "json")
    asked = json.loads(ask(*arguments, capsys=capsys))["clusters"]
    assert list(asked) == ["lab"]
    assert [each["shape"] for each in asked["lab"]["limits"]["shapes"]] == ["u1.large"]
    assert main(["limits", scenario, "--shape", "apq"]) == 2
    assert "Did you mean 'app'" in capsys.readouterr().err


def test_tables_and_figures_are_written(scenario: str, tmp_path: Path) -> None:
    file, drawn = tmp_path / "out.csv", tmp_path / "drawn"
    arguments = ["--format", "csv", "-o", str(file), "--figures", str(drawn)]
    assert main(["limits", scenario, *arguments]) == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [(row["pool"], row["binds_first"]) for row in rows] == [
        ("worker", "maxNodesTotal"),
        ("database", "maxReplicas and maxNodesTotal"),
    ]
    assert list(rows[0])[2:-1] == [
        "machines",
        "most_machines",
        "more_by_max_replicas_machines",
        "more_by_max_nodes_total_machines",
        "more_by_cores_machines",
        "more_by_memory_machines",
    ]
    assert {each.name for each in drawn.iterdir()} == {"limits.png", "limits.svg"}


def test_what_the_api_server_refuses_is_shown_as_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "autoscaler.yaml").write_text(MANIFEST)
    file = tmp_path / "growing.yaml"
    text = SCENARIO.replace("    autoscaler: {maxNodesTotal: 7, memory: {max: 1000Gi}}\n", "")
    file.write_text(text.replace("  lab:\n", "  lab:\n    manifests: [autoscaler.yaml]\n"))
    assert main(["limits", str(file), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    found = document["clusters"]["lab"]["limits"]
    assert not found["applies"]
    assert "4000Gi" in found["refused"][0]
    assert found["pools"]["worker"]["rooms"]["memory"] == (4000 - 352) // 128
    assert [each["added"] for each in found["shapes"]] == [{}, {}]
