"""Releases and their feature gates."""

from __future__ import annotations

import pytest

from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.virtualization import Gates

LISTED = Gates(frozenset({"ImageVolume", "AlignCPUs", "IOMMUFD", "AutoResourceLimitsGate"}))
DISABLED = Gates(disabled=frozenset({"ImageVolume", "AutoResourceLimitsGate"}))


@pytest.mark.parametrize(
    ("gate", "rules", "by_default", "listed", "disabled"),
    [
        ("ImageVolume", "v1.1.0", False, False, False),
        ("ImageVolume", "v1.8.4", False, True, False),
        ("ImageVolume", "v1.9.0", True, True, False),
        ("AutoResourceLimitsGate", "v1.1.0", False, True, False),
        ("AutoResourceLimitsGate", "v1.5.0", True, True, True),
        ("AlignCPUs", "v1.9.0", False, True, False),
        ("IOMMUFD", "v1.8.4", False, False, False),
        ("ExternalNetResourceInjection", "v1.8.4", False, False, False),
        ("ExternalNetResourceInjection", "v1.9.0", True, True, True),
    ],
)
def test_a_gate_is_on_by_its_state_or_by_name(gate, rules, by_default, listed, disabled):
    release = rules_of(rules)
    assert release.enables(gate, Gates()) is by_default
    assert release.enables(gate, LISTED) is listed
    assert release.enables(gate, DISABLED) is disabled


@pytest.mark.parametrize("text", ["1", "2.0.0", "v1.x", "", "latest", "1.2.3.4"])
def test_what_is_no_version_of_kubevirt_1_is_refused(text):
    with pytest.raises(ValueError, match="not a KubeVirt version"):
        rules_of(text)


def test_a_release_in_between_has_only_what_was_there_already():
    middle = rules_of("v1.5.2")
    assert middle.machine_type_label
    assert middle.pinned_cpu_overrides
    assert not middle.late_memory_request
    assert not middle.cpu_manager_label_prefixed
    assert rules_of("1.8.4-rc.1") == rules_of("v1.8.4")
