"""``placement study`` on the command line: the same answer in every form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "placement-study.schema.json").read_text())
SCENARIO = """\
apiVersion: ove-capacity/v1
name: fleet
platform: {openshift: "4.18"}
manifests: [placement.yaml]
assume: {virtualization: installed, placementBinding: all}
clusters:
  large: {pools: {worker: {count: 4, node: {cpu: 32, memory: 128Gi}}}}
  small: {pools: {worker: {count: 3, node: {cpu: 32, memory: 128Gi}}}}
workloads:
  - {name: web, placement: p, namespace: vms, count: 8, cpu: 2, memory: 16Gi}
events:
  - {kind: partition, every: 30d, for: {distribution: exponential, mean: 20m}}
"""
PLACEMENT = """\
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: {name: p, namespace: vms}
spec:
  numberOfClusters: 1
  prioritizerPolicy:
    configurations:
      - {scoreCoordinate: {type: BuiltIn, builtIn: ResourceAllocatableCPU}, weight: 1}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    (tmp_path / "placement.yaml").write_text(PLACEMENT)
    file = tmp_path / "fleet.yaml"
    file.write_text(SCENARIO)
    return str(file)


def ask(*arguments: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(["placement", *arguments]) == code
    printed = capsys.readouterr()
    assert code or "Error" not in printed.err
    return printed.err if code else printed.out


def test_the_document_obeys_its_schema(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    words = ("study", scenario, "--years", "3", "--format", "json")
    document = json.loads(ask(*words, capsys=capsys))
    jsonschema.validate(document, SCHEMA)
    assert document["study"]["years"] == 3
    named = {each["name"] for each in document["assumptions"]}
    assert "study.cluster_loss" in named
    assert "study.partition" not in named


def test_the_page_says_what_is_better_why_and_what_was_assumed(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ask("study", scenario, "--years", "10", capsys=capsys)
    assert "is better than as written" in page
    assert "moves because a cluster was back" in page
    assert "- study.start = 10m (all)" in page


def test_policies_are_given_in_words_alone_or_beside_the_grid(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("study", scenario, "p", "--years", "2", "--policy", "tolerate=1h", "--no-grid")
    rows = list(csv.DictReader(ask(*words, "--format", "csv", capsys=capsys).splitlines()))
    assert sorted(row["policy"] for row in rows[:2]) == ["as written", "tolerate=1h"]


def test_figures_are_drawn(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("study", scenario, "--years", "2", "--figures", str(tmp_path / "f"), capsys=capsys)
    assert sorted(each.name for each in (tmp_path / "f").iterdir()) == ["study.png", "study.svg"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["q"], "unknown Placement 'q'; known: vms/p"),
        (["--policy", "Stedy=1"], "unknown prioritizer 'Stedy'"),
        (["--policy", "Steady"], "write it as Steady=3, tolerate=15m"),
        (["--years", "1"], "should be greater than or equal to 2"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str], error: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert error in ask("study", scenario, *words, capsys=capsys, code=2)


def test_a_scenario_beside_the_verb_is_decided_as_ever(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Placement vms/p" in ask(scenario, capsys=capsys)
