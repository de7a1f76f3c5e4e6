"""One value against one pattern: ``?*``, ``a | b``, ``!x``, ``>=2 & <8``, ``1-5``, ``1Gi!-2Gi``."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ove_capacity.platform.admission.golang import (
    LONGEST_READ,
    duration_nano,
    float_of,
    int_of,
    quantity_nano,
)
from ove_capacity.platform.admission.wildcard import is_like

__all__ = ["is_range", "is_valid"]

_OPERATORS = (">=", "<=", ">", "<", "!")
_NUMBER = r"([-|+]?\d+(?:\.\d+)?[A-Za-z]*)"
_RANGE = re.compile(f"{_NUMBER}-{_NUMBER}", re.ASCII)
_NOT_RANGE = re.compile(f"{_NUMBER}!-{_NUMBER}", re.ASCII)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda value, limit: value == limit,
    "!": lambda value, limit: value != limit,
    ">": lambda value, limit: value > limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
}


def is_valid(value: Any, pattern: Any) -> bool:
    """Whether a single value satisfies a single pattern; an absent value is None.

    Source: kyverno v1.12.6 pkg/engine/pattern/pattern.go, Validate.
    """
    match pattern:
        case bool():
            return isinstance(value, bool) and value == pattern
        case int() | float():
            return _equals_number(value, pattern)
        case None:
            return value in (None, 0, "", False) and not isinstance(value, dict | list)
        case str():
            return _satisfies(value, pattern)
        case dict():
            return isinstance(value, dict)
        case _:
            return False


def is_range(pattern: str) -> bool:
    """Whether a text is a range of numbers, quantities or durations, like ``1Gi-4Gi``.

    Source: kyverno v1.12.6 pkg/engine/operator/operator.go, GetOperatorFromStringPattern.
    """
    return _RANGE.fullmatch(pattern) is not None


def _equals_number(value: Any, pattern: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    if isinstance(value, str):
        return (int_of if isinstance(pattern, int) else float_of)(value) == pattern
    return value == pattern


def _satisfies(value: Any, pattern: str) -> bool:
    """Any of what ``|`` divides, of each all that ``&`` divides."""
    if isinstance(value, str) and value == pattern:
        return True
    return any(
        all(_meets(value, each.strip(" ")) for each in alternative.strip(" ").split("&"))
        for alternative in pattern.split("|")
    )


def _meets(value: Any, condition: str) -> bool:
    operator = ""
    if len(condition) > 1:
        operator = next((each for each in _OPERATORS if condition.startswith(each)), "")
    if not operator and (between := _NOT_RANGE.fullmatch(condition)):
        return _compared(value, between[1], "<") or _compared(value, between[2], ">")
    if not operator and (between := _RANGE.fullmatch(condition)):
        return _compared(value, between[1], ">=") and _compared(value, between[2], "<=")
    return _compared(value, condition[len(operator) :].strip(), operator)


def _compared(value: Any, limit: str, operator: str) -> bool:
    """As durations when both are, else as quantities when both are, else as text."""
    number = _number_text(value)
    if number is not None:
        for read in (duration_nano, quantity_nano):
            left, right = read(number), read(limit)
            if left is not None and right is not None:
                return _COMPARE[operator](left, right)
    text = _text(value)
    if text is None or operator not in ("", "!"):
        return False
    return is_like(limit, text) == (operator == "")


def _number_text(value: Any) -> str | None:
    """What the value is read as a number from; an absent one counts as 0, as upstream has it."""
    if value is None:
        return "0"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = f"{value:f}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST_READ else None


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return str(value).lower()
        case float():
            digits = Decimal(repr(value)).normalize().as_tuple().digits
            return f"{value:.{len(digits) - 1}E}"
        case int() | str():
            return str(value)
        case _:
            return None
