"""Manifests that nobody here wrote: no rule trips over them, and what is found can be defended."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.checks import Checked
from tests.real import REAL, needs_real

FOLDERS = (
    *("autoscaler", "backup", "crds", "hco", "instancetypes", "kyverno", "must-gather", "nodes"),
    *("nrt", "ocm", "perf", "prometheus", "sriov", "vm", "vsphere"),
)
SCENARIO = """
apiVersion: ove-capacity/v1
name: real
platform: {{openshift: "{openshift}"}}
clusters:
  one:
    pools: {{worker: {{count: 3, node: {{cpu: 32, memory: 128Gi}}}}}}
    manifests: ["{folder}"]
"""


def _checked(folder: str, into: Path, openshift: str = "4.23") -> Checked:
    scenario = into / "scenario.yaml"
    text = SCENARIO.format(folder=Path(REAL) / folder, openshift=openshift)
    scenario.write_text(text)
    return oc.check(scenario, allow_outside=True)


@needs_real
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_rule_trips(folder: str, tmp_path: Path) -> None:
    assert isinstance(_checked(folder, tmp_path).findings, tuple)


@needs_real
@pytest.mark.parametrize("folder", ["autoscaler", "perf", "sriov"])
def test_the_fields_found_unknown_are_those_that_others_found(folder: str, tmp_path: Path) -> None:
    with (Path(REAL) / "schema-check.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith(f"{folder}/")]
    known = {
        (row["file"], field.lstrip("."))
        for row in rows
        for field in (row["unknown_fields"] or "").split()
        if not field.endswith("creationTimestamp")  # null, which asks for nothing
    }
    found = {
        (Path(each.problem.file).relative_to(REAL).as_posix(), each.problem.path)
        for each in _checked(folder, tmp_path).findings
        if each.rule in ("schema-misspelt-field", "schema-pruned-field")
    }
    assert found == known
