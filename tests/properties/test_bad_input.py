"""Whatever happens to a valid input: it loads, or every problem has a sentence and a place.

`examples` says how to try many more than a test run does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ove_capacity.errors import ScenarioError
from ove_capacity.model.case import Case
from ove_capacity.scenario import load
from tests.properties.examples import QUICK, many
from tests.properties.mutations import TEXT_DAMAGE, TREE_DAMAGE, spoilt, steps

FOLDER = Path(__file__).with_name("inputs")
SCENARIO = yaml.safe_load((FOLDER / "scenario.yaml").read_text())
FILES = ("objects", "machines", "hub")
MANIFESTS = {
    name: list(yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text())) for name in FILES
}
in_tree = st.lists(st.tuples(st.sampled_from(TREE_DAMAGE), steps), min_size=1, max_size=4)
in_text = st.lists(st.tuples(st.sampled_from(TEXT_DAMAGE), steps), max_size=2)


def _loads_or_says_where(folder: Path, broken: Mapping[str, str]) -> None:
    for name in ("scenario", *FILES):
        text = broken[name] if name in broken else (FOLDER / f"{name}.yaml").read_text()
        (folder / f"{name}.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        case = load(folder / "scenario.yaml")
    except ScenarioError as error:
        for problem in error.problems:
            assert problem.file.startswith(str(folder)), problem
            assert problem.line > 0, problem
            assert problem.column > 0, problem
            assert problem.message.strip(), problem
    else:
        assert isinstance(case, Case)


def _of_scenario(tree_damage: Any, text_damage: Any, as_json: bool, folder: Path) -> None:
    scenario = spoilt(SCENARIO, tree_damage, text_damage, as_json)
    _loads_or_says_where(folder, {"scenario": scenario})


def _of_objects(file: str, tree_damage: Any, text_damage: Any, as_json: bool, folder: Path) -> None:
    objects = {"apiVersion": "v1", "kind": "List", "items": MANIFESTS[file]}
    _loads_or_says_where(folder, {file: spoilt(objects, tree_damage, text_damage, as_json)})


def test_the_inputs_are_valid_before_they_are_spoilt() -> None:
    case = load(FOLDER / "scenario.yaml")
    assert (len(case.fleet.clusters), len(case.plan.workloads)) == (3, 7)


@QUICK
@given(in_tree, in_text, st.booleans())
def test_a_spoilt_scenario_loads_or_says_where(
    tmp_path: Path, tree_damage: Any, text_damage: Any, as_json: bool
) -> None:
    _of_scenario(tree_damage, text_damage, as_json, tmp_path)


@QUICK
@given(st.sampled_from(FILES), in_tree, in_text, st.booleans())
def test_a_spoilt_manifest_loads_or_says_where(
    tmp_path: Path, file: str, tree_damage: Any, text_damage: Any, as_json: bool
) -> None:
    _of_objects(file, tree_damage, text_damage, as_json, tmp_path)


@pytest.mark.verification
@many("scenario")
@given(in_tree, in_text, st.booleans())
def test_many_spoilt_scenarios_load_or_say_where(
    tmp_path: Path, tree_damage: Any, text_damage: Any, as_json: bool
) -> None:
    _of_scenario(tree_damage, text_damage, as_json, tmp_path)


@pytest.mark.verification
@many("manifests")
@given(st.sampled_from(FILES), in_tree, in_text, st.booleans())
def test_many_spoilt_manifests_load_or_say_where(
    tmp_path: Path, file: str, tree_damage: Any, text_damage: Any, as_json: bool
) -> None:
    _of_objects(file, tree_damage, text_damage, as_json, tmp_path)
