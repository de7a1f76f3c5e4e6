"""Kyverno's operators, row by row as its own code decides them."""

from __future__ import annotations

from typing import Any

import pytest

from ove_capacity.platform.admission.golang import (
    as_json,
    duration_nano,
    float_of,
    int_of,
    is_same,
    printed,
    with_floats,
)
from ove_capacity.platform.admission.operators import OPERATORS
from ove_capacity.platform.admission.version import version_of


def _holds(key: Any, operator: str, value: Any) -> bool | None:
    return OPERATORS[operator](with_floats(key), with_floats(value))


@pytest.mark.parametrize(
    ("key", "value", "equals", "differs"),
    [
        ("gold", "gold", True, False),
        ("gold", "g*", True, False),
        ("g*", "gold", False, True),
        ("", "", True, False),
        (True, True, True, False),
        (True, "true", False, True),
        (None, None, False, False),
        (4, "4", True, False),
        (4, "4.0", True, False),
        (4, "four", False, True),
        (4, True, False, True),
        ("4", 4, False, True),
        ("1Gi", "1024Mi", True, False),
        ("1Gi", "large", False, False),
        ("1Gi", "", False, True),
        ("60s", "1m", True, False),
        ("1m", 60, True, False),
        ("1m", 60.9, True, False),
        (60, "1m", False, True),
        ("0", "0s", False, False),
        (["a"], ["a"], True, False),
        (["a"], "a", False, True),
        ({"a": 1}, {"a": 1}, True, False),
        ({"a": 1}, {"a": True}, False, True),
        ({"a": [1]}, {"b": [1]}, False, True),
    ],
)
def test_equals_and_its_opposite(key: Any, value: Any, equals: bool, differs: bool) -> None:
    assert _holds(key, "Equals", value) is _holds(key, "Equal", value) is equals
    assert _holds(key, "NotEquals", value) is _holds(key, "NotEqual", value) is differs


@pytest.mark.parametrize(
    ("key", "value", "greater"),
    [
        (3, 2, True),
        (3, "2.5", True),
        ("3", 2, True),
        ("8Gi", "4Gi", True),
        ("8Gi", 4, False),
        ("2m", "90s", True),
        ("2m", 100, True),
        (100, "90s", True),
        ("1h", "many", False),
        ("1.10.0", "1.9.3", True),
        ("1.10.0", "1.10.0-rc.1", True),
        ("1.10.0-rc.2", "1.10.0-rc.10", False),
        ("1.10.0-rc.b", "1.10.0-rc.2", True),
        ("1.10.0", 1, False),
        ("1_000", 999, True),
        (True, 0, False),
        (["3"], 2, False),
        (3, None, False),
    ],
)
def test_numbers_are_ordered_and_durations_quantities_and_versions(
    key: Any, value: Any, greater: bool
) -> None:
    assert _holds(key, "GreaterThan", value) is greater


@pytest.mark.parametrize(
    ("operator", "met"),
    [
        ("GreaterThan", (False, False, True)),
        ("GreaterThanOrEquals", (False, True, True)),
        ("LessThan", (True, False, False)),
        ("LessThanOrEquals", (True, True, False)),
    ],
)
def test_each_order_below_at_and_above(operator: str, met: tuple[bool, ...]) -> None:
    assert tuple(_holds(key, operator, 2) for key in (1, 2, 3)) == met
    duration = f"Duration{operator}"
    assert tuple(_holds(key, duration, "2m") for key in ("60s", 120.5, "1h")) == met


@pytest.mark.parametrize(
    ("key", "value"), [("soon", "1m"), ("1m", "soon"), (True, 1), (1, None), (["1m"], "1m")]
)
def test_an_order_of_durations_wants_durations(key: Any, value: Any) -> None:
    orders = [name for name in OPERATORS if name.startswith("Duration")]
    assert not any(_holds(key, name, value) for name in orders)


@pytest.mark.parametrize(
    ("key", "value", "any_in", "all_in", "any_not", "all_not"),
    [
        ("gold", ["silver", "gold"], True, True, False, False),
        ("gold", ["g*"], True, True, False, False),
        ("g*", ["gold"], True, True, False, False),
        ("gold", "g*", True, True, False, False),
        ("g*", "gold", False, False, True, True),
        ("gold", '["silver"]', False, False, True, True),
        ("gold", '["gold"]', True, True, False, False),
        ("gold", '["g*"]', False, False, True, True),
        ("gold", "[1]", False, False, False, False),
        ("gold", "5", False, False, False, False),
        ("gold", "null", False, False, True, True),
        ("gold", 5, False, False, False, False),
        ("gold", None, False, False, False, False),
        (5, "5", True, True, False, False),
        (5, [5], True, True, False, False),
        (True, ["true"], True, True, False, False),
        (None, ["<nil>"], False, False, False, False),
        ({"a": 1}, ["a"], False, False, False, False),
        (3, "1-5", True, True, False, False),
        ("3Gi", "1Gi-5Gi", True, True, False, False),
        ("x", "1-5", False, False, True, True),
        (["a", "b"], ["b", "c"], True, False, True, False),
        (["a", "b"], ["?"], True, True, False, False),
        (["a", None], ["<nil>"], True, False, True, False),
        ([[1, 2], {"a": 1}], ["[1 2]", "map[a:1]"], True, True, False, False),
        ([], ["a"], False, True, False, True),
        (["1-5"], "1-5", True, True, False, False),
        ([3, 7], "1-5", True, False, True, False),
        (["x", "y"], "1-5", False, False, False, True),
        (["a"], '["a", null]', True, True, False, False),
        (["a"], "[1]", False, False, False, False),
        (["a"], "{", False, False, True, True),
        (["a"], "?", True, True, False, False),
        (["a"], 5, False, False, False, False),
    ],
)
def test_any_and_all_in_and_not_in(
    key: Any, value: Any, any_in: bool, all_in: bool, any_not: bool, all_not: bool
) -> None:
    names = ("AnyIn", "AllIn", "AnyNotIn", "AllNotIn")
    found = tuple(_holds(key, name, value) for name in names)
    assert found == (any_in, all_in, any_not, all_not)


@pytest.mark.parametrize(
    ("key", "value", "is_in", "is_not"),
    [
        ("gold", ["g*"], True, False),
        ("gold", "g*", True, False),
        ("gold", "silver", False, False),
        (3, "1-5", False, False),
        ("gold", '["silver"]', False, True),
        (["a", "b"], ["a", "b", "c"], True, False),
        (["a", "b"], ["a", "c"], False, True),
        (["a"], ["?"], False, True),
        (["a"], ["a", 5], False, False),
        (["a"], "a", True, True),
        (["a"], "b", False, False),
        (["a"], '["a"]', True, False),
        ([5], ["5"], None, None),
        (None, ["a"], False, False),
    ],
)
def test_in_and_not_in_of_old_compare_lists_exactly(
    key: Any, value: Any, is_in: bool | None, is_not: bool | None
) -> None:
    assert (_holds(key, "In", value), _holds(key, "NotIn", value)) == (is_in, is_not)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "-0"),
        (100000, "100000"),
        (1000000, "1e+06"),
        (123456789, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-1.5, "-1.5"),
        (10**400, "+Inf"),
        (True, "true"),
        (None, "<nil>"),
        (["a", None], "[a <nil>]"),
        ({"b": 1, "a": "x"}, "map[a:x b:1]"),
    ],
)
def test_values_are_printed_as_go_does(value: Any, text: str) -> None:
    assert printed(with_floats(value)) == text


def test_what_stands_within_a_text_is_json_as_go_writes_it() -> None:
    value = {"b": [1000000, 1e21, 1e-7], "a": "<é&>", "c": None}
    written = '{"a":"\\u003cé\\u0026\\u003e","b":[1000000,1e+21,1e-7],"c":null}'
    assert as_json(with_floats(value)) == written


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("1h30m", 5_400_000_000_000),
        ("-.5s", -500_000_000),
        ("1.s", 1_000_000_000),
        ("0", 0),
        ("1.0000000019s", 1_000_000_001),
        ("5", None),
        ("", None),
        ("٣s", None),
        ("9999999h", None),
        ("1" * 5000 + "s", None),
    ],
)
def test_durations(text: str, nano: int | None) -> None:
    assert duration_nano(text) == nano


@pytest.mark.parametrize(
    ("text", "number", "whole"),
    [
        ("1_0.5", 10.5, None),
        (" 1", None, None),
        ("+7", 7.0, 7),
        ("1e400", None, None),
        ("9223372036854775808", 9223372036854775808.0, None),
        ("9" * 5000, None, None),
        ("-Inf", float("-inf"), None),
    ],
)
def test_numbers_in_texts(text: str, number: float | None, whole: int | None) -> None:
    assert (float_of(text), int_of(text)) == (number, whole)


def test_versions_have_three_numbers_and_no_leading_zero() -> None:
    assert version_of("1.2.3+a") == version_of("1.2.3+b")
    assert [version_of(text) for text in ("1.2", "01.2.3", "v1.2.3", "1.2.3-01")] == [None] * 4


def test_values_are_the_same_only_with_their_types() -> None:
    assert not is_same(1.0, True)
    assert not is_same([1.0, None], [1.0])
