"""What the reference architecture's own manifests do to each other, row by row."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

import ove_capacity as oc
from ove_capacity.checks import Checked

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "check.schema.json").read_text())


@cache
def _checked() -> Checked:
    return oc.check(ROOT / "scenarios" / "rh-ove.yaml")


ROWS = [
    ("alert-unknown-metric", "prometheus-rules.yaml", "VMHighMemory never fires"),
    ("alert-unknown-metric", "prometheus-rules.yaml", "VMMigrationFailed never fires"),
    ("backup-hook-container", "velero-schedule.yaml", "crash-consistent"),
    ("backup-hook-selector", "velero-schedule.yaml", "crash-consistent"),
    ("backup-hook-without-pods", "velero-schedule.yaml", "on production-secondary"),
    ("cni-static-address", "network-attachment-definitions.yaml", "no pod"),
    ("cni-unknown-key", "network-attachment-definitions.yaml", "untagged"),
    ("placement-defaults-stay", "vm-workload-placement.yaml", "back after an outage"),
    ("placement-without-binding", "vm-workload-placement.yaml", "120 VMs are created nowhere"),
    ("policy-refuses-vm", "rh-ove.yaml", "20 VMs are refused on production-primary (app)"),
    ("policy-refuses-vm", "scalable-vm-template.yaml", "120 VMs are refused"),
    ("schema-missing-field", "managed-cluster-template.yaml", "KlusterletAddonConfig"),
    ("schema-pruned-field", "hyperconverged.yaml", "prunes it"),
    ("schema-pruned-field", "rhacs-central.yaml", "prunes it"),
    ("schema-unknown-kind", "autoscalers.yaml", "its pool keeps the size it has"),
    ("schema-wrong-type", "autoscalers.yaml", "the cluster has no autoscaler"),
    ("vm-selects-no-node", "scalable-vm-template.yaml", "132 VMs stay Pending"),
]


@pytest.mark.parametrize(("rule", "file", "consequence"), ROWS)
def test_the_row_is_found_by_a_rule(rule: str, file: str, consequence: str) -> None:
    found = [
        each.consequence
        for each in _checked().findings
        if each.rule == rule and Path(each.problem.file).name == file
    ]
    assert any(consequence in each for each in found), found


def test_the_document_is_as_its_schema_says() -> None:
    jsonschema.validate(_checked().to_dict(), SCHEMA)


def test_every_finding_has_a_place_in_a_file_that_is_there() -> None:
    for each in _checked().findings:
        assert Path(each.problem.file).is_file(), each
        assert each.problem.line or each.rule == "read-with-care", each
