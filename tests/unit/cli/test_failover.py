"""``failover``: exit codes, the document, and what a wrong call is told."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schema"
SCENARIO = """\
apiVersion: ove-capacity/v1
name: tiny
clusters:
  lab:
    remediation: nhc-snr
    pools:
      worker: {count: 3, node: {cpu: 32, memory: 128Gi}}
  empty:
    pools:
      worker: {count: 1, node: {cpu: 8, memory: 32Gi}}
  masters:
    pools:
      master: {count: 3, node: {cpu: 8, memory: 32Gi}}
workloads:
  - {name: half, cluster: lab, namespace: vms, count: 4, cpu: 1, memory: 56Gi}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "tiny.yaml"
    file.write_text(SCENARIO)
    return str(file)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--survive", "1"], 0),
        (["--survive", "2"], 1),
        (["--survive", "4"], 1),
        (["--survive", "2", "--cluster", "empty"], 0),
        (["--while-drained", "1"], 0),
        (["--while-drained", "9"], 0),
        (["--survive", "-1"], 2),
        (["--while-drained", "-1"], 2),
        (["--budget", "-1"], 2),
        (["--cluster", "lap"], 2),
        (["--format", "xlsx"], 2),
    ],
)
def test_the_exit_code_is_the_answer(options: list[str], code: int, scenario: str) -> None:
    assert main(["failover", scenario, *options]) == code


@pytest.mark.parametrize("options", [[], ["--while-drained", "1", "--domain", "kubernetes.io/os"]])
def test_the_document_obeys_its_schema(
    options: list[str], scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["failover", scenario, *options, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((SCHEMAS / "failover.schema.json").read_text()))
    assert document["clusters"]["lab"]["failover"]["survives_nodes"] == 1


def test_simulate_and_failover_describe_it_alike() -> None:
    ours, whole = (
        json.loads((SCHEMAS / f"{name}.schema.json").read_text())["$defs"]
        for name in ("failover", "simulate")
    )
    assert {name: whole.get(name) for name in ours} == ours


def test_simulate_and_failover_tell_the_same(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for verb in ("simulate", "failover"):
        assert main([verb, scenario, "--format", "json"]) == 0
        clusters = json.loads(capsys.readouterr().out)["clusters"]
        told.append({name: each["failover"] for name, each in clusters.items()})
    assert told[0] == told[1]


def test_the_text_says_the_answer_first(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["failover", scenario])
    printed = capsys.readouterr().out
    heading, _, title, *_ = printed.splitlines()
    assert heading.endswith("failover with the listed VMs in place, seed 0.")
    assert title.startswith("Failover: ")
    lab = next(line for line in printed.splitlines() if line.startswith("- "))
    (empty,) = [line for line in printed.splitlines() if "nothing to lose" in line]
    assert empty == "- empty, masters: nothing to lose: no VM runs there."
    assert lab.startswith("- lab: any 1 of 3 workers may be lost; when lab-worker-0 +")
    assert max(map(len, printed.splitlines())) <= 100


def test_the_tables_go_into_files(scenario: str, tmp_path: Path) -> None:
    file = tmp_path / "lost.csv"
    assert main(["failover", scenario, "--format", "csv", "-o", str(file)]) == 0
    assert file.read_text().startswith("cluster,workers,")
