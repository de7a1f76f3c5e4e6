"""Which plain YAML scalars are typed: true, false, null and JSON numbers. All else is text.

So a version ``1.10`` keeps its zero, a label ``no`` stays ``no``, ``12:30`` is no number.
"""

from __future__ import annotations

import re
from math import isinf
from typing import Any

from ove_capacity.manifests.document import WrittenFloat, WrittenInt

__all__ = ["A_NUMBER", "BASE_60", "read_otherwise", "scalar_of"]

A_NUMBER = "a number"
"""What other readers take a text for that would be no number in JSON, or a very long one."""
BASE_60 = "a number to the base of 60"
"""What YAML 1.1 takes ``12:30`` for; kubectl does not, though it writes such text in quotes."""

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_NUMBER_STARTS = frozenset("-0123456789")
_LONGEST_INT = 4000

_YAML_1_1_BOOLEANS = frozenset(
    spelling
    for word in ("y", "yes", "on", "true", "n", "no", "off", "false")
    for spelling in (word, word.capitalize(), word.upper())
    if spelling not in _WORDS
)
_YAML_1_1_NULLS = frozenset(("~", "Null", "NULL"))
_YAML_1_1_STARTS = frozenset("+-.0123456789")
_YAML_1_1_NUMBERS = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\.(?:inf|Inf|INF)"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
_GO_OCTAL = re.compile(r"0[0-7]+", re.ASCII)
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_LONGEST_SHOWN = 20
"""Characters; what is longer is told as "a number"."""
_LAST_WHOLE = 1e21
"""From here on JSON prints an exponent."""
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?", re.ASCII)


def scalar_of(text: str) -> Any:
    """The value of a plain scalar; numbers keep their text where Python would print another."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    match = _JSON_NUMBER.fullmatch(text)
    if match is None:
        return text
    if match[1] is None and match[2] is None and len(text) < _LONGEST_INT:
        whole = int(text)
        return whole if str(whole) == text else _written(WrittenInt(whole), text)
    number = float(text)
    return number if repr(number) == text else _written(WrittenFloat(number), text)


def _written(number: Any, text: str) -> Any:
    number.text = text
    return number


def _number_text(text: str) -> str:
    """A number of YAML 1.1 as JSON prints it, which is how kubectl passes it on.

    Whole numbers are those of Go's literals: kubernetes-sigs/yaml goyaml.v2/resolve.go, resolve.
    """
    digits = text.lstrip("+-")
    sign = "-" if text.startswith("-") else ""
    if len(digits) > _LONGEST_SHOWN or digits[1:2].lower() in ("i", "n"):
        return A_NUMBER
    if _GO_OCTAL.fullmatch(digits):
        return f"{sign}{int(digits, 8)}"
    if digits[:2].lower() in _BASES:
        return f"{sign}{int(digits[2:], _BASES[digits[:2].lower()])}"
    number = float(text)
    if isinf(number):
        return ""
    return f"{number:.0f}" if number.is_integer() and abs(number) < _LAST_WHOLE else repr(number)


def read_otherwise(text: str) -> str:
    """What other YAML readers take this plain text for; "" when they agree that it is text."""
    if text in _YAML_1_1_BOOLEANS:
        return "true" if text[0] in "yYtT" or text.lower() == "on" else "false"
    if text in _YAML_1_1_NULLS:
        return "null"
    if not text or text[0] not in _YAML_1_1_STARTS or _JSON_NUMBER.fullmatch(text):
        return ""
    if _YAML_1_1_NUMBERS.fullmatch(text.replace("_", "")):
        return _number_text(text.replace("_", ""))
    return BASE_60 if _SEXAGESIMAL.fullmatch(text) else ""
