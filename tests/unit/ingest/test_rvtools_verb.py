from __future__ import annotations

import json
from pathlib import Path

import pytest

from ove_capacity.cli.main import main
from tests.unit.ingest.workbook import VINFO, vm, workbook


@pytest.fixture
def book(tmp_path: Path) -> str:
    rows = [VINFO, vm("a"), vm("b", power="poweredOff"), vm("gold", template="True")]
    return str(workbook(tmp_path / "site.xlsx", {"vInfo": rows}))


def test_the_scenario_is_printed_and_the_report_stands_beside_it(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "rvtools", book]) == 0
    printed = capsys.readouterr()
    assert "apiVersion: ove-capacity/v1" in printed.out
    assert "it is a template: it never runs" in printed.err


def test_a_written_scenario_is_valid_and_runs(
    book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = str(tmp_path / "scenario.yaml")
    options = ["--powered-off", "run", "--sizes", "larger", "--onto", "virt", "--name", "move"]
    assert main(["ingest", "rvtools", book, *options, "-o", scenario]) == 0
    assert "What was read" in capsys.readouterr().out
    assert main(["simulate", scenario, "--until", "1h"]) == 0
    assert "2 running" in capsys.readouterr().out


def test_the_report_is_there_for_programs_too(
    book: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "rvtools", book, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["scenario"].startswith("# From site.xlsx")
    aside = [each["why"] for each in document["findings"][-1]["rows"]]
    assert aside == ["it is a template: it never runs"]


@pytest.mark.parametrize("verb", ["rvtools", "vsphere-json"])
def test_a_file_that_cannot_be_read_ends_with_2_and_a_sentence(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", verb, str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none'} — does not exist\n"


def test_vms_of_the_api_become_a_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vm.json"
    file.write_text('{"name": "db", "hardware": {"numCPU": 2, "memoryMB": 2048}}')
    assert main(["ingest", "vsphere-json", str(file)]) == 0
    assert "name: other-2cpu-2gi" in capsys.readouterr().out
