"""Alerts that can never fire, because nobody exports what they watch."""

from __future__ import annotations

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject

RULE = """
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{name: x, namespace: monitoring}}
spec:
  groups:
  - name: g
    rules:
    - record: kubevirt_our_own
      expr: up
    - alert: Quiet
      expr: {}
"""


def _found(expression: str, openshift: str = "4.15") -> list[tuple[str, str]]:
    text = RULE.format(expression)
    found = run_rules(subject(text, openshift=openshift), ["alert-unknown-metric"]).findings
    return [(each.repair, each.consequence) for each in found]


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("kubevirt_vm_memory_usage_bytes > 0.9", "kubevirt_vmi_memory_used_bytes"),
        ("increase(kubevirt_vm_migration_failed_total[5m]) > 0", "kubevirt_vmi_migration_failed"),
        ("'{__name__=\"kubevirt_vm_memory_used_bytes\"} > 1'", "kubevirt_vmi_memory_used_bytes"),
    ],
)
def test_a_metric_that_nobody_exports(expression: str, meant: str) -> None:
    ((repair, consequence),) = _found(expression)
    assert consequence == "Quiet never fires"
    assert meant in repair


@pytest.mark.parametrize(
    "expression",
    [
        'up{job="kubevirt_unknown"} == 0',
        "kubevirt_vmi_memory_used_bytes / kubevirt_vmi_memory_available_bytes > 0.9",
        "sum by (kubevirt_label) (up)",
        'up{kubevirt_label=~"x"}',
        "kubevirt_our_own > 1",
        "'{__name__=\"kubevirt_vmi_memory_used_bytes\"} > 1'",
        "rate(kubevirt_vmi_phase_transition_time_seconds_bucket[5m])",
        "kubevirt_cdi_operator_up == 0",
        "container_memory_rss",
        "3",
    ],
)
def test_what_is_exported_recorded_or_no_metric_is_no_finding(expression: str) -> None:
    assert _found(expression) == []


def test_a_metric_of_a_later_release_is_told_with_it() -> None:
    text = RULE.format("kubevirt_vmi_migration_data_bytes_total")
    (found,) = run_rules(subject(text, openshift="4.15"), ["alert-unknown-metric"]).findings
    assert "it is one in OpenShift 4.22 to 4.23" in found.message
    assert run_rules(subject(text, openshift="4.22"), ["alert-unknown-metric"]).is_ok


def test_a_name_like_none_of_kubevirts_may_be_another_exporters() -> None:
    text = RULE.format("kubevirt_sidecar_queue_inuse > 3")
    (found,) = run_rules(subject(text), ["alert-unknown-metric"]).findings
    assert str(found.severity) == "warning"
    assert "another exporter" in found.message
