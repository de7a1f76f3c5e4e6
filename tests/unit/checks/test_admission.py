"""VMs that the cluster's own policies refuse, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

import ove_capacity as oc
from ove_capacity.checks import Finding, run_rules
from ove_capacity.testing.manifests import subject

POLICY = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  validationFailureAction: ACTION
  rules:
  - name: owner
    match: {any: [{resources: {kinds: [VirtualMachine]}}]}
    validate:
      message: Say whose it is.
      pattern: {metadata: {labels: {owner: "?*"}}}
"""
VM = """
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: web, namespace: vms, labels: {LABELS}}
spec:
  template:
    spec: {domain: {devices: {}, cpu: {cores: 1}, memory: {guest: 1Gi}}}
"""
SCENARIO = """
apiVersion: ove-capacity/v1
name: small
manifests: [hub.yaml]
clusters:
  one: {pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}, manifests: [policy.yaml]}
  two: {pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}, vms: vms.yaml}
workloads:
- {name: web, template: web, cluster: one, count: 3}
- {name: web-two, template: web, cluster: two, count: 5}
- {name: db, cluster: one, cpu: 1, memory: 1Gi, count: 2}
- {name: app, cluster: one, cpu: 1, memory: 1Gi, labels: {owner: us}}
events:
- {kind: arrivals, name: batch, template: web, cluster: one, every: 2h}
"""


def _case(folder: Path, action: str = "Enforce", labels: str = "") -> tuple[Finding, ...]:
    template = VM.replace("LABELS", labels)
    files = {
        "policy": POLICY.replace("ACTION", action),
        "hub": template,
        "vms": template.replace("web", "old"),
        "scenario": SCENARIO,
    }
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    rules = ["policy-refuses-vm", "policy-reports-vm"]
    return oc.check(folder / "scenario.yaml", rules=rules).findings


def test_refused_vms_are_counted_where_the_policy_is_in_force(tmp_path: Path) -> None:
    hub, scenario = _case(tmp_path)
    assert Path(hub.problem.file).name == "hub.yaml"
    assert hub.consequence == (
        "3 VMs are refused on one (web); every VM of batch is refused on one"
    )
    assert (scenario.problem.line, scenario.consequence) == (
        11,
        "2 VMs are refused on one (db)",
    )
    assert hub.repair == "set metadata.labels.owner"
    assert "Say whose it is." in hub.message


def test_labels_on_the_template_let_its_vms_in(tmp_path: Path) -> None:
    assert [each.consequence for each in _case(tmp_path, labels="owner: me")] == [
        "2 VMs are refused on one (db)"
    ]


def test_a_finding_is_of_the_clusters_that_refuse(tmp_path: Path) -> None:
    assert {each.clusters for each in _case(tmp_path)} == {("one",)}


def test_where_the_scenario_lets_everybody_in_it_is_a_warning(tmp_path: Path) -> None:
    _case(tmp_path)
    found = oc.check(
        tmp_path / "scenario.yaml", rules=["policy-refuses-vm"], set={"assume.admission": "'off'"}
    )
    assert {str(each.severity) for each in found.findings} == {"warning"}
    lead = "without the scenario's assume.admission "
    assert all(each.consequence.startswith(lead) for each in found.findings)
    assert found.applied["one"].errors == 0


def test_vms_that_the_cluster_has_already_were_let_in(tmp_path: Path) -> None:
    _case(tmp_path)
    (tmp_path / "policy2.yaml").write_text(POLICY.replace("ACTION", "Enforce"))
    for metadata, count in (("", 1), (", uid: abc", 0)):
        text = VM.replace("labels: {LABELS}", f"labels: {{}}{metadata}").replace("web", "old")
        (tmp_path / "vms.yaml").write_text(text)
        found = oc.check(
            tmp_path / "scenario.yaml",
            rules=["policy-refuses-vm"],
            set={"clusters.two.manifests": "policy2.yaml"},
        )
        files = [Path(each.problem.file).name for each in found.findings]
        assert files.count("vms.yaml") == count


def test_findings_are_counted_where_their_file_is_listed(tmp_path: Path) -> None:
    _case(tmp_path)
    applied = oc.check(tmp_path / "scenario.yaml").applied
    assert set(applied) == {"", "one", "two"}
    assert applied["one"].errors >= 2
    assert applied["one"].worst.startswith("policy-refuses-vm: 3 VMs are refused on one (web)")
    assert applied["one"].vm_repairs == ("set metadata.labels.owner",)
    assert applied["two"].vm_repairs == ()


def test_a_policy_that_audits_only_reports(tmp_path: Path) -> None:
    found = _case(tmp_path, action="Audit")
    assert {(each.rule, str(each.severity)) for each in found} == {("policy-reports-vm", "info")}


EXCEPTION = """
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {{name: old, namespace: vms}}
spec:
  exceptions: [{{policyName: labels, ruleNames: [{}]}}]
  match: {{any: [{{resources: {{kinds: [VirtualMachine], names: [{}]}}}}]}}
"""


@pytest.mark.parametrize(
    ("rule", "name", "severity"),
    [("own*", "web", "warning"), ("other", "web", "error"), ("owner", "db-*", "error")],
)
def test_an_exception_makes_a_warning_of_it(rule: str, name: str, severity: str) -> None:
    text = "---".join(
        [
            POLICY.replace("ACTION", "Enforce"),
            VM.replace("LABELS", ""),
            EXCEPTION.format(rule, name),
        ]
    )
    (found,) = run_rules(subject(text), ["policy-refuses-vm"]).findings
    assert str(found.severity) == severity
    assert ("unless PolicyException vms/old lets it in" in found.message) == (severity != "error")


@pytest.mark.parametrize(
    ("kind", "rule", "message"),
    [
        ("Node", "mutate: {patchStrategicMerge: {a: b}}", "not modelled: mutate;"),
        ("Node", "validate: {deny: {conditions: {any: [{a: b}]}}}", "modelled: validate.deny;"),
        ("Node", "validate: {pattern: {a: b}}", None),
        ("v1/Pod", "validate: {pattern: {a: b}}", "launcher pods of VMs"),
    ],
)
def test_other_rule_types_are_named(kind: str, rule: str, message: str | None) -> None:
    text = (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: p}\n"
        f"spec:\n  rules:\n  - name: r\n    match: {{resources: {{kinds: [KIND]}}}}\n    {rule}\n"
    )
    found = run_rules(subject(text.replace("KIND", kind)), ["policy-not-modelled"]).findings
    assert bool(found) == bool(message)
    assert all(str(message) in each.message for each in found)


@pytest.mark.parametrize("spec", ["3", "{rules: 3}", "{rules: [3, {match: 1}, {validate: 2}]}"])
def test_a_policy_of_any_shape_is_read(spec: str) -> None:
    text = f"{VM.replace('LABELS', '')}---\napiVersion: kyverno.io/v1\nkind: ClusterPolicy\n"
    checked = run_rules(subject(f"{text}metadata: {{name: p}}\nspec: {spec}\n"))
    assert not [each for each in checked.findings if each.rule.startswith("policy-refuses")]
