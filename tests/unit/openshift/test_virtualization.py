"""What OpenShift Virtualization sets where nobody says otherwise."""

from __future__ import annotations

import pytest

from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.openshift.virtualization import default_kubevirt, virtualization_assumptions
from ove_capacity.releases import release


@pytest.mark.parametrize(
    ("openshift", "logged"), [("4.15", False), ("4.18", False), ("4.19", True), ("4.22", True)]
)
def test_the_console_is_logged_from_4_19_on(openshift, logged):
    assert default_kubevirt(release(openshift)).serial_console_log_disabled is not logged


def test_vms_migrate_only_where_infrastructure_is_highly_available():
    assert default_kubevirt(release("4.15")).eviction_strategy == "LiveMigrate"
    alone = default_kubevirt(release("4.15"), highly_available=False)
    assert alone.eviction_strategy == "None"


def test_what_changes_the_answer_is_in_the_ledger():
    entries = virtualization_assumptions(KubeVirt(cpu_allocation_ratio=5), "production")
    values = {entry.name: entry.value for entry in entries}
    assert values["virtualization.cpu_allocation_ratio"] == "5"
    assert values["virtualization.guest_console_log"] == "on"
    assert {entry.applies_to for entry in entries} == {"production"}


def test_what_an_object_says_is_no_assumption():
    said = {"virtualization.guest_console_log": "on"}
    entries = virtualization_assumptions(KubeVirt(), "production", said)
    names = [entry.name.removeprefix("virtualization.") for entry in entries]
    assert names == ["cpu_allocation_ratio", "memory_overcommit_percent", "eviction_strategy"]
