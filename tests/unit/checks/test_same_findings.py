"""The same objects written in another way: what is found depends on what they say."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import ove_capacity as oc

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"


def _found(scenario: Path) -> Counter[tuple[str, str]]:
    return Counter((each.rule, str(each.severity)) for each in oc.check(scenario).findings)


def _copy(into: Path) -> Path:
    shutil.copytree(SCENARIOS / "rh-ove", into / "rh-ove")
    text = (SCENARIOS / "rh-ove.yaml").read_text()
    # Variants speak of manifests by the names of their files.
    plain = re.sub(r"^variants:\n(?:[ #].*\n|\n)*", "", text, flags=re.MULTILINE)
    (into / "rh-ove.yaml").write_text(plain)
    return into / "rh-ove.yaml"


def _objects(text: str) -> list[Any]:
    """The objects of a file; none of a template, or of what is no object."""
    if "{{" in text:
        return []
    found = [each for each in yaml.safe_load_all(text) if each]
    return found if all(isinstance(each, dict) and "kind" in each for each in found) else []


def _as_list(objects: list[Any]) -> str:
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects})


def _as_json(objects: list[Any]) -> str:
    return "---\n".join(json.dumps(each, indent=2) + "\n" for each in objects)


def _as_template(objects: list[Any]) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "template.openshift.io/v1",
            "kind": "Template",
            "metadata": {"name": "all"},
            "objects": objects,
        }
    )


def _backwards(objects: list[Any]) -> str:
    return yaml.safe_dump_all(reversed(objects), sort_keys=True)


@pytest.mark.parametrize("write", [_as_list, _as_json, _as_template, _backwards])
def test_however_the_manifests_are_wrapped(
    write: Callable[[list[Any]], str], tmp_path: Path
) -> None:
    scenario = _copy(tmp_path)
    expected = _found(scenario)
    for file in sorted((tmp_path / "rh-ove" / "manifests").rglob("*.yaml")):
        if objects := _objects(file.read_text()):
            file.write_text(write(objects))
    assert _found(scenario) == expected


NAMES = {
    "vm-production": "tenant-a",
    "scalable-vm-template": "gold-image",
    "vm-workload-placement": "spread",
    "multi-cluster-vm-policy": "admit",
    "worker-machineset": "metal-1",
    "worker-autoscaler": "metal-scaler",
    "vm-workload: ": "pool-of-vms: ",
}


def test_whatever_the_objects_are_called(tmp_path: Path) -> None:
    scenario = _copy(tmp_path)
    expected = _found(scenario)
    for file in (scenario, *sorted((tmp_path / "rh-ove").rglob("*.yaml"))):
        text = file.read_text()
        for name, other in NAMES.items():
            text = re.sub(rf"{re.escape(name)}(?!\.yaml)", other, text)
        file.write_text(text)
    assert _found(scenario) == expected


def test_in_whatever_files_the_objects_are(tmp_path: Path) -> None:
    scenario = _copy(tmp_path)
    expected = _found(scenario)
    text = scenario.read_text()
    for number, file in enumerate(sorted((tmp_path / "rh-ove" / "manifests").rglob("*.yaml"))):
        below = file.parent / f"deep-{number}"
        below.mkdir()
        file.rename(below / "object.yml")
        path = file.relative_to(tmp_path).as_posix()
        text = text.replace(path, f"{path.rpartition('/')[0]}/deep-{number}/object.yml")
    scenario.write_text(text)
    assert _found(scenario) == expected
