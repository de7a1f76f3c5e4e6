"""``{{ … }}`` in a policy: a path into the request, with what stands in for a missing value.

Understood are names, quoted names, indices, projections, ``keys(@)``, ``length(@)``, literals and
``||``; whatever else JMESPath can do is not, and `is_understood` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.platform.admission.match import Request

__all__ = ["MISSING", "is_understood", "resolved"]

_VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_REFERENCE = "$("
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<json>`[^`]*`)|(?P<call>(?:keys|length)\(@\))"""
    r"""|(?P<of>(?:keys|length)\()|(?P<name>[A-Za-z_]\w*)|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<index>\[-?\d{1,9}\])|(?P<each>\[\*?\])|(?P<or>\|\|)|(?P<sign>[.)]))\s*"""
)
_ASKED = ("namespace", "object", "operation")
_PART = tuple[str, Any]


class _Missing:
    """No value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What a path that leads nowhere gives."""


def _tokens(expression: str) -> list[_PART] | None:
    found, at = [], 0
    while at < len(expression):
        token = _TOKEN.match(expression, at)
        if token is None or token.lastgroup is None:
            return None
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


def _alternatives(expression: str) -> list[list[_PART]] | None:
    """What ``||`` divides, each a literal or a path; None when it is not understood."""
    tokens = _tokens(expression.strip())
    if not tokens:
        return None
    found: list[list[_PART]] = [[]]
    for token in tokens:
        if token[0] == "or":
            found.append([])
        else:
            found[-1].append(token)
    parts = [_path(each) for each in found]
    return None if any(each is None for each in parts) else [each for each in parts if each]


def _path(tokens: list[_PART]) -> list[_PART] | None:
    """Steps from the request, or one literal."""
    if len(tokens) == 1 and tokens[0][0] in ("text", "json"):
        return _literal(*tokens[0])
    after: list[_PART] = []
    if tokens and tokens[0][0] == "of":
        if tokens[-1] != ("sign", ")"):
            return None
        after, tokens = [("call", f"{tokens[0][1]}@)")], tokens[1:-1]
    steps = [each for each in tokens if each != ("sign", ".")]
    allowed = ("call", "each", "index", "name", "quoted")
    is_path = all(kind in allowed for kind, _ in steps)
    is_path &= all(_literal(*each) is not None for each in steps if each[0] == "quoted")
    names = [value for kind, value in steps[:2] if kind == "name"]
    if not is_path or len(names) < len(("request", "object")):
        return None
    return [*steps, *after] if names[0] == "request" and names[1] in _ASKED else None


def _literal(kind: str, token: str) -> list[_PART] | None:
    if kind == "text":
        return [("value", token[1:-1].replace("\\'", "'"))]
    try:
        return [("value", json.loads(token if kind == "quoted" else token[1:-1]))]
    except (ValueError, RecursionError):
        return None


def is_understood(value: Any) -> bool:
    """Whether every variable in a value, keys of mappings among it, can be resolved here."""
    if isinstance(value, Mapping):
        return all(is_understood(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return all(map(is_understood, value))
    if not isinstance(value, str):
        return True
    outside = _VARIABLE.sub("", value)
    return (
        _REFERENCE not in value
        and "{{" not in outside
        and all(_alternatives(each) is not None for each in _VARIABLE.findall(value))
    )


def resolved(value: Any, request: Request) -> Any:
    """A value with its variables replaced; `MISSING` when one of them has no value.

    Source: kyverno v1.12.6 pkg/engine/variables/vars.go, SubstituteAll: a text that is one variable
    becomes what that is, within other text it becomes text.
    """
    if isinstance(value, Mapping):
        found = {key: resolved(each, request) for key, each in value.items()}
        return MISSING if any(each is MISSING for each in found.values()) else found
    if isinstance(value, list):
        listed = [resolved(each, request) for each in value]
        return MISSING if any(each is MISSING for each in listed) else listed
    if not isinstance(value, str) or "{{" not in value:
        return value
    whole = _VARIABLE.fullmatch(value.strip())
    if whole is not None and "{{" not in whole[1]:
        return _value(whole[1], request)
    values = [_value(each, request) for each in _VARIABLE.findall(value)]
    if any(each is MISSING for each in values):
        return MISSING
    texts: Iterator[str] = iter([_text(each) for each in values])
    return _VARIABLE.sub(lambda _: next(texts), value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _value(expression: str, request: Request) -> Any:
    """The first alternative that has a value; the last one when none has."""
    found: Any = MISSING
    asked = {
        "object": request.resource,
        "operation": "CREATE",
        "namespace": request.namespace,
    }
    for steps in _alternatives(expression) or ():
        found = _walk({"request": asked}, steps)
        if not _is_empty(found):
            return found
    return found


def _is_empty(value: Any) -> bool:
    """What ``||`` passes over; 0 is a value."""
    return value is MISSING or value is None or value is False or value in ("", [], {})


def _walk(value: Any, steps: list[_PART]) -> Any:
    for number, (kind, token) in enumerate(steps):
        if kind == "each":
            if not isinstance(value, list):
                return MISSING
            flat = [
                inner
                for each in value
                for inner in (each if isinstance(each, list) and token == "[]" else [each])
            ]
            found = [_walk(each, steps[number + 1 :]) for each in flat]
            return [each for each in found if each is not MISSING and each is not None]
        value = _step(value, kind, token)
        if value is MISSING:
            return MISSING
    return value


def _step(value: Any, kind: str, token: Any) -> Any:
    match kind:
        case "value":
            return token
        case "call" if token.startswith("keys"):
            return sorted(map(str, value)) if isinstance(value, Mapping) else MISSING
        case "call":
            return len(value) if isinstance(value, Mapping | list | str) else MISSING
        case "index":
            place = int(token[1:-1])
            inside = isinstance(value, list) and -len(value) <= place < len(value)
            return value[place] if inside else MISSING
        case _:
            name = json.loads(token) if kind == "quoted" else token
            return value.get(name, MISSING) if isinstance(value, Mapping) else MISSING
