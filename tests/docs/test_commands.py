from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ove_capacity.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (document.relative_to(ROOT).as_posix(), text)
        for document in DOCUMENTS
        for found, text in BLOCK.findall(document.read_text(encoding="utf-8"))
        if found == language
    ]


def shell_lines() -> list[tuple[str, str]]:
    return [
        (document, line.partition("#")[0].strip())
        for document, text in blocks("sh")
        for line in text.splitlines()
        if line.partition("#")[0].strip()
    ]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_command_in_a_document_is_a_target() -> None:
    used = {line.split()[1] for _, line in shell_lines() if line.startswith("make ")}
    assert used <= targets()


def test_demo_and_test_are_the_only_commands_that_set_up() -> None:
    setup = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    commands = [line.partition("#")[0].strip() for line in setup[1].splitlines()]
    assert (setup[0], commands) == ("sh", ["make demo", "make test"])


def test_the_pipeline_runs_what_a_developer_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make lint", "make test"]


def test_constraints_hold_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in pins)


@pytest.mark.parametrize(
    "line", [line for _, line in shell_lines() if line.startswith(("ove-capacity", ".venv/bin"))]
)
def test_every_documented_command_line_runs(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    arguments = [
        str(tmp_path / word) if before in {"-o", "--output", "--figures"} else word
        for before, word in zip(["", *shlex.split(line)], shlex.split(line), strict=False)
    ]
    assert main(arguments[1:]) in {0, 1}


@pytest.mark.parametrize(("document", "code"), blocks("python"))
def test_documented_code_runs(document: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, document, "exec"), {"__name__": "documented"})
