"""What the API server of a release prunes or refuses, and what it takes."""

from __future__ import annotations

import pytest

from ove_capacity.checks import Severity, run_rules
from ove_capacity.testing.manifests import subject

HEADS = {
    "autoscaler": "apiVersion: autoscaling.openshift.io/v1\nkind: ClusterAutoscaler",
    "hco": "apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged",
    "vm": "apiVersion: kubevirt.io/v1\nkind: VirtualMachine",
    "central": "apiVersion: platform.stackrox.io/v1alpha1\nkind: Central",
    "profile": "apiVersion: performance.openshift.io/v2\nkind: PerformanceProfile",
    "addons": "apiVersion: agent.open-cluster-management.io/v1\nkind: KlusterletAddonConfig",
    "placement": "apiVersion: cluster.open-cluster-management.io/v1beta1\nkind: Placement",
}
VM = "running: true, template: {{spec: {{domain: {{devices: {{}}, {}}}}}}}"
ADDONS = ", ".join(
    f"{each}: {{enabled: true}}"
    for each in ("applicationManager", "certPolicyController", "policyController")
)


def _found(kind: str, spec: str, openshift: str = "4.15") -> list[tuple[str, str, str]]:
    text = f"{HEADS[kind]}\nmetadata: {{name: x, labels: {{a: b}}}}\nspec: {{{spec}}}\n"
    found = run_rules(subject(text, openshift=openshift)).findings
    schema = [each for each in found if each.rule.startswith("schema-")]
    return [(each.rule, each.problem.path, each.repair) for each in schema]


@pytest.mark.parametrize(
    ("kind", "spec", "rule", "path", "repair"),
    [
        (
            "autoscaler",
            "scaleDown: {enabled: true, uneededTime: 60s}",
            *("schema-misspelt-field", "spec.scaleDown.uneededTime", "unneededTime:"),
        ),
        (
            "autoscaler",
            "resourceLimits: {memory: {min: 64Gi, max: 4000}}",
            *("schema-wrong-type", "spec.resourceLimits.memory.min", "64 (GiB)"),
        ),
        (
            "autoscaler",
            "resourceLimits: {maxNodesTotal: -1}",
            *("schema-value", "spec.resourceLimits.maxNodesTotal", ""),
        ),
        (
            "hco",
            "configuration: {network: {networkBinding: {}}, virtualMachineOptions: {}}",
            "schema-pruned-field",
            "spec.configuration",
            "write networkBinding, virtualMachineOptions one level up",
        ),
        (
            "hco",
            "higherWorkloadDensity: {memoryOvercommitPercentage: 150}",
            "schema-other-release",
            "spec.higherWorkloadDensity",
            "the field of the release that runs",
        ),
        (
            "central",
            "scanner: {resources: {requests: {cpu: 1}}}",
            *(
                "schema-pruned-field",
                "spec.scanner.resources",
                "write analyzer.resources or db.resources",
            ),
        ),
        ("vm", VM.format("cpu: {cores: '4'}"), "schema-wrong-type", None, "4"),
        ("vm", VM.format("resources: {requests: {cpu: 1.5}}"), "schema-wrong-type", None, None),
        ("vm", "running: true", "schema-missing-field", "spec", ""),
    ],
)
def test_what_is_not_as_the_release_has_it(
    kind: str, spec: str, rule: str, path: str | None, repair: str | None
) -> None:
    ((found_rule, found_path, found_repair),) = _found(kind, spec)
    assert found_rule == rule
    assert path in (None, found_path)
    assert repair in (None, found_repair)


@pytest.mark.parametrize(
    ("kind", "spec", "openshift"),
    [
        ("autoscaler", "resourceLimits: {memory: {min: 64, max: 4000}}", "4.15"),
        ("autoscaler", "scaleDown: {enabled: true, unneededTime: 60s}", "4.15"),
        ("hco", "higherWorkloadDensity: {memoryOvercommitPercentage: 150}", "4.18"),
        ("hco", "virtualMachineOptions: {disableSerialConsoleLog: false}", "4.15"),
        ("hco", "featureGates: {enableApplicationAwareQuota: true}", "4.15"),
        ("hco", "configuration: {}", "4.15"),
        ("hco", "defaultCPUModel: null", "4.15"),
        ("vm", VM.format("resources: {requests: {cpu: 1, memory: 4Gi}}"), "4.15"),
        ("vm", VM.format("memory: {guest: 8Gi}"), "4.22"),
        ("vm", "instancetype: {name: u1.small}, template: {spec: {}}", "4.15"),
        ("placement", "numberOfClusters: 2", "4.15"),
    ],
)
def test_what_the_release_takes_is_no_finding(kind: str, spec: str, openshift: str) -> None:
    assert _found(kind, spec, openshift) == []


def test_a_gate_that_a_later_release_ignores_is_a_warning_there() -> None:
    ((rule, path, _),) = _found("hco", "featureGates: {enableApplicationAwareQuota: true}", "4.22")
    assert (rule, path) == ("schema-ignored-field", "spec.featureGates.enableApplicationAwareQuota")


def test_an_operator_whose_release_is_assumed_gives_a_warning_when_releases_differ() -> None:
    text = f"{HEADS['addons']}\nspec: {{{ADDONS}, searchCollector: {{enabled: true}}}}\n"
    (found,) = run_rules(subject(text, openshift="4.15")).findings
    assert (found.rule, found.severity) == ("schema-missing-field", Severity.WARNING)
    assert "iamPolicyController" in found.message
    assert "cluster-addons 2.10" in found.message


@pytest.mark.parametrize(
    ("version", "kind", "openshift", "repair"),
    [
        (
            *("machine.openshift.io/v1beta1", "MachineAutoscaler", "4.15"),
            "apiVersion: autoscaling.openshift.io/v1beta1",
        ),
        ("kubevirt.io/v1alpha2", "VirtualMachine", "4.15", "apiVersion: kubevirt.io/v1"),
        (
            *("hco.kubevirt.io/v1", "HyperConverged", "4.15"),
            "apiVersion: hco.kubevirt.io/v1beta1",
        ),
        (
            *("logging.openshift.io/v1", "ClusterLogForwarder", "4.22"),
            "apiVersion: observability.openshift.io/v1",
        ),
    ],
)
def test_a_kind_that_is_not_served_there(
    version: str, kind: str, openshift: str, repair: str
) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n"
    (found,) = run_rules(subject(text, openshift=openshift), ["schema-unknown-kind"]).findings
    assert found.repair == repair


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("gateway.networking.k8s.io/v1", "Gateway"),
        ("policy.open-cluster-management.io/v1", "Policy"),
        ("machine.openshift.io/v1", "ControlPlaneMachineSet"),
        ("v1", "Secret"),
        ("kubevirt.io/v1", "VirtualMachineInstanceMigration"),
    ],
)
def test_kinds_that_are_not_modelled_are_left_alone(version: str, kind: str) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nspec: {{anything: 1}}\n"
    assert run_rules(subject(text)).findings == ()


def test_the_place_is_that_of_the_field() -> None:
    text = f"{HEADS['autoscaler']}\nspec:\n  scaleDown:\n    enabled: true\n    uneededTime: 60s\n"
    (found,) = run_rules(subject(text)).findings
    assert (found.problem.line, found.problem.column) == (6, 5)


@pytest.mark.parametrize("value", ["3", "[]", "a: {b: [1, {}]}", "template: [1]", "~"])
def test_whatever_a_spec_holds_the_walk_ends_in_findings(value: str) -> None:
    text = f"{HEADS['vm']}\nspec: {value if ':' not in value else '{' + value + '}'}\n"
    assert isinstance(run_rules(subject(text)).findings, tuple)


@pytest.mark.parametrize("count", ["$count", "${COUNT}", "$(COUNT)"])
def test_what_nobody_has_filled_in_is_told_as_that(count: str) -> None:
    text = f"{HEADS['profile']}\nmetadata: {{name: x}}\nspec: {{hugepages: {{pages: [{{count: "
    text += f"'{count}'}}]}}, cpu: {{reserved: '0', isolated: '1'}}, nodeSelector: {{}}}}\n"
    (found,) = run_rules(subject(text), ["schema-wrong-type"]).findings
    assert found.message.endswith(f"is a placeholder ({count}): fill it in first")


@pytest.mark.parametrize(("cores", "number"), [(2**32 - 5, 0), (2**32, 1), (-(2**31) - 1, 1)])
def test_a_whole_number_has_32_bits_with_or_without_a_sign(cores: int, number: int) -> None:
    found = _found("vm", VM.format(f"cpu: {{cores: {cores}}}"))
    assert [rule for rule, _, _ in found] == ["schema-value"] * number
