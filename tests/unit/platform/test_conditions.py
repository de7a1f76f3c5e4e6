"""Kyverno's conditions and variables: deny, preconditions, paths into the object."""

from __future__ import annotations

from typing import Any

import pytest

from ove_capacity.platform.admission import Outcome, Request, Review, reviews, unmodelled_parts
from ove_capacity.platform.admission.condition import are_met, are_modelled
from ove_capacity.platform.admission.variable import MISSING, is_understood, resolved

VM = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachine",
    "metadata": {"name": "db", "namespace": "vms", "labels": {"app.io/team": "a", "tier": "gold"}},
    "spec": {
        "running": True,
        "template": {"spec": {"domain": {"cpu": {"cores": 4}, "memory": {"guest": "8Gi"}}}},
        "disks": [{"name": "root"}, {"name": "data", "size": "2Gi"}],
    },
}
REQUEST = Request(VM)
LABELS = "request.object.metadata.labels"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ request.operation }}", "CREATE"),
        ("{{request.namespace}}/x", "vms/x"),
        (f"{{{{ {LABELS}.tier }}}}", "gold"),
        (f'{{{{ {LABELS}."app.io/team" }}}}', "a"),
        (f"{{{{ {LABELS}.owner || '' }}}}", ""),
        (f"{{{{ {LABELS}.owner || {LABELS}.tier }}}}", "gold"),
        (f"{{{{ {LABELS}.owner }}}}", MISSING),
        (f"{{{{ {LABELS}.keys(@) }}}}", ["app.io/team", "tier"]),
        ("{{ request.object.metadata.annotations.keys(@) || `[]` }}", []),
        ("{{ request.object.metadata.annotations || request.object.status }}", None),
        ("{{ request.object.metadata.name.first }}", None),
        ("{{ request.object.spec.disks[7] }}", None),
        ("{{ request.object.spec.volumes[].name }}", None),
        ("{{ request.object.spec.volumes[*].name }}", None),
        ("{{ request.object.spec.domain.volumes[*].name }}", MISSING),
        ("{{ keys(request.object.spec.running) || `[1]` }}", MISSING),
        ("{{ length(request.object.spec.volumes) || `1` }}", MISSING),
        ("{{ request.object.spec.running.keys(@)[] }}", None),
        ("{{ length(request.object.spec.disks[].name) }}", 2),
        ("{{ request.object.spec.disks[].name[] }}", ["root", "data"]),
        ("{{ request.object.spec.disks[].name }}", ["root", "data"]),
        ("{{ request.object.spec.disks[*].size }}", ["2Gi"]),
        ("{{ request.object.spec.disks[-1].name }}", "data"),
        ("{{ request.object.spec.disks[7].name || `0` }}", 0),
        ("{{ length(request.object.spec.disks) }}", 2),
        (
            "{{ request.object.spec.template.spec.domain.cpu.cores }} of {{request.namespace}}",
            "4 of vms",
        ),
        (" {{ request.object.spec.disks }}", ' [{"name":"root"},{"name":"data","size":"2Gi"}]'),
        ("a {{ request.object.status || `null` }}", "a null"),
    ],
)
def test_a_variable_is_a_path_into_the_request(text: str, value: Any) -> None:
    assert is_understood(text)
    assert resolved(text, REQUEST) == value


@pytest.mark.parametrize(
    "text",
    [
        "{{ images.containers }}",
        "{{ request.userInfo.username }}",
        "{{ to_upper(request.object.metadata.name) }}",
        "{{ request.object.spec.disks[?name=='root'] }}",
        "{{ request.object.metadata.name | length(@) }}",
        "{{ request.object",
        "$(./../x)",
        "\\{{ request.namespace }}",
        "{{ `{` }}",
        "{{ }}",
    ],
)
def test_what_else_jmespath_can_do_is_not_understood(text: str) -> None:
    assert not is_understood({"any": [text]})


CORES = "{{ request.object.spec.template.spec.domain.cpu.cores }}"
GUEST = "{{ request.object.spec.template.spec.domain.memory.guest }}"


@pytest.mark.parametrize(
    ("key", "operator", "value", "met"),
    [
        (CORES, "Equals", "4", True),
        (CORES, "GreaterThan", 2, True),
        (CORES, "LessThanOrEquals", 3, False),
        (GUEST, "GreaterThan", "4Gi", True),
        (GUEST, "LessThan", "4Gi", False),
        (CORES, "AnyIn", "2-8", True),
        (CORES, "AnyIn", "5-8", False),
        (1000000, "AnyIn", ["1e+06"], True),
    ],
)
def test_operators_get_what_variables_give_and_numbers_as_floats(
    key: Any, operator: str, value: Any, met: bool
) -> None:
    condition = {"key": key, "operator": operator, "value": value}
    assert are_modelled([condition])
    assert are_met([condition], REQUEST) is met


YES = {"key": 1, "operator": "Equals", "value": 1}
NO = {"key": 1, "operator": "Equals", "value": 2}
NOWHERE = {"key": f"{{{{ {LABELS}.owner }}}}", "operator": "Equals", "value": "x"}


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        (None, True),
        ({}, True),
        ([], True),
        ({"all": [YES, NO]}, False),
        ({"any": [YES, NO]}, True),
        ({"any": [NO]}, False),
        ({"any": []}, False),
        ({"any": None}, True),
        ({"any": [YES], "all": [NO]}, False),
        ([YES, NO], False),
        ({"all": [NOWHERE]}, None),
        ({"any": [NOWHERE, YES]}, None),
        ({"any": [YES, NOWHERE]}, True),
        ({"all": [NO, NOWHERE]}, False),
        ({"any": [NO], "all": [NOWHERE]}, None),
        ({"any": [YES], "all": [YES]}, True),
        ({"all": [{"key": [1], "operator": "In", "value": ["1"]}]}, None),
    ],
)
def test_one_of_any_and_all_of_all_asked_until_the_answer_stands(
    conditions: Any, met: bool | None
) -> None:
    assert are_modelled(conditions)
    assert are_met(conditions, REQUEST) is met


@pytest.mark.parametrize(
    "conditions",
    [
        3,
        [3],
        {"any": 3},
        {"any": [{"key": 1}]},
        {"any": [{**YES, "operator": "Like"}]},
        {"all": [YES], "some": []},
        [{"any": [YES]}],
    ],
)
def test_conditions_of_another_shape_are_not_modelled(conditions: Any) -> None:
    assert not are_modelled(conditions)


def _reviewed(policy: str = "Fail", **rule: Any) -> Review:
    match = {"any": [{"resources": {"kinds": ["VirtualMachine"]}}]}
    rules = [{"name": "r", "match": match, **rule}]
    spec = {"validationFailureAction": "Enforce", "failurePolicy": policy, "rules": rules}
    (review,) = reviews({"kind": "ClusterPolicy", "spec": spec}, REQUEST)
    return review


@pytest.mark.parametrize(
    ("deny", "outcome"),
    [
        ({"conditions": {"any": [YES]}}, Outcome.FAIL),
        ({"conditions": {"any": [NO]}}, Outcome.PASS),
        ({"conditions": {"any": [NOWHERE]}}, Outcome.ERROR),
        ({}, Outcome.FAIL),
        ({"conditions": {"any": [{**YES, "operator": "Like"}]}}, Outcome.UNMODELLED),
    ],
)
def test_a_rule_that_denies(deny: Any, outcome: Outcome) -> None:
    review = _reviewed(validate={"message": "not {{request.operation}}", "deny": deny})
    assert (review.outcome, review.message) == (outcome, "not CREATE")
    assert review.is_refusal == (outcome in (Outcome.FAIL, Outcome.ERROR))


def _saying(condition: dict[str, Any], message: str) -> dict[str, Any]:
    return {**condition, "message": message}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"any": [_saying(NO, "a"), _saying(YES, "b"), _saying(YES, "c")]}, "no; b"),
        ({"all": [_saying(YES, "a"), YES, _saying(YES, "b")]}, "no; a; b"),
        ([_saying(YES, "a"), _saying(YES, "{{request.operation}}")], "no; a;CREATE"),
        ({"any": [YES]}, "no"),
    ],
)
def test_a_denial_says_what_its_conditions_say(conditions: Any, message: str) -> None:
    review = _reviewed(validate={"message": "no", "deny": {"conditions": conditions}})
    assert (review.outcome, review.words) == (Outcome.FAIL, f"r: {message}")


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            {"preconditions": [NOWHERE], "validate": {"pattern": {}}},
            "failed to evaluate preconditions",
        ),
        ({"validate": {"deny": {"conditions": [NOWHERE]}}}, "failed to check deny conditions"),
        ({"validate": {"pattern": {"a": NOWHERE["key"]}}}, "variable substitution failed"),
    ],
)
def test_an_error_says_what_could_not_be_evaluated(rule: dict[str, Any], why: str) -> None:
    review = _reviewed(**rule)
    assert (review.outcome, review.words) == (Outcome.ERROR, f"r: {why}")


def test_a_rule_whose_preconditions_are_not_met_says_nothing() -> None:
    pattern = {"metadata": {"labels": {"owner": "?*"}}}
    told = (([YES], Outcome.FAIL), ([NO], Outcome.SKIP), ([NOWHERE], Outcome.ERROR))
    for conditions, outcome in told:
        review = _reviewed(preconditions={"all": conditions}, validate={"pattern": pattern})
        assert review.outcome is outcome


def test_an_error_refuses_unless_the_policy_says_to_ignore_it() -> None:
    deny = {"conditions": {"any": [NOWHERE]}}
    for policy, refused in (("Fail", True), ("Ignore", False)):
        review = _reviewed(policy, validate={"deny": deny})
        assert (review.outcome, review.is_refusal) == (Outcome.ERROR, refused)
    assert _reviewed("Ignore", validate={"deny": {}}).is_refusal


def test_variables_in_a_pattern_are_replaced() -> None:
    for name, outcome in (("tier", Outcome.PASS), ("owner", Outcome.ERROR)):
        pattern = {"metadata": {"labels": {"tier": f"{{{{ {LABELS}.{name} }}}}"}}}
        assert _reviewed(validate={"pattern": pattern}).outcome is outcome


def test_other_contexts_are_still_named() -> None:
    rule = {"context": [{"name": "x"}], "validate": {"deny": {"conditions": [YES]}}}
    assert unmodelled_parts(rule) == ("context",)
