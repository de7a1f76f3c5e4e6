"""``failover --clusters``: the same answer in every form, and its exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema" / "failover-clusters.schema.json"
SCENARIO = """\
apiVersion: ove-capacity/v1
name: pair
platform: {openshift: "4.15"}
assume: {virtualization: installed}
clusters:
  here: {labels: {region: a}, pools: {worker: {count: 2, node: {cpu: 32, memory: 128Gi}}}}
  there: {labels: {region: b}, pools: {worker: {count: 1, node: {cpu: 32, memory: 128Gi}}}}
workloads:
  - name: db
    cluster: here
    count: 2
    cpu: 2
    memory: 48Gi
    disks: 60Gi
    recovery: {to: there, failBack: 1h}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "pair.yaml"
    file.write_text(SCENARIO)
    return str(file)


def ask(scenario: str, *options: str) -> int:
    return main(["failover", scenario, "--clusters", "--seeds", "2", *options])


def test_the_document_obeys_its_schema(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert ask(scenario, "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema)
    loss = document["fleet_failover"]["losses"]["here"]
    assert (loss["vms"], loss["returned"], loss["survived"]) == (2, 2, True)
    assumed = {each["name"] for each in document["assumptions"]}
    assert {"recovery.bytes_per_s", "recovery.decide", "recovery.boot"} <= assumed


def test_the_page_says_who_returns_and_the_figure_when(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(scenario, "--figures", str(tmp_path / "f")) == 0
    page = capsys.readouterr().out
    assert "here: 2 of 2 VMs serve again elsewhere" in page
    assert max(len(line) for line in page.splitlines()) <= 100
    names = sorted(each.name for each in (tmp_path / "f").iterdir())
    assert names == ["recovery.png", "recovery.svg"]


def test_the_table_is_one_row_a_loss(scenario: str, tmp_path: Path) -> None:
    assert ask(scenario, "--format", "csv", "-o", str(tmp_path / "t.csv")) == 0
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(each["lost"], each["VMs"]) for each in rows] == [("here", "2")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (["--survive", "1"], 0),
        (["--survive", "1", "--set", "workloads.db.count=4"], 1),
        (["--set", "workloads.db.count=4"], 0),
        (["--set", "workloads.db.recovery.to=her"], 2),
    ],
)
def test_it_ends_with_1_only_when_survival_is_demanded(
    changes: list[str], code: int, scenario: str
) -> None:
    assert ask(scenario, *changes) == code
