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
        ("{{ keys(request.object.spec.running) || `[1]` }}", [1]),
        ("{{ request.object.spec.disks[].name }}", ["root", "data"]),
        ("{{ request.object.spec.disks[*].size }}", ["2Gi"]),
        ("{{ request.object.spec.disks[-1].name }}", "data"),
        ("{{ request.object.spec.disks[7].name || `0` }}", 0),
        ("{{ length(request.object.spec.disks) }}", 2),
        (
            "{{ request.object.spec.template.spec.domain.cpu.cores }} of {{request.namespace}}",
            "4 of vms",
        ),
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
        ("gold", "Equals", "gold", True),
        ("gold", "Equals", "g*", True),
        ("gold", "NotEquals", "gold", False),
        ("", "Equals", "", True),
        (True, "Equals", True, True),
        (True, "Equals", "true", False),
        (CORES, "Equals", "4", True),
        ("1Gi", "Equals", "1024Mi", True),
        (CORES, "GreaterThan", 2, True),
        (CORES, "LessThanOrEquals", 3, False),
        (GUEST, "GreaterThan", "4Gi", True),
        (GUEST, "LessThan", "4Gi", False),
        ("gold", "AnyIn", ["silver", "gold"], True),
        ("gold", "AnyIn", '["silver"]', False),
        ("gold", "AnyNotIn", ["silver"], True),
        (["a", "b"], "AnyIn", ["b", "c"], True),
        (["a", "b"], "AllIn", ["b", "c"], False),
        (["a", "b"], "AnyNotIn", ["b", "c"], True),
        (["a", "b"], "AllNotIn", ["b", "c"], False),
        (CORES, "AnyIn", "2-8", True),
        (CORES, "AnyIn", "5-8", False),
        ({"a": 1}, "AnyIn", ["a"], False),
        (["a"], "GreaterThan", 1, False),
    ],
)
def test_operators(key: Any, operator: str, value: Any, met: bool) -> None:
    condition = {"key": key, "operator": operator, "value": value}
    assert are_modelled([condition])
    assert are_met([condition], REQUEST, strict=True) is met


YES = {"key": 1, "operator": "Equals", "value": 1}
NO = {"key": 1, "operator": "Equals", "value": 2}
NOWHERE = {"key": f"{{{{ {LABELS}.owner }}}}", "operator": "Equals", "value": "x"}


@pytest.mark.parametrize(
    ("conditions", "strict", "met"),
    [
        (None, True, True),
        ({}, True, True),
        ({"all": [YES, NO]}, True, False),
        ({"any": [YES, NO]}, True, True),
        ({"any": [YES], "all": [NO]}, True, False),
        ([{"any": [YES]}, {"all": [NO]}], True, False),
        ([YES, NO], True, False),
        ({"any": [YES, NOWHERE]}, True, None),
        ({"any": [YES, NOWHERE]}, False, True),
        ({"all": [NOWHERE]}, False, False),
    ],
)
def test_all_of_all_and_one_of_any(conditions: Any, strict: bool, met: bool | None) -> None:
    assert are_met(conditions, REQUEST, strict=strict) is met


@pytest.mark.parametrize(
    "conditions", [3, [3], {"any": [{"key": 1}]}, {"any": [{**YES, "operator": "Like"}]}]
)
def test_conditions_of_another_shape_are_not_modelled(conditions: Any) -> None:
    assert not are_modelled(conditions)


def _reviewed(**rule: Any) -> Review:
    match = {"any": [{"resources": {"kinds": ["VirtualMachine"]}}]}
    rules = [{"name": "r", "match": match, **rule}]
    spec = {"validationFailureAction": "Enforce", "rules": rules}
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


def test_a_rule_whose_preconditions_are_not_met_says_nothing() -> None:
    pattern = {"metadata": {"labels": {"owner": "?*"}}}
    for conditions, outcome in (([YES], Outcome.FAIL), ([NO], Outcome.SKIP)):
        review = _reviewed(preconditions={"all": conditions}, validate={"pattern": pattern})
        assert review.outcome is outcome


def test_variables_in_a_pattern_are_replaced() -> None:
    for name, outcome in (("tier", Outcome.PASS), ("owner", Outcome.ERROR)):
        pattern = {"metadata": {"labels": {"tier": f"{{{{ {LABELS}.{name} }}}}"}}}
        assert _reviewed(validate={"pattern": pattern}).outcome is outcome


def test_other_contexts_are_still_named() -> None:
    rule = {"context": [{"name": "x"}], "validate": {"deny": {"conditions": [YES]}}}
    assert unmodelled_parts(rule) == ("context",)
