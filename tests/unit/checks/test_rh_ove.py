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
def _checked(variant: str | None = None) -> Checked:
    return oc.check(ROOT / "scenarios" / "rh-ove.yaml", variant=variant)


ROWS = [
    ("alert-unknown-metric", "prometheus-rules.yaml", "VMHighMemory never fires"),
    ("alert-unknown-metric", "prometheus-rules.yaml", "VMMigrationFailed never fires"),
    ("autoscaler-without-pool", "autoscalers.yaml", "9 workers of production-primary stay 9"),
    ("backup-hook-container", "velero-schedule.yaml", "crash-consistent"),
    ("backup-hook-selector", "velero-schedule.yaml", "crash-consistent"),
    ("backup-hook-without-pods", "velero-schedule.yaml", "on production-secondary"),
    ("cluster-local-target", "cluster-log-forwarder.yaml", "the logs of this cluster go nowhere"),
    ("cluster-local-target", "federation-scrape-config.yaml", "no alert on its metrics fires"),
    ("cluster-set-unknown", "managed-cluster-template.yaml", "by that set"),
    ("cni-static-address", "network-attachment-definitions.yaml", "no pod"),
    ("cni-unknown-key", "network-attachment-definitions.yaml", "untagged"),
    ("hub-backup-incomplete", "multiclusterhub.yaml", "nobody decides"),
    ("machines-count", "cluster-profile-production.yaml", "15 machines"),
    ("mesh-host-unknown", "cross-cluster-virtual-service.yaml", "no VM is reached"),
    ("mesh-name-unknown", "cross-cluster-virtual-service.yaml", "nothing enters by it"),
    ("min-replicas-floor", "autoscalers.yaml", "machines are added when pods are Pending"),
    ("placement-defaults-stay", "vm-workload-placement.yaml", "back after an outage"),
    ("placement-without-binding", "vm-workload-placement.yaml", "120 VMs are created nowhere"),
    ("policy-refuses-vm", "rh-ove.yaml", "20 VMs are refused on production-primary (app)"),
    ("policy-refuses-vm", "scalable-vm-template.yaml", "120 VMs are refused"),
    ("practice-backup", "rh-ove.yaml", "12 VMs are in no backup on staging"),
    ("practice-encryption", "cluster-profile-production.yaml", "in clear"),
    ("practice-gitops", "argocd-hub.yaml", "nothing is brought to any cluster"),
    ("practice-vlan", "network-attachment-definitions.yaml", "share one segment"),
    ("profile-hugepages", "cluster-profile-production.yaml", "7 VMs stay Pending"),
    ("profile-nested", "cluster-profile-production.yaml", "not supported by the vendor"),
    ("profile-nested", "network-attachment-definitions.yaml", "if workers are VMs"),
    ("profile-pinning", "cluster-profile-production.yaml", "7 VMs stay Pending"),
    ("profile-release", "cluster-profile-production.yaml", "no later OpenShift"),
    ("profile-sriov", "cluster-profile-production.yaml", "no node offers a VF"),
    ("scale-down-blocked", "autoscalers.yaml", "87 VMs hold their workers on production-primary"),
    ("schema-missing-field", "managed-cluster-template.yaml", "KlusterletAddonConfig"),
    ("schema-pruned-field", "hyperconverged.yaml", "prunes it"),
    ("schema-pruned-field", "rhacs-central.yaml", "prunes it"),
    ("schema-unknown-kind", "autoscalers.yaml", "its pool keeps the size it has"),
    ("schema-wrong-type", "autoscalers.yaml", "the cluster has no autoscaler"),
    ("virtualization-missing", "rh-ove.yaml", "10 VMs stay Pending on development"),
    ("vm-memory-overcommitted", "scalable-vm-template.yaml", "guests may use 1,056 GiB"),
    ("vm-nothing-to-boot", "scalable-vm-template.yaml", "132 VMs run without a guest"),
    ("vm-selects-no-node", "scalable-vm-template.yaml", "132 VMs stay Pending"),
    ("vm-without-network", "scalable-vm-template.yaml", "132 VMs have no network"),
]


REPAIRED = [
    ("anti-affinity-blocks-drain", "rh-ove.yaml", "9 VMs find no target on production-secondary"),
    ("practice-numa", "rh-ove.yaml", "7 VMs may span cells on production-primary"),
]
"""What is found only when VMs run."""


@pytest.mark.parametrize(("rule", "file", "consequence"), REPAIRED)
def test_a_row_of_what_is_intended_is_found(rule: str, file: str, consequence: str) -> None:
    found = [each.consequence for each in _checked("intended").findings if each.rule == rule]
    assert any(consequence in each for each in found), found


def test_as_intended_nothing_is_an_error() -> None:
    assert [each for each in _checked("intended").findings if each.severity == "error"] == []


@pytest.mark.parametrize(("rule", "file", "consequence"), ROWS)
def test_the_row_is_found_by_a_rule(rule: str, file: str, consequence: str) -> None:
    found = [
        each.consequence
        for each in _checked().findings
        if each.rule == rule and Path(each.problem.file).name == file
    ]
    assert any(consequence in each for each in found), found


def test_gates_of_the_operator_are_ignored_by_a_later_release() -> None:
    later = {"platform.openshift": "4.22"}
    checked = oc.check(
        ROOT / "scenarios" / "rh-ove.yaml", rules=["schema-ignored-field"], set=later
    )
    found = {each.problem.path for each in checked.findings}
    assert "spec.featureGates.enableApplicationAwareQuota" in found


def test_the_document_is_as_its_schema_says() -> None:
    jsonschema.validate(_checked().to_dict(), SCHEMA)


def test_every_finding_has_a_place_in_a_file_that_is_there() -> None:
    for each in _checked().findings:
        assert Path(each.problem.file).is_file(), each
        assert each.problem.line or each.rule == "read-with-care", each
