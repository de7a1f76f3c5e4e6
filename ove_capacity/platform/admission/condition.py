"""Conditions of a policy: preconditions, and those by which it denies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.platform.admission.golang import with_floats
from ove_capacity.platform.admission.match import Request
from ove_capacity.platform.admission.operators import OPERATORS
from ove_capacity.platform.admission.variable import MISSING, is_understood, resolved

__all__ = ["are_met", "are_modelled", "message_of"]

_PLACES = ("any", "all")
"""In the order in which they are asked."""


def _block(conditions: Any) -> Mapping[str, Any] | None:
    """``{any: …, all: …}``; a list of conditions is one of ``all``. None: anything else.

    Source: kyverno v1.12.6 pkg/utils/api/json.go, ApiextensionsJsonToKyvernoConditions.
    """
    if conditions is None:
        return {}
    block = {"all": conditions} if isinstance(conditions, list) else conditions
    if not isinstance(block, Mapping) or not set(block) <= set(_PLACES):
        return None
    if not all(isinstance(each, list | None) for each in block.values()):
        return None
    return block if all(isinstance(each, Mapping) for each in _conditions(block)) else None


def _listed(block: Mapping[str, Any], key: str) -> list[Any]:
    return block.get(key) or []


def _conditions(block: Mapping[str, Any]) -> Iterator[Any]:
    for key in _PLACES:
        yield from _listed(block, key)


def are_modelled(conditions: Any) -> bool:
    """Whether every condition is of a known operator, and speaks of the object alone."""
    block = _block(conditions)
    return block is not None and all(
        isinstance(each.get("operator"), str)
        and each["operator"] in OPERATORS
        and is_understood(each.get("key"))
        and is_understood(each.get("value"))
        for each in _conditions(block)
    )


def are_met(conditions: Any, request: Request) -> bool | None:
    """Whether one of ``any`` and all of ``all`` hold, where these are there; none: they do.

    They are asked in order, and only until the answer stands. None: one that is asked names a
    variable without a value, or cannot be decided, which is an error of the rule.

    Source: kyverno v1.12.6 pkg/engine/variables/evaluate.go, evaluateAnyAllConditions;
    pkg/engine/internal/preconditions.go.
    """
    block = _block(conditions) or {}
    met = True
    if isinstance(block.get("any"), list):
        found = _first(block["any"], request, True)
        if found is None:
            return None
        met = found
    found = _first(_listed(block, "all"), request, False)
    return None if found is None else met and not found


def _first(conditions: list[Any], request: Request, wanted: bool) -> bool | None:
    """Whether one of them holds, or (wanted False) does not; None: an error comes before it."""
    for each in conditions:
        found = _holds(each, request)
        if found is None or found is wanted:
            return None if found is None else True
    return False


def _holds(condition: Mapping[str, Any], request: Request) -> bool | None:
    key, value = (resolved(condition.get(name), request) for name in ("key", "value"))
    if MISSING in (key, value):
        return None
    return OPERATORS[condition["operator"]](with_floats(key), with_floats(value))


def message_of(conditions: Any, request: Request) -> str:
    """What conditions that are met say of it: the first of ``any`` that holds, and all of ``all``.

    Source: kyverno v1.12.6 pkg/engine/variables/evaluate.go, evaluateAnyAllConditions and
    evaluateOldConditions, which joins without a space.
    """
    block = _block(conditions) or {}
    of_any = next((each for each in _listed(block, "any") if _holds(each, request)), None)
    held = [*([of_any] if of_any else []), *_listed(block, "all")]
    sign = ";" if isinstance(conditions, list) else "; "
    return sign.join(str(each["message"]) for each in held if each.get("message"))
