"""Kyverno's patterns, anchors and filters, as its documentation and its own cases have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ove_capacity.manifests.files import read_documents
from ove_capacity.platform.admission import (
    Outcome,
    Request,
    Review,
    is_excepted,
    reviews,
    unasked_parts,
    unmodelled_parts,
)
from ove_capacity.platform.admission.match import applies
from ove_capacity.platform.admission.overlay import matched
from ove_capacity.platform.admission.scalar import is_valid
from ove_capacity.platform.admission.wildcard import is_like
from tests.real import REAL, needs_real


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("?*", "", False),
        ("?*", "x", True),
        ("my-bucket/oo*", "my-bucket/oo", True),
        ("my-bucket/oo*", "my-bucket/odo", False),
        ("my-bucket/In*/Ka*/Ban", "my-bucket/India/Ka/Ban/Ban/Ban", True),
        ("my-bucket?/abc*", "mybucket/abc", False),
        ("my-bucket?/abc*", "my-bucket1/abc", True),
        ("*a*a*a*a*a*a*b", "a" * 5000, False),
        ("", "", True),
        ("", "x", False),
        ("a.c", "abc", False),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_one_character(
    pattern: str, text: str, matches: bool
) -> None:
    assert is_like(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "value", "valid"),
    [
        ("?*", "gold", True),
        ("?*", "", False),
        ("?*", None, False),
        ("*", "", True),
        ("gold | silver", "silver", True),
        ("gold | silver", "bronze", False),
        ("!bronze", "gold", True),
        ("!bronze", "bronze", False),
        ("!*:latest", "app:v1", True),
        ("!a* & !b*", "cat", True),
        ("!a* & !b*", "bat", False),
        (">=2 & <8", 8, False),
        (">=2 & <8", "2", True),
        ("<= 4Gi", "4096Mi", True),
        (">4Gi", "4096Mi", False),
        ("1-5", 5, True),
        ("1-5", 6, False),
        ("1Gi-4Gi", "2Gi", True),
        ("1!-5", 6, True),
        ("1!-5", 3, False),
        (">30s", "1m", True),
        ("<5", None, True),
        ("> 5", "many", False),
        ("true", True, True),
        ("!true", False, True),
        (True, True, True),
        (True, "true", False),
        (3, "3", True),
        (3, 3.0, True),
        (3, "x", False),
        (1.5, "1.5", True),
        (None, "", True),
        (None, "x", False),
        (None, {}, False),
        ("1.5E+00", 1.5, True),
        (3, " 3", False),
        (3, "1_0", False),
        (1000, "1_000", False),
        (1.5, "nan", False),
        ("<=0", None, True),
        ("90s", "1m30s", True),
        ("1s-1m", "30s", True),
        ("٣-٥", "٤", False),
        (["a"], "a", False),
    ],
)
def test_a_value_against_a_pattern(pattern: Any, value: Any, valid: bool) -> None:
    assert is_valid(value, pattern) is valid


POD = {
    "metadata": {"labels": {"app.io/tier": "db"}},
    "spec": {
        "containers": [
            {"name": "a", "image": "nginx:latest", "imagePullPolicy": "Always"},
            {"name": "b", "image": "redis:7"},
        ],
        "volumes": [{"name": "data", "hostPath": {"path": "/x"}}],
    },
}


@pytest.mark.parametrize(
    ("pattern", "outcome"),
    [
        ({"spec": {"containers": [{"image": "*:*"}]}}, Outcome.PASS),
        ({"spec": {"containers": [{"image": "!*:latest"}]}}, Outcome.FAIL),
        (
            {"spec": {"containers": [{"(image)": "*:latest", "imagePullPolicy": "Always"}]}},
            Outcome.PASS,
        ),
        (
            {"spec": {"containers": [{"(image)": "*:latest", "imagePullPolicy": "Never"}]}},
            Outcome.FAIL,
        ),
        ({"spec": {"containers": [{"(image)": "mysql:*", "x": "?*"}]}}, Outcome.SKIP),
        ({"spec": {"^(containers)": [{"image": "redis:*"}]}}, Outcome.PASS),
        ({"spec": {"^(containers)": [{"image": "mysql:*"}]}}, Outcome.FAIL),
        ({"spec": {"=(volumes)": [{"X(hostPath)": "null"}]}}, Outcome.FAIL),
        ({"spec": {"=(volumes)": [{"X(nfs)": "null"}]}}, Outcome.PASS),
        ({"spec": {"=(hostNetwork)": False}}, Outcome.PASS),
        ({"spec": {"hostNetwork": False}}, Outcome.FAIL),
        ({"spec": {"containers": [{"<(image)": "quay.io/*", "x": "y"}]}}, Outcome.SKIP),
        ({"metadata": {"labels": {"app.io/*": "db"}}}, Outcome.PASS),
        ({"metadata": {"labels": {"app.io/*": "web"}}}, Outcome.FAIL),
        ({"metadata": {"labels": {"owner": "?*"}}}, Outcome.FAIL),
        ({"metadata": {"annotations": {"owner": "*"}}}, Outcome.FAIL),
        ({"metadata": {"labels": "*"}}, Outcome.PASS),
        ({"spec": {"containers": []}}, Outcome.FAIL),
        ({"spec": []}, Outcome.FAIL),
        ({"spec": {"+(containers)": "*"}}, Outcome.FAIL),
        ({"metadata": "*"}, Outcome.ERROR),
        ({"metadata": {"labels": {"X(owner)": None}}}, Outcome.ERROR),
    ],
)
def test_a_tree_with_anchors(pattern: Any, outcome: Outcome) -> None:
    assert matched(POD, pattern).outcome is outcome


def test_the_path_leads_to_where_they_part() -> None:
    found = matched(POD, {"metadata": {"labels": {"owner": "?*"}}})
    assert found.path == "/metadata/labels/owner/"


VM = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachine",
    "metadata": {"name": "db-1", "namespace": "vm-production", "labels": {"tier": "db"}},
}


def _any(**resources: Any) -> dict[str, Any]:
    return {"any": [{"resources": resources}]}


@pytest.mark.parametrize(
    ("match", "exclude", "does"),
    [
        (_any(kinds=["VirtualMachine"]), {}, True),
        (_any(kinds=["kubevirt.io/v1/VirtualMachine"]), {}, True),
        (_any(kinds=["kubevirt.io/v2/VirtualMachine"]), {}, False),
        (_any(kinds=["v1/VirtualMachine"]), {}, True),
        (_any(kinds=["kubevirt.io/*/Virtual*"]), {}, True),
        (_any(kinds=["VirtualMachine/status"]), {}, False),
        (_any(kinds=["VirtualMachine.status"]), {}, False),
        (_any(kinds=["VirtualMachine/*"]), {}, True),
        (_any(kinds=["v1/*"]), {}, True),
        (_any(kinds=["*/scale"]), {}, False),
        (_any(kinds=["v*/VirtualMachine"]), {}, True),
        (_any(kinds=["v1/VirtualMachine/status"]), {}, False),
        (_any(kinds=["kubevirt.io/v1/VirtualMachine/*"]), {}, True),
        (_any(kinds=["a/b/c/d/e"]), {}, False),
        (_any(kinds=["*"]), {}, True),
        (_any(kinds=["Pod"]), {}, False),
        ({"resources": {"kinds": ["VirtualMachine"]}}, {}, True),
        (
            {"all": [{"resources": {"kinds": ["*"]}}, {"resources": {"names": ["web-*"]}}]},
            {},
            False,
        ),
        (_any(kinds=["*"], names=["web-*", "db-*"]), {}, True),
        (_any(kinds=["*"], namespaces=["vm-*"]), {}, True),
        (_any(kinds=["*"], namespaces=["dev-?"]), {}, False),
        (_any(kinds=["*"], selector={"matchLabels": {"tier": "d*"}}), {}, True),
        (_any(kinds=["*"], selector={"matchLabels": {"tier": "web"}}), {}, False),
        (
            _any(selector={"matchExpressions": [{"key": "x", "operator": "NotIn"}]}),
            {},
            False,
        ),
        (
            _any(selector={"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}),
            {},
            True,
        ),
        (_any(kinds=["*"], namespaceSelector={"matchLabels": {"env": "prod"}}), {}, True),
        (_any(kinds=["*"], namespaceSelector={"matchLabels": {"env": "dev"}}), {}, False),
        (_any(kinds=["*"], operations=["UPDATE"]), {}, False),
        (_any(kinds=["*"]), _any(namespaces=["vm-production"]), False),
        (_any(kinds=["*"]), {"all": [{"resources": {"names": ["x"]}}]}, True),
        (_any(kinds=["*"]), {"any": [{"clusterRoles": ["cluster-admin"]}]}, True),
        ({}, {}, False),
    ],
)
def test_whom_a_rule_speaks_of(match: Any, exclude: Any, does: bool) -> None:
    request = Request(VM, {"env": "prod"})
    assert applies({"match": match, "exclude": exclude}, request) is does


def _policy(validate: Any = None, **spec: Any) -> dict[str, Any]:
    rule = {"name": "r", "match": _any(kinds=["VirtualMachine"])}
    rule["validate"] = validate or {"pattern": {"metadata": {"labels": {"owner": "?*"}}}}
    return {"kind": "ClusterPolicy", "metadata": {"name": "p"}, "spec": {"rules": [rule], **spec}}


OVERRIDE = [{"action": "Audit", "namespaces": ["vm-*"]}]
PROD = {"matchLabels": {"env": "prod"}}


def _overridden(**override: Any) -> dict[str, Any]:
    overrides = [{"action": "Audit", **override}]
    return _policy(validationFailureAction="Enforce", validationFailureActionOverrides=overrides)


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        (_policy(validationFailureAction="enforce"), True),
        (_policy(validationFailureAction="Enforce"), True),
        (_policy(validationFailureAction="Audit"), False),
        (_policy(), False),
        (
            _policy(validationFailureAction="Enforce", validationFailureActionOverrides=OVERRIDE),
            False,
        ),
        (_overridden(namespaces=["vm-*"], action="Ask"), True),
        (_overridden(namespaces=["dev"]), True),
        (_overridden(namespaces=["vm-*"], namespaceSelector=PROD), False),
        (_overridden(namespaces=["dev"], namespaceSelector=PROD), True),
        (_overridden(namespaceSelector=PROD), False),
        (_overridden(namespaceSelector={"matchLabels": {"env": "dev"}}), True),
        (_overridden(), True),
        (_policy({"failureAction": "Enforce", "pattern": {"spec": {"running": True}}}), True),
    ],
)
def test_only_an_enforced_failure_refuses(policy: dict[str, Any], refused: bool) -> None:
    (review,) = reviews(policy, Request(VM, {"env": "prod"}))
    assert (review.outcome, review.is_refusal) == (Outcome.FAIL, refused)


def test_a_vm_without_a_namespace_goes_to_the_default_one() -> None:
    request = Request({"kind": "VirtualMachine", "metadata": {"name": "db"}})
    assert applies({"match": _any(namespaces=["def*"])}, request)
    assert Request({"kind": "Namespace", "metadata": {"name": "a"}}).namespace == "a"


def test_one_of_several_patterns_is_enough() -> None:
    either = [{"spec": {"running": True}}, {"metadata": {"labels": {"tier": "db"}}}]
    (review,) = reviews(_policy({"anyPattern": either}), Request(VM))
    assert review.outcome is Outcome.PASS
    wrong = [{"spec": {"running": True}}, {"metadata": {"(name)": "x"}}, {"kind": "Pod"}]
    (review,) = reviews(_policy({"message": "no", "anyPattern": wrong}), Request(VM))
    told = "rule r[0] failed at path /spec/ rule r[2] failed at path /kind/"
    assert review.words == f"r: validation error: no. {told}"


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ({"mutate": {"a": 1}}, ("mutate",)),
        ({"validate": {"deny": {"conditions": {}}}}, ()),
        ({"validate": {"deny": {"conditions": {"any": [{"key": 1}]}}}}, ("validate.deny",)),
        ({"validate": {"cel": {"expressions": []}}}, ("validate.cel",)),
        (
            {"validate": {"pattern": {}}, "preconditions": {"any": [{"operator": {"x": "In"}}]}},
            ("preconditions",),
        ),
        ({"validate": {"pattern": {}}, "preconditions": {"all": [1]}}, ("preconditions",)),
        ({"validate": {"pattern": {"a": "{{request.namespace}}"}}}, ()),
        (
            {"validate": {"pattern": {"a": '{{ request.object."\\q" }}'}}},
            ("variables in the pattern",),
        ),
        (
            {"validate": {"pattern": {"a": "{{ request.object.a[%s] }}" % ("9" * 5000)}}},
            ("variables in the pattern",),
        ),
        (
            {"validate": {"pattern": {"a": "{{serviceAccountName}}"}}},
            ("variables in the pattern",),
        ),
        ({"validate": {"pattern": {"a": "b"}}}, ()),
    ],
)
def test_what_is_not_modelled_is_named(rule: dict[str, Any], parts: tuple[str, ...]) -> None:
    assert unmodelled_parts(rule) == parts


@needs_real
def test_the_published_cases_agree() -> None:
    folder = Path(REAL) / "kyverno"
    case = "kubevirt__enforce-instancetype__"
    (policy,) = (each.value for each in read_documents(folder / f"{case}enforce-instancetype.yaml"))
    (test,) = (
        each.value for each in read_documents(folder / f"{case}.kyverno-test__kyverno-test.yaml")
    )
    resources = {
        each.value["metadata"]["name"]: each.value
        for each in read_documents(folder / f"{case}.kyverno-test__resource.yaml")
    }
    for result in test["results"]:
        for name in result["resources"]:
            (review,) = reviews(policy, Request(resources[name]))
            assert (review.rule, str(review.outcome)) == (result["rule"], result["result"]), name


@pytest.mark.parametrize(
    ("message", "path", "words"),
    [
        ("no label", "/a/", "r: validation error: no label. rule r failed at path /a/"),
        ("ends. ", "/a/", "r: validation error: ends. rule r failed at path /a/"),
        ("", "/a/", "r: validation error: rule r failed at path /a/"),
    ],
)
def test_a_refusal_reads_as_kyvernos(message: str, path: str, words: str) -> None:
    assert Review("r", 0, Outcome.FAIL, True, message, path).words == words


def test_a_denial_is_told_by_its_message_and_an_error_as_one() -> None:
    assert Review("r", 0, Outcome.FAIL, True, "no").words == "r: no"
    assert Review("r", 0, Outcome.FAIL, True).words == "r: validation error: rule r failed"
    words = "r: validation error: no. rule r execution error"
    assert Review("r", 0, Outcome.ERROR, True, "no").words == words


@pytest.mark.parametrize(
    ("match", "parts"),
    [
        ({"resources": {"kinds": ["VirtualMachine"]}}, ()),
        ({"any": [{"resources": {"kinds": ["v1/Pod"]}}]}, ("launcher pods of VMs",)),
        (
            {"all": [{"resources": {"kinds": ["VirtualMachineInstance", "Node"]}}]},
            ("VirtualMachineInstances of VMs",),
        ),
        (
            {"resources": {"kinds": ["*"]}},
            ("launcher pods of VMs", "VirtualMachineInstances of VMs"),
        ),
        ("text", ()),
    ],
)
def test_a_rule_on_what_kubevirt_makes_of_a_vm_is_known(match: Any, parts: tuple[str]) -> None:
    assert unasked_parts({"match": match}) == parts


NO = {"all": [{"key": "{{ request.object.metadata.name }}", "operator": "Equals", "value": "x"}]}
OTHER = {"all": [{"key": "{{ images }}", "operator": "Equals", "value": "x"}]}


@pytest.mark.parametrize(
    ("spec", "rule", "excepted"),
    [
        ({"match": _any(kinds=["VirtualMachine"])}, "r", True),
        ({"match": _any(kinds=["VirtualMachine"])}, "other", False),
        ({"match": _any(names=["web-*"])}, "r", False),
        ({"match": {"all": [{"resources": {"names": ["db-*"]}}, {}]}}, "r", False),
        ({"match": {}}, "r", True),
        ({"conditions": NO}, "r", False),
        ({"conditions": {"any": []}}, "r", True),
        ({"conditions": OTHER}, "r", True),
    ],
)
def test_an_exception_names_rules_and_whom_it_lets_in(
    spec: dict[str, Any], rule: str, excepted: bool
) -> None:
    names = [{"policyName": "p", "ruleNames": ["r*"]}]
    exception = {"spec": {"exceptions": names, **spec}}
    assert is_excepted(exception, _policy(), rule, Request(VM)) is excepted
