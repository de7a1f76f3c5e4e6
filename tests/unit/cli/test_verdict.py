"""``verdict``: the page, the document and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "verdict.schema.json").read_text())
SCENARIO = """\
apiVersion: ove-capacity/v1
name: tiny
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker: {count: 2, node: {cpu: 8, memory: 32Gi}}
workloads:
  - {name: web, cluster: lab, namespace: vms, count: COUNT, cpu: 1, memory: 4Gi}
"""


@pytest.fixture(params=[2, 50])
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, bool]:
    """A scenario, and whether its VMs fit."""
    file = tmp_path / "tiny.yaml"
    file.write_text(SCENARIO.replace("COUNT", str(request.param)))
    return str(file), request.param == 2


def test_the_example_fleet_fits_on_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = str(ROOT / "scenarios" / "rh-ove.yaml")
    assert main(["verdict", scenario, "--variant", "intended"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("rh-ove: 5 clusters")


def test_the_document_obeys_its_schema_and_says_what_the_page_says(
    scenario: tuple[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    file, does_fit = scenario
    assert main(["verdict", file, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    fits = document["clusters"]["lab"]["verdict"]["fits"]
    assert (fits["answer"] == "yes") is does_fit
    assert fits["evidence"] == "assumed"


def test_a_no_fails_a_pipeline_that_asks_for_it(
    scenario: tuple[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    file, does_fit = scenario
    assert main(["verdict", file]) == 0
    assert main(["verdict", file, "--fail-on", "no"]) == 1  # two workers: no patch night
    assert ("find no node" in capsys.readouterr().out) is not does_fit
    assert main(["verdict", file, "--cluster", "lap"]) == 2


def test_findings_are_a_table(scenario: tuple[str, bool], tmp_path: Path) -> None:
    file = tmp_path / "verdict.csv"
    assert main(["verdict", scenario[0], "--format", "csv", "-o", str(file)]) == 0
    head, *findings = file.read_text().splitlines()
    assert head == "cluster,question,answer,detail,binding,change,evidence"
    assert len(findings) == 7
    grid = (tmp_path / "verdict.verdict.csv").read_text()
    assert grid.startswith("cluster,fits,N+1,N+1 draining,guideline,storage,limits,as applied\n")
