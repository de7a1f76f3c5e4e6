"""Every packed suite agrees with the real components, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.__main__ import main
from tests.conformance.cases import read_cases, write_cases
from tests.conformance.suites import SUITES, judge, suite_module

DATA = Path(__file__).parent / "data"
PACKED = sorted(DATA.glob("*.jsonl.gz"))


@pytest.mark.parametrize("path", PACKED, ids=lambda path: path.name)
def test_every_recorded_case_agrees(path):
    module = suite_module(path.name.split(".")[0])
    verdicts = [judge(module, case) for case in read_cases(path)]
    wrong = [f"{verdict.name}: {verdict.difference}" for verdict in verdicts if verdict.difference]
    assert wrong == []


def test_a_wrong_answer_is_told_with_its_place(tmp_path, capsys):
    cases = read_cases(DATA / "kubevirt.jsonl.gz")[:2]
    cases[1]["expected"]["memory_overhead_bytes"] += 1
    write_cases(tmp_path / "two.jsonl", cases)
    assert main(["kubevirt", str(tmp_path / "two.jsonl")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{cases[1]['name']}: memory_overhead_bytes: ")
    assert lines[-1] == "kubevirt: 1 of 2 cases agree"


def test_what_we_emit_agrees_with_itself(tmp_path, capsys):
    emitted = tmp_path / "ours.jsonl.gz"
    assert main(["kubevirt", str(DATA / "kubevirt.jsonl.gz"), "--emit", str(emitted)]) == 0
    assert main(["kubevirt", str(emitted)]) == 0


def test_a_case_that_is_not_decided_yet_counts_as_a_disagreement(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(SUITES, "weather", None)
    write_cases(tmp_path / "one.jsonl", [{"name": "a", "expected": {}}])
    assert main(["weather", str(tmp_path / "one.jsonl")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "weather: 0 of 1 cases agree"


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"\x1f\x8bbroken", b"\xff\xfe"])
def test_a_file_that_is_no_file_of_cases_exits_2(content, tmp_path, capsys):
    (tmp_path / "bad.jsonl").write_bytes(content)
    assert main(["kubevirt", str(tmp_path / "bad.jsonl")]) == 2
    assert main(["kubevirt", str(tmp_path / "absent.jsonl")]) == 2
    assert main(["kubewirt", str(DATA / "kubevirt.jsonl.gz")]) == 2
