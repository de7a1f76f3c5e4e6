"""``ingest`` on the command line: where the scenario goes, where the report goes, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ove_capacity.cli.main import main

NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: w0}\n"
    "status: {capacity: {cpu: '32', memory: 128Gi, pods: '250'}}\n"
)
VM = (
    "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: a}\nspec:\n"
    "  runStrategy: Always\n  template: {spec: {domain: {memory: {guest: 2Gi}}}}\n"
)


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nodes.yaml").write_text(NODE)
    (tmp_path / "vms.yaml").write_text(VM)
    nodes = tmp_path / "mg" / "cluster-scoped-resources" / "core" / "nodes"
    nodes.mkdir(parents=True)
    (nodes / "w0.yaml").write_text(NODE)
    return tmp_path


VERBS = [("nodes", "nodes.yaml"), ("vms", "vms.yaml"), ("must-gather", "mg")]


@pytest.mark.parametrize(("verb", "source"), VERBS)
def test_what_is_printed_is_the_scenario_and_the_report_goes_aside(
    verb: str, source: str, inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", verb, source]) == 0
    printed = capsys.readouterr()
    assert "apiVersion: ove-capacity/v1" in printed.out
    assert "What was read" in printed.err
    assert "What was read" not in printed.out


@pytest.mark.parametrize(("verb", "source"), VERBS)
def test_what_is_written_simulates(
    verb: str, source: str, inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", verb, source, "-o", "made.yaml", "--name", "lab"]) == 0
    assert "made.yaml is written" in capsys.readouterr().out
    assert main(["simulate", "made.yaml", "--until", "1h"]) == 0


def test_a_folder_is_named_as_the_scenario_sees_it(
    inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inputs / "out").mkdir()
    arguments = ["ingest", "nodes", "nodes.yaml", "--as", "folder", "-o", "out/made.yaml"]
    assert main(arguments) == 0
    assert "nodes: ../nodes.yaml" in (inputs / "out/made.yaml").read_text()
    assert main(["validate", "out/made.yaml", "--allow-outside"]) == 0


def test_json_holds_the_scenario_and_the_report(
    inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "nodes", "nodes.yaml", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["scenario"].startswith("# From nodes.yaml")
    assert {"what": "Node", "read": 1, "used": 1, "set aside": 0, "why": ""} in document["report"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nodes", "vms.yaml"],
        ["vms", "nodes.yaml"],
        ["must-gather", "nodes.yaml"],
        ["must-gather", "no-such-folder"],
        ["nodes", "nodes.yaml", "-o", "no-such-folder/made.yaml"],
        ["nodes", "no-such-file", "--as", "folder"],
    ],
)
def test_wrong_input_ends_with_2_and_a_sentence(
    arguments: list[str], inputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
