"""A hook of a backup that never runs, beside those that KubeVirt annotates on its pods."""

from __future__ import annotations

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject
from tests.unit.checks.test_cross_object import SCHEDULE, STEP, VM


@pytest.mark.parametrize(
    ("scope", "severity", "consequence"),
    [
        ("excludedResources: [pods], ", "error", "no guest is frozen"),
        ("", "warning", "guests are frozen by KubeVirt's own"),
    ],
)
def test_a_dead_hook_matters_when_pods_are_left_out(
    scope: str, severity: str, consequence: str
) -> None:
    text = f"{VM}---{SCHEDULE.format(scope=scope, hook=STEP.replace('compute', 'virt-launcher'))}"
    (found,) = run_rules(subject(text), ["backup-hook-container"]).findings
    assert str(found.severity) == severity
    assert consequence in found.consequence
