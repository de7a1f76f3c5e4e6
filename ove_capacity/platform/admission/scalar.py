"""One value against one pattern: ``?*``, ``a | b``, ``!x``, ``>=2 & <8``, ``1-5``, ``1Gi!-2Gi``."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ove_capacity.platform.admission.wildcard import is_like
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["is_valid"]

_OPERATORS = (">=", "<=", ">", "<", "!")
_NUMBER = r"([-|+]?\d+(?:\.\d+)?[A-Za-z]*)"
_RANGE = re.compile(f"^{_NUMBER}-{_NUMBER}$")
_NOT_RANGE = re.compile(f"^{_NUMBER}!-{_NUMBER}$")
_DURATION = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|[-+]?0")
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_NANO = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_NANO["h"] = 60 * _NANO["m"]
_LONGEST = 4096
"""Characters of a value that is compared; a longer one is no number and no name."""

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


def _equals_number(value: Any, pattern: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    if isinstance(value, str):
        try:
            return (int(value) if isinstance(pattern, int) else float(value)) == pattern
        except ValueError:
            return False
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
    if not operator and (between := _NOT_RANGE.match(condition)):
        return _compared(value, between[1], "<") or _compared(value, between[2], ">")
    if not operator and (between := _RANGE.match(condition)):
        return _compared(value, between[1], ">=") and _compared(value, between[2], "<=")
    return _compared(value, condition[len(operator) :].strip(), operator)


def _compared(value: Any, limit: str, operator: str) -> bool:
    """As durations when both are, else as quantities when both are, else as text."""
    number = _number_text(value)
    if number is not None:
        for read in (_duration_nano, _quantity_nano):
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
    return text if len(text) <= _LONGEST else None


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


def _duration_nano(text: str) -> Fraction | None:
    """Source: Go time.ParseDuration."""
    if _DURATION.fullmatch(text) is None:
        return None
    total = sum(
        (Fraction(number) * _NANO[unit] for number, unit in _PART.findall(text)), Fraction()
    )
    return -total if text.startswith("-") else total


def _quantity_nano(text: str) -> int | None:
    try:
        return Quantity.parse(text).nano
    except QuantityError:
        return None
