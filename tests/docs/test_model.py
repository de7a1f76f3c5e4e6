from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import ove_capacity as oc
from tests.architecture.source import package_modules

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))


def first_column(heading: str) -> set[str]:
    """Names in backticks in the first column of the table below a heading."""
    section = MODEL.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def recorded_kinds() -> set[str]:
    """Kinds of event that the simulation writes: the string that a call of record names first."""
    kinds = set()
    for module in package_modules():
        if module.room != "sim":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                kinds.update([text for text in texts if isinstance(text, str) and text][:1])
    return kinds


def test_every_kind_of_event_is_explained() -> None:
    assert recorded_kinds() == first_column("Events")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda file: file.stem)
def test_every_assumption_of_an_example_is_explained(scenario: Path) -> None:
    run = oc.simulate(oc.load(scenario), until="1d")
    used = {assumption.name for assumption in run.assumptions}
    explained = first_column("Assumptions")
    missing = {name for name in used if not any(_covers(each, name) for each in explained)}
    assert missing == set()


def test_notebooks_are_kept_without_output() -> None:
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            assert not cell.get("outputs"), f"{file.name}: clear the outputs before committing"


def _covers(pattern: str, name: str) -> bool:
    """``node.*`` covers every name that begins with ``node.``."""
    return name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1]))
