"""The verbs, from a file to what is printed and the exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

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


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    loaded = json.loads(capsys.readouterr().out)
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("verb", ["validate", "show", "simulate", "placement"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_every_verb_answers_in_both_forms(
    verb: str, form: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, scenario, "--format", form]) == 0
    printed = capsys.readouterr()
    assert ("tiny" in printed.out, printed.err) == (True, "")
    assert form == "text" or json.loads(printed.out)["scenario"] == "tiny"


def test_the_scenario_says_how_long_and_from_which_seed_and_options_win(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", scenario, "--format", "json"]) == 0
    own = document(capsys)
    assert (own["until_ms"], own["provenance"]["seed"]) == (172_800_000, 3)
    assert main(["simulate", scenario, "--format", "json", "--until", "1h", "--seed", "9"]) == 0
    given = document(capsys)
    assert (given["until_ms"], given["provenance"]["seed"]) == (3_600_000, 9)


@pytest.mark.parametrize(("count", "code"), [(2, 0), (50, 1)])
def test_vms_that_find_no_node_fail_a_pipeline_that_asks_for_it(
    count: int, code: int, scenario: str
) -> None:
    change = ["--set", f"workloads[0].count={count}"]
    assert main(["simulate", scenario, *change, "--until", "1h", "--fail-on", "pending"]) == code
    assert main(["simulate", scenario, *change, "--until", "1h"]) == 0


def test_explain_names_every_node(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", scenario, "--vm", "vms/web-1", "--format", "json"]) == 0
    explanation = document(capsys)["explanation"]
    feasible = {each["node"] for each in explanation["feasible"]}
    refusing = {each["node"] for each in explanation["rejections"]}
    assert explanation["runs_on"] in feasible
    assert len(feasible | refusing) == 2


def test_a_result_goes_into_a_file_and_nothing_is_printed(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", scenario, "--format", "json", "-o", str(tmp_path / "run.json")]) == 0
    assert json.loads((tmp_path / "run.json").read_text())["scenario"] == "tiny"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("count: -3", ":11:54: workloads[0].count — must be at least 0 (got -3)"),
        ("coutn: 3", ":11:47: workloads[0].coutn — no such field; did you mean 'count'?"),
    ],
)
def test_wrong_input_is_told_with_its_place(
    change: str, place: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(scenario).write_text(SCENARIO.replace("count: 2, cpu: 1", f"{change}, cpu: 1"))
    assert main(["simulate", scenario]) == 2
    printed = capsys.readouterr()
    assert (printed.out, scenario + place in printed.err) == ("", True)


def test_validate_tells_programs_what_is_wrong(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(scenario).write_text(SCENARIO.replace("name: tiny", "nam: tiny"))
    assert main(["validate", scenario, "--format", "json"]) == 2
    told = document(capsys)
    assert told["valid"] is False
    assert {problem["line"] for problem in told["problems"]} >= {2}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explain", "--vm", "vms/none"], "unknown VM 'vms/none'"),
        (["explain", "--vm", "vms/none"], "at 0s (--at names another time): unknown VM"),
        (["explain", "--vm", "vms/web-0", "--cluster", "la"], "Did you mean 'lab'?"),
        (["placement", "nothing"], "unknown Placement 'nothing'; known: none"),
        (["simulate", "--variant", "bigger"], "no variant"),
        (["simulate", "--until", "0s"], "--until: '0s' is no time at all"),
    ],
)
def test_a_name_that_does_not_exist_is_told(
    arguments: list[str], sentence: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verb, *rest = arguments
    assert main([verb, scenario, *rest]) == 2
    assert sentence in capsys.readouterr().err


def test_a_terminal_gets_the_same_text_in_colour(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", scenario]) == 0
    plain = capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["simulate", scenario]) == 0
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured
    assert len(coloured) > len(plain)


def test_show_tells_where_each_number_came_from(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", scenario, "--origin"]) == 0
    assert "pools.worker.node.cpu = 8 (scenario:" in capsys.readouterr().out
    assert main(["show", scenario, "--origin", "--format", "json"]) == 0
    origins = document(capsys)["origins"]
    assert isinstance(origins, list)
    assert {each["level"] for each in origins} >= {"scenario", "release default"}
    (cpu,) = [each for each in origins if each["name"] == "pools.worker.node.cpu"]
    assert cpu["place"] == f"{scenario}:9:38"


@pytest.mark.parametrize("verb", ["validate", "show", "simulate", "placement"])
def test_every_verb_tells_programs_what_is_wrong(
    verb: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(scenario).write_text(SCENARIO.replace("count: 2, cpu", "coutn: 2, cpu"))
    assert main([verb, scenario, "--format", "json"]) == 2
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["valid"], printed.err) == (False, "")
    (problem,) = told["problems"]
    assert (problem["line"], problem["column"], problem["suggestion"]) == (11, 47, "count")


def test_a_wrong_call_is_told_to_programs_too(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("{}")
    call = ["explain", scenario, "--vm", "vms/none", "--format", "json", "-o", str(kept)]
    assert main(call) == 2
    assert "unknown VM 'vms/none'" in document(capsys)["problems"][0]["message"]
    assert kept.read_text() == "{}"
