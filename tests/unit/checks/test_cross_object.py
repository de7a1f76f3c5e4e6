"""What objects say of each other: hooks and pods, Placements and bindings, selectors and nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject

VM = """
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: web, namespace: vms}
spec:
  template:
    metadata: {labels: {backup: "yes"}}
    spec: {domain: {devices: {}, memory: {guest: 1Gi}}, nodeSelector: {tier: gold}}
"""
SCHEDULE = """
apiVersion: velero.io/v1
kind: Schedule
metadata: {{name: nightly, namespace: velero}}
spec:
  schedule: 0 2 * * *
  template: {{{scope}hooks: {{resources: [{{name: freeze, {hook}}}]}}}}
"""
STEP = "pre: [{exec: {container: compute, command: [freeze]}}]"
BACKUP = ("backup-hook-container", "backup-hook-selector", "backup-hook-without-pods")


def _backup(scope: str, hook: str) -> list[str]:
    text = f"{VM}---{SCHEDULE.format(scope=scope, hook=hook)}"
    return [each.rule for each in run_rules(subject(text), BACKUP).findings]


@pytest.mark.parametrize(
    ("scope", "hook", "rule"),
    [
        ("excludedResources: [pods], ", STEP, "backup-hook-without-pods"),
        ("includedResources: [virtualmachines], ", STEP, "backup-hook-without-pods"),
        ("excludedResources: [Pods], ", STEP, "backup-hook-without-pods"),
        ("excludedNamespaceScopedResources: [pods], ", STEP, "backup-hook-without-pods"),
        ("labelSelector: {matchLabels: {a: b}}, ", STEP, "backup-hook-without-pods"),
        ("", f"includedNamespaces: [vm], {STEP}", "backup-hook-selector"),
        ("", STEP.replace("compute", "virt-launcher"), "backup-hook-container"),
        ("", f"labelSelector: {{matchLabels: {{a: b}}}}, {STEP}", "backup-hook-selector"),
    ],
)
def test_a_hook_that_never_runs(scope: str, hook: str, rule: str) -> None:
    assert _backup(scope, hook) == [rule]


@pytest.mark.parametrize(
    ("scope", "hook"),
    [
        ("", STEP),
        ("includedResources: ['*'], ", STEP),
        ("includedNamespaceScopedResources: [Pods], ", STEP),
        ("labelSelector: {matchLabels: {backup: 'yes'}}, ", STEP),
        ("", f"includedNamespaces: [vms], {STEP}"),
        ("excludedResources: [replicasets], ", STEP),
        ("", f"labelSelector: {{matchLabels: {{backup: 'yes'}}}}, {STEP}"),
        ("", f"labelSelector: {{matchLabels: {{kubevirt.io: virt-launcher}}}}, {STEP}"),
        ("includedNamespaces: [databases], ", STEP.replace("compute", "postgres")),
        ("excludedNamespaces: [vms], ", f"labelSelector: {{matchLabels: {{a: b}}}}, {STEP}"),
    ],
)
def test_a_hook_that_runs_or_is_not_for_vms_is_no_finding(scope: str, hook: str) -> None:
    assert _backup(scope, hook) == []


PLACEMENT = """
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: {{name: p, namespace: {namespace}}}
spec: {{{spec}}}
---
apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSetBinding
metadata: {{name: production, namespace: vms}}
spec: {{clusterSet: production}}
"""
STEADY = "{scoreCoordinate: {type: BuiltIn, builtIn: Steady}, weight: 5}"
BALANCE = "{scoreCoordinate: {type: BuiltIn, builtIn: Balance}, weight: 0}"


@pytest.mark.parametrize(
    ("namespace", "spec", "rules"),
    [
        ("vms", "", []),
        ("other", "", ["placement-without-binding"]),
        ("open-cluster-management-global-set", "", []),
        ("vms", f"prioritizerPolicy: {{configurations: [{STEADY}]}}", ["placement-defaults-stay"]),
        ("vms", f"prioritizerPolicy: {{configurations: [{STEADY}, {BALANCE}]}}", []),
        ("vms", f"prioritizerPolicy: {{mode: Exact, configurations: [{STEADY}]}}", []),
    ],
)
def test_a_placement_and_what_it_needs(namespace: str, spec: str, rules: list[str]) -> None:
    text = PLACEMENT.format(namespace=namespace, spec=spec)
    ids = ("placement-defaults-stay", "placement-without-binding")
    assert [each.rule for each in run_rules(subject(text), ids).findings] == rules


SCENARIO = """
apiVersion: ove-capacity/v1
name: small
manifests: [hub.yaml]
assume: {{nodeLabels: {{{assumed}}}}}
clusters:
  one:
    pools: {{worker: {{count: 2, labels: {{{labels}}}, node: {{cpu: 8, memory: 32Gi}}}}}}
workloads:
- {{name: web, template: web, cluster: one, count: 3}}
"""


@pytest.mark.parametrize(
    ("assumed", "labels", "severity", "consequence"),
    [
        ("", "", "error", "3 VMs stay Pending on one (web)"),
        ("", "tier: silver", "error", "3 VMs stay Pending on one (web)"),
        ("tier: gold", "", "warning", "without the assumption 3 VMs stay Pending on one (web)"),
        ("", "tier: gold", None, ""),
    ],
)
def test_a_selector_and_the_nodes(
    assumed: str, labels: str, severity: str | None, consequence: str, tmp_path: Path
) -> None:
    (tmp_path / "hub.yaml").write_text(VM)
    (tmp_path / "s.yaml").write_text(SCENARIO.format(assumed=assumed, labels=labels))
    found = oc.check(tmp_path / "s.yaml", rules=["vm-selects-no-node"]).findings
    told = [(str(each.severity), each.consequence) for each in found]
    assert told == ([] if severity is None else [(severity, consequence)])
    assert all(each.problem.line == 8 for each in found)


FLEET = """
apiVersion: ove-capacity/v1
name: small
manifests: [hub.yaml]
clusters:
  one:
    labels: {environment: production, cluster.open-cluster-management.io/clusterset: production}
    pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}
workloads:
- {name: web, placement: p, cpu: 1, memory: 1Gi, count: 3}
"""
SET = """
---
apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSet
metadata: {name: NAME}
"""
CHOOSES = (
    "predicates: [{{requiredClusterSelector: "
    "{{labelSelector: {{matchLabels: {{environment: {}}}}}}}}}]"
)


@pytest.mark.parametrize(
    ("spec", "known", "field"),
    [
        ("", "production", None),
        ("clusterSets: [production]", "production", None),
        ("clusterSets: [prod]", "production", "spec.clusterSets"),
        (CHOOSES.format("production"), "production", None),
        (CHOOSES.format("prod"), "production", "spec.predicates"),
        ("", "other", "spec"),
    ],
)
def test_a_placement_that_accepts_no_cluster(
    spec: str, known: str, field: str | None, tmp_path: Path
) -> None:
    text = PLACEMENT.format(namespace="vms", spec=spec) + SET.replace("NAME", known)
    (tmp_path / "hub.yaml").write_text(text)
    labelled = FLEET if known == "production" else FLEET.replace("clusterset: production", "x: y")
    (tmp_path / "s.yaml").write_text(labelled)
    found = oc.check(tmp_path / "s.yaml", rules=["placement-selects-none"]).findings
    assert [each.problem.path for each in found] == ([field] if field else [])
    told = "0 clusters are decided: 3 VMs are created nowhere"
    assert {(str(each.severity), each.consequence) for each in found} <= {("error", told)}
