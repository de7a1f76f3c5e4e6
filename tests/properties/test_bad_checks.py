"""Whatever the manifests hold, `check` names it as a finding with a place, and never falls over."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ove_capacity.checks import Severity, run_rules, subject_of
from ove_capacity.report.checks import checked_text
from ove_capacity.scenario import examine
from tests.properties.examples import QUICK, many
from tests.properties.mutations import TEXT_DAMAGE, TREE_DAMAGE, spoilt, steps

FOLDER = Path(__file__).with_name("inputs")
MANIFESTS = Path(__file__).parents[2] / "scenarios" / "rh-ove" / "manifests"
FILES = ("objects", "machines", "hub")
_OURS = "architecture"
in_tree = st.lists(st.tuples(st.sampled_from(TREE_DAMAGE), steps), min_size=1, max_size=4)
in_text = st.lists(st.tuples(st.sampled_from(TEXT_DAMAGE), steps), max_size=2)


@cache
def _objects(name: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text()))


@cache
def _architecture() -> list[Any]:
    """Objects of kinds that rules read: those of the architecture."""
    files = sorted(MANIFESTS.rglob("*.yaml"))
    texts = (re.sub(r"\{\{ \.Values\.(\w+) \}\}", r"\1", file.read_text()) for file in files)
    found = [each for text in texts for each in yaml.safe_load_all(text) if each]
    assert found, "the architecture's manifests have moved"
    return found


def _is_checked(folder: Path, which: str, damage: tuple[Any, Any], as_json: bool) -> None:
    """*which* is spoilt: a file of the inputs, or ours instead of the objects."""
    for name in ("scenario", *FILES):
        (folder / f"{name}.yaml").write_text((FOLDER / f"{name}.yaml").read_text())
    items = _architecture() if which == _OURS else _objects(which)
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    text = spoilt(listed, *damage, as_json)
    file = folder / f"{'objects' if which == _OURS else which}.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = run_rules(subject_of(examine(folder / "scenario.yaml")))
    for each in found.findings:
        assert each.problem.file.startswith(str(folder)), each
        assert each.problem.line > 0 or each.severity is Severity.INFO, each
        assert each.message.strip(), each
    assert checked_text(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_objects_are_checked_before_they_are_spoilt(tmp_path: Path) -> None:
    for which in (*FILES, _OURS):
        _is_checked(tmp_path, which, ([], []), as_json=False)


@QUICK
@given(st.sampled_from((*FILES, _OURS)), in_tree, in_text, st.booleans())
def test_spoilt_manifests_are_findings(
    tmp_path: Path, which: str, tree: Any, text: Any, as_json: bool
) -> None:
    _is_checked(tmp_path, which, (tree, text), as_json)


@pytest.mark.verification
@many("checks")
@given(st.sampled_from((*FILES, _OURS)), in_tree, in_text, st.booleans())
def test_many_spoilt_manifests_are_findings(
    tmp_path: Path, which: str, tree: Any, text: Any, as_json: bool
) -> None:
    _is_checked(tmp_path, which, (tree, text), as_json)
