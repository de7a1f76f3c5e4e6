"""The operators of conditions: a key against a value, both with their variables resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ove_capacity.platform.admission.golang import (
    duration_nano,
    float_of,
    is_same,
    printed,
    quantity_nano,
    text_list,
)
from ove_capacity.platform.admission.scalar import is_range, is_valid
from ove_capacity.platform.admission.version import version_of
from ove_capacity.platform.admission.wildcard import is_like

__all__ = ["OPERATORS"]

_SECOND = 10**9
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda key, value: key > value,
    "GreaterThanOrEquals": lambda key, value: key >= value,
    "LessThan": lambda key, value: key < value,
    "LessThanOrEquals": lambda key, value: key <= value,
}


def _seconds(nano: int) -> float:
    """Source: Go 1.26 time/time.go, Duration.Seconds."""
    whole, rest = divmod(abs(nano), _SECOND)
    found = whole + rest / 1e9
    return -found if nano < 0 else found


def _nano(value: Any) -> int | None:
    """Of a number that counts seconds, without their fraction; None: it is no number."""
    if not isinstance(value, float):
        return None
    if not abs(value) < 1 << 63:  # nor is what is no number at all
        return 0
    return (int(value) * _SECOND + (1 << 63)) % (1 << 64) - (1 << 63)  # as 64 bits hold it


def _durations(key: Any, value: Any) -> tuple[float, float] | None:
    """Both in seconds, when one is written as a duration and the other as that or a number.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/operator.go, parseDuration.
    """
    written = [
        duration_nano(each) if isinstance(each, str) and each != "0" else None
        for each in (key, value)
    ]
    if written == [None, None]:
        return None
    left, right = (
        _nano(each) if nano is None else nano
        for nano, each in zip(written, (key, value), strict=True)
    )
    return None if left is None or right is None else (_seconds(left), _seconds(right))


def _equals(key: Any, value: Any, *, negated: bool) -> bool:
    """Whether they are equal, or whether they are not; what cannot be read is neither.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/equal.go and notequal.go.
    """
    match key:
        case str():
            return _text_equals(key, value, negated=negated)
        case float():
            if isinstance(value, str):
                return (float_of(value) == key) != negated
            return (isinstance(value, float) and value == key) != negated
        case bool() | list() | dict():
            return is_same(key, value) != negated
        case _:
            return False


def _text_equals(key: str, value: Any, *, negated: bool) -> bool:
    durations = _durations(key, value)
    if durations is not None:
        return (durations[0] == durations[1]) != negated
    if not isinstance(value, str):
        return negated
    amount = quantity_nano(key)
    if amount is None or (negated and not value):
        return is_like(value, key) != negated
    other = quantity_nano(value)
    return other is not None and (amount == other) != negated


def _ordered(key: Any, value: Any, *, order: Callable[[Any, Any], bool]) -> bool:
    """Durations, then quantities, then numbers, then versions.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/numeric.go.
    """
    if not isinstance(key, float | str) or not isinstance(value, float | str):
        return False
    durations = _durations(key, value)
    if durations is not None:
        return order(*durations)
    if isinstance(key, str):
        if isinstance(value, str):
            amounts = quantity_nano(key), quantity_nano(value)
            if None not in amounts:
                return order(*amounts)
        number = float_of(key)
        if number is None:
            versions = version_of(key), version_of(value) if isinstance(value, str) else None
            return None not in versions and order(*versions)
        return _ordered(number, value, order=order)
    limit = float_of(value) if isinstance(value, str) else value
    return limit is not None and order(key, limit)


def _ordered_durations(key: Any, value: Any, *, order: Callable[[Any, Any], bool]) -> bool:
    """Source: kyverno v1.12.6 pkg/engine/variables/operator/duration.go."""
    left, right = (
        duration_nano(each) if isinstance(each, str) else _nano(each) for each in (key, value)
    )
    return left is not None and right is not None and order(left, right)


def _are_alike(one: str, other: str) -> bool:
    """Whether one is a pattern of the other; which is not said."""
    return is_like(one, other) or is_like(other, one)


def _listed(value: str) -> list[str] | None:
    """What a text lists in JSON, or itself; None: JSON of another sort."""
    try:
        return text_list(value)
    except ValueError:
        return [value]


def _has(key: str, value: Any, listed: Callable[[str], list[str] | None]) -> bool | None:
    """Whether a value has one key; None when the value is of a wrong type.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/anyin.go, anyKeyExistsInArray; allin.go,
    allKeyExistsInArray; in.go, keyExistsInArray, which knows no ranges.
    """
    if isinstance(value, list):
        return any(_are_alike(key, printed(each)) for each in value)
    if not isinstance(value, str):
        return None
    if is_like(value, key):
        return True
    if listed is _listed and is_range(value):
        return is_valid(key, value)
    found = listed(value)
    return None if found is None else key in found


def _within(key: Any, value: Any, *, quantor: Callable[..., bool], negated: bool) -> bool:
    """AnyIn, AllIn, and (negated) AnyNotIn and AllNotIn.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/anyin.go, anySetExistsInArray; allin.go,
    allSetExistsInArray; anynotin.go and allnotin.go.
    """
    if isinstance(key, str | float | bool):
        found = _has(printed(key), value, _listed)
        return found is not None and found != negated
    if not isinstance(key, list):
        return False
    keys = [printed(each) for each in key]
    if isinstance(value, list):
        values: list[str] | None = [printed(each) for each in value]
    elif not isinstance(value, str):
        return False
    elif keys == [value]:
        return not negated
    elif is_range(value):
        if not negated:
            return quantor(is_valid(each, value) for each in keys)
        if quantor is any:
            outside = value.replace("-", "!-", 1)
            return any(is_valid(each, outside) for each in keys)
        return not any(is_valid(each, value) for each in keys)
    else:
        values = _listed(value)
    if values is None:
        return False
    there = (any(_are_alike(each, other) for other in values) for each in keys)
    return quantor(found != negated for found in there)


def _strict_list(value: str) -> list[str] | None:
    try:
        return text_list(value)
    except ValueError:
        return None


def _in(key: Any, value: Any, *, negated: bool) -> bool | None:
    """The operators of old: lists are compared exactly; None: upstream ends in a panic.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/in.go, setExistsInArray; notin.go.
    """
    if isinstance(key, str | float | bool):
        found = _has(printed(key), value, _strict_list)
        return found is not None and found != negated
    if not isinstance(key, list):
        return False
    if not all(isinstance(each, str) for each in key):
        return None
    if isinstance(value, str):
        if key == [value]:
            return True  # NotIn, too: upstream does not turn this answer round
        values = _strict_list(value)
    else:
        is_texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
        values = value if is_texts else None
    return values is not None and (set(key) <= set(values)) != negated


OPERATORS: Mapping[str, Callable[[Any, Any], bool | None]] = {
    **{name: partial(_equals, negated=False) for name in ("Equal", "Equals")},
    **{name: partial(_equals, negated=True) for name in ("NotEqual", "NotEquals")},
    "In": partial(_in, negated=False),
    "NotIn": partial(_in, negated=True),
    "AnyIn": partial(_within, quantor=any, negated=False),
    "AllIn": partial(_within, quantor=all, negated=False),
    "AnyNotIn": partial(_within, quantor=any, negated=True),
    "AllNotIn": partial(_within, quantor=all, negated=True),
    **{name: partial(_ordered, order=order) for name, order in _ORDERS.items()},
    **{
        f"Duration{name}": partial(_ordered_durations, order=order)
        for name, order in _ORDERS.items()
    },
}
"""By name; numbers are floats, as `with_floats` makes them. None: it cannot be decided.

Source: kyverno v1.12.6 pkg/engine/variables/operator/operator.go, CreateOperatorHandler.
"""
