"""``{{ … }}`` in a policy: a path into the request, with what stands in for a missing value.

Understood are names, quoted names, indices, projections, ``keys(@)``, ``length(@)``, literals and
``||``; whatever else JMESPath can do is not, and `is_understood` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.platform.admission.golang import as_json, with_floats
from ove_capacity.platform.admission.match import Request

__all__ = ["MISSING", "is_understood", "resolved"]

_VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_REFERENCE = "$("
_ESCAPED = "\\{{"
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<json>`[^`]*`)|(?P<call>(?:keys|length)\(@\))"""
    r"""|(?P<of>(?:keys|length)\()|(?P<name>[A-Za-z_]\w*)|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<index>\[-?\d{1,9}\])|(?P<each>\[\*?\])|(?P<or>\|\|)|(?P<sign>[.)]))\s*"""
)
_ASKED = ("namespace", "object", "operation")
_PART = tuple[str, Any]
_WHOLE = (("each", "[]"), ("around", "keys(@)"), ("around", "length(@)"))
"""Steps that take all that stands before them together."""


class _Missing:
    """No value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What a path that leads nowhere gives, and a function of what it does not take."""


class _WrongTypeError(Exception):
    """A function was given what it does not take."""


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
    """Steps from the request, or one literal; a function around a path is the last step."""
    if len(tokens) == 1 and tokens[0][0] in ("text", "json"):
        return _literal(*tokens[0])
    after: list[_PART] = []
    if tokens and tokens[0][0] == "of":
        if tokens[-1] != ("sign", ")"):
            return None
        after, tokens = [("around", f"{tokens[0][1]}@)")], tokens[1:-1]
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
        and _ESCAPED not in value
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
    whole = _VARIABLE.fullmatch(value)
    if whole is not None and "{{" not in whole[1]:
        return _value(whole[1], request)
    values = [_value(each, request) for each in _VARIABLE.findall(value)]
    if any(each is MISSING for each in values):
        return MISSING
    texts: Iterator[str] = iter([_text(each) for each in values])
    return _VARIABLE.sub(lambda _: next(texts), value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(with_floats(value))


def _value(expression: str, request: Request) -> Any:
    """The first alternative that has a value; else what the last one gives, null for nothing.

    Source: kyverno/go-jmespath a1d46ef interpreter.go, Execute: a name that a mapping lacks is
    not found, unless `||`, a projection or a function stands around it; a name of what is no
    mapping is null. The commit that kyverno v1.12.6 names, 95e59c1, was not at hand.
    """
    asked = {"object": request.resource, "operation": "CREATE", "namespace": request.namespace}
    alternatives = _alternatives(expression) or []
    found: Any = MISSING
    try:
        for steps in alternatives:
            found = _walk({"request": asked}, steps)
            if not _is_empty(found):
                return found
    except _WrongTypeError:
        return MISSING
    return None if found is MISSING and len(alternatives) > 1 else found


def _is_empty(value: Any) -> bool:
    """What ``||`` passes over; 0 is a value."""
    return value is MISSING or value is None or value is False or value in ("", [], {})


def _walk(value: Any, steps: list[_PART]) -> Any:
    """A ``[]`` takes all before it together, a ``[*]`` what stands right before it."""
    last = max((at for at, step in enumerate(steps) if step in _WHOLE), default=None)
    if last is None:
        return _steps(value, steps)
    kind, token = steps[last]
    if kind == "around":
        before = _walk(value, steps[:last])
        return _called(None if before is MISSING else before, token)
    try:
        before = _walk(value, steps[:last])
    except _WrongTypeError:
        return None
    if not isinstance(before, list):
        return None
    flat = [inner for each in before for inner in (each if isinstance(each, list) else [each])]
    return _projected(flat, steps[last + 1 :])


def _projected(values: list[Any], steps: list[_PART]) -> list[Any]:
    found = [_steps(each, steps) for each in values]
    return [each for each in found if each is not MISSING and each is not None]


def _steps(value: Any, steps: list[_PART]) -> Any:
    for number, (kind, token) in enumerate(steps):
        if kind == "each":
            rest = steps[number + 1 :]
            return _projected(value, rest) if isinstance(value, list) else None
        value = _step(value, kind, token)
        if value is MISSING:
            after = next((kind for kind, _ in steps[number + 1 :] if kind != "index"), "")
            return None if after == "each" else MISSING
    return value


def _step(value: Any, kind: str, token: Any) -> Any:
    match kind:
        case "value":
            return token
        case "call":
            return _called(value, token)
        case "index":
            place = int(token[1:-1])
            inside = isinstance(value, list) and -len(value) <= place < len(value)
            return value[place] if inside else None
        case _:
            name = json.loads(token) if kind == "quoted" else token
            return value.get(name, MISSING) if isinstance(value, Mapping) else None


def _called(value: Any, function: str) -> Any:
    if function.startswith("keys") and isinstance(value, Mapping):
        return sorted(map(str, value))
    if function.startswith("length") and isinstance(value, Mapping | list | str):
        return len(value)
    raise _WrongTypeError
