"""Which VMs the policies of their clusters let in, as a scenario is compiled."""

import pytest

from ove_capacity.model.assumption import Evidence

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  validationFailureAction: Enforce
  rules:
  - name: owner
    match: {any: [{resources: {kinds: [VirtualMachine]}}]}
    validate:
      message: Say whose it is.
      pattern: {metadata: {labels: {owner: "?*"}}}
"""
WORDS = (
    "labels: owner: validation error: Say whose it is. rule owner failed at path /metadata/labels/"
)
EXCEPTION = """\
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: let-me, namespace: vms}
spec:
  exceptions: [{policyName: labels, ruleNames: [owner]}]
  match: {any: [{resources: {kinds: [VirtualMachine]}}]}
"""
VM = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: old, namespace: vms%s}
spec: {runStrategy: Always, template: {spec: {domain: {memory: {guest: 1Gi}}}}}
"""
OWN = "    manifests: p.yaml\n"
WEB = "workloads: [{name: web, cluster: one, namespace: vms, cpu: 1, memory: 1Gi%s}]\n"


def refused(case):
    return dict(case.plan.workloads[0].refused)


@pytest.mark.parametrize(
    ("policy", "more", "expected"),
    [
        (POLICY, "", {"one": WORDS}),
        (POLICY, ", labels: {owner: me}", {}),
        (POLICY, ", labels: {owner: ''}", {"one": WORDS + "owner/"}),
        (POLICY, ", runStrategy: Halted", {"one": WORDS}),
        (POLICY.replace("Enforce", "Audit"), "", {}),
        (POLICY.replace("[VirtualMachine]", "[Pod]"), "", {}),
        (POLICY.replace("VirtualMachine]", "VirtualMachine], namespaces: [prod]"), "", {}),
        (POLICY + EXCEPTION, "", {}),
        (POLICY + EXCEPTION.replace("[owner]", "[other]"), "", {"one": WORDS}),
    ],
)
def test_a_policy_of_the_cluster_lets_a_workload_in_or_not(scenario, policy, more, expected):
    assert refused(scenario(OWN + WEB % more, {"p.yaml": policy})) == expected


def test_the_hub_hands_its_policies_out(scenario):
    case = scenario("manifests: p.yaml\n" + WEB % "", {"p.yaml": POLICY})
    assert refused(case) == {"one": WORDS}


def test_what_arrives_is_asked_about_too_and_a_template_brings_its_labels(scenario):
    text = (
        "manifests: hub.yaml\nevents: [{kind: arrivals, name: b, template: old, cluster: one, "
        "every: 1h}]\n"
    )
    for labels, expected in (("", {"one": WORDS}), (", labels: {owner: me}", {})):
        case = scenario(OWN + text, {"p.yaml": POLICY, "hub.yaml": VM % labels})
        assert dict(case.plan.arrivals[0].workload.refused) == expected


def test_a_label_of_the_namespace_is_seen(scenario):
    selector = "namespaceSelector: {matchLabels: {tier: gold}}"
    policy = POLICY.replace("kinds: [VirtualMachine]", f"kinds: [VirtualMachine], {selector}")
    space = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: vms, labels: {tier: %s}}\n"
    for tier, expected in (("gold", {"one": WORDS}), ("tin", {})):
        case = scenario(OWN + WEB % "", {"p.yaml": policy + space % tier})
        assert refused(case) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [("", {"one": WORDS}), (", uid: abc", {}), (", creationTimestamp: '2026-01-01T00:00:00Z'", {})],
)
def test_a_vm_that_the_cluster_has_already_was_let_in(scenario, metadata, expected):
    case = scenario("    vms: vms.yaml\n" + OWN, {"p.yaml": POLICY, "vms.yaml": VM % metadata})
    assert refused(case) == expected


@pytest.mark.parametrize(
    "where", ["assume: {admission: 'off'}\n", "    assume: {admission: 'off'}\n"]
)
def test_that_everybody_is_let_in_is_the_scenarios_word_and_is_told(scenario, where):
    text = OWN + where + WEB % "" if where.startswith(" ") else OWN + WEB % "" + where
    case = scenario(text, {"p.yaml": POLICY})
    assert refused(case) == {}
    (told,) = (each for each in case.assumptions if each.name == "admission")
    assert (told.value, told.evidence, told.applies_to) == ("off", Evidence.ASSUMED, "one")


def test_what_nobody_is_refused_for_is_not_assumed(scenario):
    case = scenario(OWN + "assume: {admission: 'off'}\n", {"p.yaml": POLICY})
    assert not any(each.name == "admission" for each in case.assumptions)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (POLICY.replace("[VirtualMachine]", "[Pod]"), "not modelled: launcher pods of VMs"),
        (
            POLICY.replace("pattern: {", "cel: {x: y}\n      pattern: {"),
            "not modelled: validate.cel",
        ),
        (POLICY + EXCEPTION, "lets VMs in that labels refuses, where exceptions are on"),
    ],
)
def test_what_is_not_decided_is_named_once(scenario, policy, told):
    text = OWN + WEB % ""
    case = scenario(text, {"p.yaml": policy})
    assert sum(told in each for each in case.warnings) == 1


@pytest.mark.parametrize("rules", ["text", "[1, {}]", "{a: b}", "[{validate: 3, match: []}]"])
def test_a_policy_that_makes_no_sense_refuses_nobody(scenario, rules):
    policy = POLICY[: POLICY.index("  rules:")] + f"  rules: {rules}\n"
    assert refused(scenario(OWN + WEB % "", {"p.yaml": policy})) == {}
