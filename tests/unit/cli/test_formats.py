"""Tables in files: csv, parquet and xlsx of the verbs that have tables."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from ove_capacity.cli.main import main

SCENARIO = """\
apiVersion: ove-capacity/v1
name: tiny
seed: 3
until: 2d
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker: {count: 2, node: {cpu: 8, memory: 32Gi}}
workloads:
  - {name: web, cluster: lab, namespace: vms, count: 2, cpu: 1, memory: 4Gi}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    file = tmp_path / "tiny.yaml"
    file.write_text(SCENARIO)
    return str(file)


def written(folder: Path, *arguments: str) -> list[str]:
    folder.mkdir()
    assert main([*arguments]) == 0
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(("form", "read"), [("csv", pl.read_csv), ("parquet", pl.read_parquet)])
def test_the_main_table_goes_to_the_file_and_the_others_beside_it(
    form: str, read: object, scenario: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    file = folder / f"run.{form}"
    files = written(folder, "simulate", scenario, "--format", form, "-o", str(file))
    others = ("assumptions", "events", "provenance", "samples", "warnings")
    assert files == sorted([file.name, *(f"run.{name}.{form}" for name in others)])
    assert read(file)["name"].to_list() == ["web-0", "web-1"]


def test_a_workbook_has_a_sheet_a_table(scenario: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    file = folder / "run.xlsx"
    assert written(folder, "simulate", scenario, "--format", "xlsx", "-o", str(file)) == [file.name]
    book = zipfile.ZipFile(file).read("xl/workbook.xml").decode()
    names = ("vms", "samples", "events", "warnings", "assumptions", "provenance")
    assert [name for name in names if f'name="{name}"' in book] == list(names)


def test_csv_without_a_file_prints_the_main_table_and_names_the_others(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", scenario, "--format", "csv"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("cluster,")
    assert printed.err.startswith("Not shown: ")


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
@pytest.mark.parametrize("verb", ["simulate", "show", "placement"])
def test_what_is_no_text_is_not_printed(
    verb: str, form: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, scenario, "--format", form]) == 2
    assert "name a file with -o FILE" in capsys.readouterr().err


def test_a_verb_without_tables_says_so(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", scenario, "--format", "csv"]) == 2
    assert "no tables" in capsys.readouterr().err


def test_an_answer_without_rows_is_not_what_it_rests_on(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["placement", scenario, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "answer\n"


def test_when_one_file_cannot_be_written_none_is(scenario: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "run.events.csv").mkdir(parents=True)
    code = main(["simulate", scenario, "--format", "csv", "-o", str(folder / "run.csv")])
    assert code == 2
    assert [each.name for each in folder.iterdir()] == ["run.events.csv"]


def test_figures_go_to_a_folder_that_is_made(scenario: str, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    assert main(["simulate", scenario, "--figures", str(folder)]) == 0
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["nodes.png", "nodes.svg", "timeline.png", "timeline.svg"]


@pytest.mark.parametrize(("place", "reason"), [("tiny.yaml", "no folder"), ("a/b", "no folder")])
def test_a_folder_that_cannot_be_is_refused_before_the_run(
    place: str, reason: str, scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", scenario, "--figures", str(tmp_path / place)]) == 2
    printed = capsys.readouterr()
    assert (reason in printed.err, printed.out) == (True, "")


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        (["headroom"], ["waterfall"]),
        (["headroom", "--ladder"], ["ladder", "waterfall"]),
        (["failover"], ["pairs"]),
        (["verdict"], ["verdict"]),
    ],
)
def test_each_verb_draws_what_it_answers(
    verb: list[str], names: list[str], scenario: str, tmp_path: Path
) -> None:
    folder = tmp_path / "figures"
    assert main([verb[0], scenario, *verb[1:], "--figures", str(folder)]) == 0
    assert sorted({file.stem for file in folder.iterdir()}) == names


@pytest.mark.parametrize("verb", ["headroom", "failover", "placement", "verdict"])
def test_every_verb_with_tables_fills_a_workbook(verb: str, scenario: str, tmp_path: Path) -> None:
    file = tmp_path / "answer.xlsx"
    assert main([verb, scenario, "--format", "xlsx", "-o", str(file)]) == 0
    assert zipfile.is_zipfile(file)
