from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.build import workload


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("web", (), "web-1"),
        ("office/desktops", (), "desktops-1"),
        ("office/files", ("here", "there"), "there"),
    ],
)
def test_vms_are_called_by_their_workload_without_its_namespace(
    name: str, given: tuple[str, ...], expected: str
) -> None:
    assert replace(workload("any"), name=name, vm_names=given).vm_name(1) == expected
