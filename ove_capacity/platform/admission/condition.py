"""Conditions of a policy: preconditions, and those by which it denies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ove_capacity.platform.admission.match import Request
from ove_capacity.platform.admission.scalar import is_valid
from ove_capacity.platform.admission.variable import MISSING, is_understood, resolved
from ove_capacity.platform.admission.wildcard import is_like

__all__ = ["are_met", "are_modelled"]

_NUMERIC = {
    "GreaterThan": ">",
    "GreaterThanOrEquals": ">=",
    "LessThan": "<",
    "LessThanOrEquals": "<=",
}
_PLACES = ("all", "any")


def _blocks(conditions: Any) -> list[Mapping[str, Any]] | None:
    """``{any: …, all: …}``, a list of those, or a list of conditions; None: anything else."""
    if conditions is None:
        return []
    if isinstance(conditions, Mapping):
        return [conditions]
    if not isinstance(conditions, list) or not all(isinstance(e, Mapping) for e in conditions):
        return None
    if any(key in each for each in conditions for key in _PLACES):
        return list(conditions)
    return [{"all": conditions}]


def _listed(block: Mapping[str, Any], key: str) -> list[Any]:
    found = block.get(key)
    return found if isinstance(found, list) else []


def _conditions(blocks: list[Mapping[str, Any]]) -> Iterator[Any]:
    for block in blocks:
        for key in _PLACES:
            yield from _listed(block, key)


def are_modelled(conditions: Any) -> bool:
    """Whether every condition is of a known operator, and speaks of the object alone."""
    blocks = _blocks(conditions)
    return blocks is not None and all(
        isinstance(each, Mapping)
        and isinstance(each.get("operator"), str)
        and each["operator"] in _OPERATORS
        and is_understood(each.get("key"))
        and is_understood(each.get("value"))
        for each in _conditions(blocks)
    )


def are_met(conditions: Any, request: Request, *, strict: bool) -> bool | None:
    """Whether all of ``all`` and one of ``any`` hold, where there are any; none: they do.

    None: a variable has no value, and *strict* says that this is an error, as in ``deny``;
    preconditions read it as null, which meets nothing.

    Source: kyverno v1.12.6 pkg/engine/variables/evaluate.go; pkg/engine/internal/preconditions.go.
    """
    blocks = _blocks(conditions) or []
    sides: dict[int, tuple[Any, Any]] = {}
    for each in _conditions(blocks):
        key, value = (resolved(each.get(name), request) for name in ("key", "value"))
        if strict and MISSING in (key, value):
            return None
        sides[id(each)] = (key, value)

    def holds(each: Any) -> bool:
        return MISSING not in sides[id(each)] and _OPERATORS[each["operator"]](*sides[id(each)])

    return all(
        all(map(holds, _listed(block, "all")))
        and (not _listed(block, "any") or any(map(holds, _listed(block, "any"))))
        for block in blocks
    )


def _equals(key: Any, value: Any) -> bool:
    """Source: kyverno v1.12.6 pkg/engine/variables/operator/equal.go."""
    if key is None or isinstance(key, bool) or isinstance(value, bool):
        return isinstance(key, bool) and isinstance(value, bool) and key == value
    if isinstance(key, str) and isinstance(value, str):
        return is_like(value, key) or (bool(key) and bool(value) and is_valid(key, value))
    if isinstance(key, int | float) and isinstance(value, int | float | str):
        try:
            return float(value) == key
        except (ValueError, OverflowError):
            return False
    return type(key) is type(value) and bool(key == value)


def _not_equals(key: Any, value: Any) -> bool:
    return key is not None and not _equals(key, value)


def _values(value: Any) -> list[str] | None:
    """What a value lists; a text may be a list in JSON; None: it is nothing of that sort."""
    if isinstance(value, list):
        return [_text(each) for each in value]
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return [_text(each) for each in found] if isinstance(found, list) else [value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [str(value)] if is_number else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _within(key: Any, value: Any) -> tuple[bool, ...] | None:
    """For each of what *key* lists, whether *value* has it; None when types do not allow it."""
    keys = [_text(each) for each in key] if isinstance(key, list) else [_text(key)]
    values = _values(value)
    if values is None or key is None or isinstance(key, Mapping):
        return None
    return tuple(
        any(is_like(one, other) or is_like(other, one) for other in values)
        or (isinstance(value, str) and "-" in value and is_valid(one, value))
        for one in keys
    )


def _on(judge: Callable[[tuple[bool, ...]], bool]) -> Callable[[Any, Any], bool]:
    """An operator over which keys are among the values.

    Source: kyverno v1.12.6 pkg/engine/variables/operator/anyin.go, allin.go, anynotin.go and
    allnotin.go: wildcards on either side, ranges, and lists written as JSON.
    """

    def operator(key: Any, value: Any) -> bool:
        found = _within(key, value)
        return found is not None and judge(found)

    return operator


def _compares(sign: str) -> Callable[[Any, Any], bool]:
    """Source: kyverno v1.12.6 pkg/engine/variables/operator/numeric.go."""

    def operator(key: Any, value: Any) -> bool:
        if isinstance(key, bool) or not isinstance(key, int | float | str):
            return False
        return isinstance(value, int | float | str) and is_valid(key, f"{sign}{value}")

    return operator


def _none_of(found: tuple[bool, ...]) -> bool:
    return not any(found)


def _not_all(found: tuple[bool, ...]) -> bool:
    return not all(found)


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equal": _equals,
    "Equals": _equals,
    "NotEqual": _not_equals,
    "NotEquals": _not_equals,
    "In": _on(all),
    "AnyIn": _on(any),
    "AllIn": _on(all),
    "NotIn": _on(_not_all),
    "AnyNotIn": _on(_not_all),
    "AllNotIn": _on(_none_of),
    **{name: _compares(sign) for name, sign in _NUMERIC.items()},
}
