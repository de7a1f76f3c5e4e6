from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from ove_capacity.cli.endings import ends_decently, seed_in_use
from ove_capacity.errors import AnswerError, OveCapacityError, Problem, ScenarioError


def raising(error: BaseException) -> Callable[[], None]:
    @ends_decently
    def verb() -> None:
        raise error

    return verb


def code_of(verb: Callable[[], None]) -> int:
    with pytest.raises(typer.Exit) as end:
        verb()
    return end.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ScenarioError(Problem("must be at least 1 (got 0)", "s.yaml", 4, 21, "a.b")), 2),
        (OveCapacityError("cannot write x"), 2),
        (AnswerError("there is no worker"), 2),
        (AssertionError("rows must match"), 3),
        (ZeroDivisionError("division by zero"), 3),
        (KeyboardInterrupt(), 130),
        (typer.Exit(1), 1),
    ],
)
def test_each_ending_has_its_exit_code(error: BaseException, code: int) -> None:
    assert code_of(raising(error)) == code


def test_every_problem_is_printed_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [
        Problem("must be at least 1 (got 0)", "s.yaml", 4, 21, "events[0].maxUnavailable"),
        Problem("no such field", "s.yaml", 6, 10, "events[1].nod", "node"),
    ]
    code_of(raising(ScenarioError(problems)))
    assert capsys.readouterr().err.splitlines() == [
        "s.yaml:4:21: events[0].maxUnavailable — must be at least 1 (got 0)",
        "s.yaml:6:10: events[1].nod — no such field; did you mean 'node'?",
    ]


def test_a_terminal_sees_the_offending_line_with_a_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("name: x\npools:\n\tworker: -3\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code_of(raising(ScenarioError(Problem("must not be negative", str(file), 3, 10, "pools"))))
    _, line, mark = re.sub(r"\x1b\[[0-9]*m", "", capsys.readouterr().err).splitlines()
    assert (line, mark.index("^")) == ("   worker: -3", line.index("-"))


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"short"])
def test_a_line_that_cannot_be_shown_is_left_out(
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(content)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = 1 if content.startswith(b"\x00") else 9
    code_of(raising(ScenarioError(Problem("is not YAML", str(file), line, 1))))
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_bug_tells_how_to_replay_it_and_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @ends_decently
    def verb() -> None:
        seed_in_use.set(7)
        raise AssertionError("rows must match")

    monkeypatch.setattr(sys, "argv", ["ove-capacity", "simulate", "my scenario.yaml"])
    monkeypatch.delenv("OVE_CAPACITY_TRACEBACK", raising=False)
    code_of(verb)
    printed = capsys.readouterr().err
    assert "replay: ove-capacity simulate 'my scenario.yaml' --seed 7" in printed
    assert "AssertionError: rows must match (cli/test_endings.py:" in printed
    assert "Traceback" not in printed


def test_a_bug_shows_its_traceback_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OVE_CAPACITY_TRACEBACK", "1")
    code_of(raising(AssertionError("rows must match")))
    assert "Traceback (most recent call last)" in capsys.readouterr().err
