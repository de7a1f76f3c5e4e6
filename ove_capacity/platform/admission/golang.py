"""Numbers, durations and texts, as Go's standard library reads and prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from math import isinf
from typing import Any

from ove_capacity.quantity import Quantity, QuantityError

__all__ = [
    "LONGEST_READ",
    "as_json",
    "duration_nano",
    "float_of",
    "int_of",
    "is_same",
    "printed",
    "quantity_nano",
    "text_list",
    "with_floats",
]

_DURATION = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|[-+]?0", re.ASCII)
_PART = re.compile(r"(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_NANO = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
_NANO |= {"m": 60 * _NANO["s"], "h": 3600 * _NANO["s"]}
_DIGITS = r"\d(?:_?\d)*"
_FLOAT = re.compile(
    rf"[-+]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?", re.ASCII
)
_INT = re.compile(r"[-+]?\d+", re.ASCII)
_NO_FLOAT = re.compile(r"[-+]?inf(?:inity)?|nan", re.IGNORECASE | re.ASCII)
LONGEST_READ = 4096
"""Characters of a text that is read; a longer one is no number."""
_PLAIN_EXPONENTS = range(-4, 6)
"""Powers of ten that ``%v`` prints in full."""
_PLAIN_IN_JSON = range(-6, 21)
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ESCAPED |= {"\u2028": "\\u2028", "\u2029": "\\u2029"}


@lru_cache(maxsize=1024)  # limits of policies and sizes of VMs come again and again
def duration_nano(text: str) -> int | None:
    """Nanoseconds of ``1h30m``; None: it is no duration, or longer than one can be.

    Source: Go 1.26 time/format.go, ParseDuration.
    """
    if len(text) > LONGEST_READ or _DURATION.fullmatch(text) is None:
        return None
    total = 0
    for whole, part, unit in _PART.findall(text):
        total += int(whole or 0) * _NANO[unit] + int(part or 0) * _NANO[unit] // 10 ** len(part)
    total = -total if text.startswith("-") else total
    return total if -(1 << 63) <= total < 1 << 63 else None


@lru_cache(maxsize=1024)
def quantity_nano(text: str) -> int | None:
    """Nano-units of ``4Gi``; None: it is no quantity.

    Source: kubernetes/apimachinery v0.34.2 pkg/api/resource/quantity.go, ParseQuantity.
    """
    try:
        return Quantity.parse(text).nano
    except QuantityError:
        return None


def float_of(text: str) -> float | None:
    """A number; None: it is none, or too large for one. Hexadecimal ones are not read.

    Source: Go 1.26 strconv/atof.go, ParseFloat.
    """
    if len(text) > LONGEST_READ:
        return None
    if _FLOAT.fullmatch(text):
        found = float(text)
        return None if found in (float("inf"), float("-inf")) else found
    return float(text) if _NO_FLOAT.fullmatch(text) else None


def int_of(text: str) -> int | None:
    """A whole number of 64 bits; None: it is none.

    Source: Go 1.26 strconv/atoi.go, ParseInt.
    """
    found = int(text) if len(text) <= LONGEST_READ and _INT.fullmatch(text) else None
    return found if found is not None and -(1 << 63) <= found < 1 << 63 else None


def with_floats(value: Any) -> Any:
    """A value with every number as a float, as decoding JSON without a type leaves it."""
    match value:
        case bool():
            return value
        case int():
            try:
                return float(value)
            except OverflowError:
                return float("inf") if value > 0 else float("-inf")
        case Mapping():
            return {str(key): with_floats(each) for key, each in value.items()}
        case list():
            return [with_floats(each) for each in value]
        case _:
            return value


def is_same(left: Any, right: Any) -> bool:
    """Whether two decoded values are equal, of equal types.

    Source: Go 1.26 reflect/deepequal.go, DeepEqual.
    """
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(is_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    return bool(left == right)


def printed(value: Any) -> str:
    """What ``fmt.Sprint`` makes of a decoded value: ``1e+06``, ``<nil>``, ``[a b]``, ``map[a:1]``.

    Source: Go 1.26 fmt/print.go, Sprint; strconv/ftoa.go.
    """
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case float():
            return _float_text(value)
        case list():
            return f"[{' '.join(map(printed, value))}]"
        case Mapping():
            return f"map[{' '.join(f'{key}:{printed(value[key])}' for key in sorted(value))}]"
        case _:
            return str(value)


def _float_text(value: float, plain: range = _PLAIN_EXPONENTS, digits_least: int = 2) -> str:
    """The fewest digits that tell it from others."""
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    number = Decimal(repr(value)).normalize()
    power = number.adjusted() if number else 0
    if power in plain:
        return f"{number:f}"
    first, *rest = map(str, number.as_tuple().digits)
    fraction = f".{''.join(rest)}" if rest else ""
    exponent = f"{'-' if power < 0 else '+'}{abs(power):0{digits_least}}"
    return f"{'-' if value < 0 else ''}{first}{fraction}e{exponent}"


def text_list(text: str) -> list[str] | None:
    """The list of texts that a text is in JSON, null being an empty one; None: other JSON.

    Raises:
        ValueError: it is no JSON.

    Source: Go 1.26 encoding/json/scanner.go, Valid; decode.go, Unmarshal.
    """
    try:
        found = json.loads(text, parse_constant=_refused, parse_int=_number, parse_float=_number)
    except RecursionError:
        return None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, str | None) for each in found):
        return None
    return [each or "" for each in found]


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _number(_: str) -> bool:
    """Something that is no text; how large it is does not matter."""
    return True


def as_json(value: Any) -> str:
    """A value within a text, with what HTML could take for its own escaped.

    Source: Go 1.26 encoding/json/encode.go, Marshal.
    """
    match value:
        case float():
            return _float_text(value, _PLAIN_IN_JSON, 1)
        case Mapping():
            pairs = (f"{as_json(str(key))}:{as_json(value[key])}" for key in sorted(value))
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(as_json, value)) + "]"
        case _:
            text = json.dumps(value, ensure_ascii=False)
            return "".join(_ESCAPED.get(each, each) for each in text)
