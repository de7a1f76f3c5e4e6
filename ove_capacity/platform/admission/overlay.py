"""A resource against a pattern tree with anchors.

``(key)`` applies the rest only where it matches, ``<(key)`` the whole rule; ``=(key)`` holds when
the key is there, ``X(key)`` forbids it, ``^(key)`` wants one element of a list that matches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ove_capacity.platform.admission.scalar import is_valid
from ove_capacity.platform.admission.wildcard import has_wildcard, is_like

__all__ = ["Match", "Outcome", "matched"]

_ANCHOR = re.compile(r"([+<=X^])?\((.+)\)")
_FIRST_PHASE = ("", "^", "=", "X")
"""Anchors that are looked at before the other keys of their mapping."""
_COUNTED = ("", "^", "X")
_DEEPEST = 200


class Outcome(StrEnum):
    """What a rule says of a resource."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"
    """It could not be decided; with failurePolicy Fail that refuses, too."""
    UNMODELLED = "unmodelled"


@dataclass(frozen=True, slots=True)
class Match:
    """How a resource compares with a pattern."""

    outcome: Outcome
    path: str = ""
    """Where they part: ``/metadata/labels/owner/``."""
    why: str = ""
    """What failed before they were compared."""


@dataclass(frozen=True, slots=True)
class _Difference:
    """Where and how a part of the resource is not as the pattern."""

    path: str
    kind: str = "differs"
    """differs, skips (of a conditional or global anchor) or forbidden (of a negation)."""
    combined: bool = False
    """Whether it sums up what stands below, instead of coming from an anchor right here."""


class _PanicError(Exception):
    """Upstream's process ends here, as it does of labels and annotations that are no texts."""


@dataclass(slots=True)
class _Seen:
    """Anchored keys of the pattern -> whether the resource ever had them."""

    keys: dict[str, bool] = field(default_factory=dict)

    def note(self, pattern: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
        for key in pattern:
            kind, name = _anchor(key)
            if kind in _COUNTED:
                self.keys[key] = self.keys.get(key, False) or name in resource

    @property
    def is_any_missing(self) -> bool:
        return any(not seen and _anchor(key)[0] != "X" for key, seen in self.keys.items())


@lru_cache(maxsize=1024)
def _anchor(key: str) -> tuple[str | None, str]:
    """(modifier, name); the modifier is None when there is no anchor, "" for a plain ``(key)``.

    ``+(key)`` is for mutation: here it is a name like any other.
    """
    found = _ANCHOR.fullmatch(key.strip())
    return (None, key) if found is None or found[1] == "+" else (found[1] or "", found[2])


def matched(resource: Mapping[str, Any], pattern: Any) -> Match:
    """Compare a whole resource with the pattern of a rule.

    Source: kyverno v1.12.6 pkg/engine/validate/validate.go, MatchPattern; pkg/engine/anchor/
    handlers.go, anchormap.go and error.go.
    """
    seen = _Seen()
    try:
        found = _element(resource, pattern, "/", seen)
    except _PanicError:
        return Match(Outcome.ERROR)
    if found is None:
        return Match(Outcome.PASS)
    if found.kind == "skips":
        return Match(Outcome.SKIP, found.path)
    undecided = not found.path or (found.kind != "forbidden" and seen.is_any_missing)
    return Match(Outcome.ERROR if undecided else Outcome.FAIL, found.path)


def _element(resource: Any, pattern: Any, path: str, seen: _Seen) -> _Difference | None:
    if path.count("/") > _DEEPEST:
        return _Difference("")
    if isinstance(pattern, dict):
        if not isinstance(resource, dict):
            return _Difference(path)
        seen.note(pattern, resource)
        return _mapping(resource, pattern, path, seen)
    if isinstance(pattern, list):
        if not isinstance(resource, list):
            return _Difference(path)
        return _list(resource, pattern, path, seen)
    values = resource if isinstance(resource, list) else [resource]
    return None if all(is_valid(each, pattern) for each in values) else _Difference(path)


def _mapping(
    resource: Mapping[str, Any], pattern: Mapping[str, Any], path: str, seen: _Seen
) -> _Difference | None:
    """Anchors first, each in the order of its text; then what they let through."""
    pattern = _expanded(pattern, resource)
    first = sorted(key for key in pattern if _anchor(key)[0] in _FIRST_PHASE)
    skipped: list[_Difference] = []
    applied = 0
    for key in first:
        found = _key(resource, key, pattern[key], path, seen)
        if found is None:
            applied += 1
        elif found.kind == "skips":
            skipped.append(found)
        elif all(each.combined for each in skipped):
            return found
    if skipped and (not applied or any(not each.combined for each in skipped)):
        return _Difference(path, "skips", combined=True)
    rest = sorted(key for key in pattern if key not in first)
    # Stable: global anchors and keys with anchors below come first, as upstream pushes them.
    ahead = [each for each in rest if _leads(each, pattern)] if len(rest) > 1 else []
    for key in [*reversed(ahead), *(each for each in rest if each not in ahead)]:
        found = _key(resource, key, pattern[key], path, seen)
        if found is not None:
            return found
    return None


def _leads(key: str, pattern: Mapping[str, Any]) -> bool:
    return _anchor(key)[0] == "<" or _has_anchors(pattern[key])


def _has_anchors(pattern: Any) -> bool:
    if isinstance(pattern, dict):
        kinds = (*_FIRST_PHASE, "<")
        return any(_anchor(key)[0] in kinds or _has_anchors(pattern[key]) for key in pattern)
    return isinstance(pattern, list) and any(map(_has_anchors, pattern))


def _key(
    resource: Mapping[str, Any], key: str, pattern: Any, path: str, seen: _Seen
) -> _Difference | None:
    kind, name = _anchor(key)
    here, there = f"{path}{name}/", name in resource
    match kind:
        case "X":
            return _Difference(here, "forbidden") if there else None
        case "=":
            return _element(resource[name], pattern, here, seen) if there else None
        case "" | "<":
            if not there:
                return _Difference(here, "skips") if kind == "" else None
            found = _element(resource[name], pattern, here, seen)
            return None if found is None else _Difference(found.path, "skips")
        case "^":
            return _existence(resource[name], pattern, here, seen) if there else None
        case _:
            if pattern == "*" and isinstance(pattern, str):
                return None if resource.get(name) is not None else _Difference(path)
            return _element(resource.get(name), pattern, here, seen)


def _existence(resource: Any, pattern: Any, path: str, seen: _Seen) -> _Difference | None:
    """Each element of the pattern must be matched by some element of the list."""
    if not isinstance(resource, list) or not isinstance(pattern, list):
        return _Difference(path)
    for wanted in pattern:
        if not isinstance(wanted, dict):
            return _Difference(path)
        if all(
            _element(each, wanted, f"{path}{index}/", seen) is not None
            for index, each in enumerate(resource)
        ):
            return _Difference(path)
    return None


def _list(resource: list[Any], pattern: list[Any], path: str, seen: _Seen) -> _Difference | None:
    """One mapping stands for every element; several lists are compared one by one."""
    if not pattern:
        return _Difference(path)
    if not isinstance(pattern[0], dict | list):
        return _element(resource, pattern[0], path, seen)
    if isinstance(pattern[0], dict):
        pairs = [(each, pattern[0]) for each in resource]
    elif len(resource) < len(pattern):
        return _Difference("")
    else:
        pairs = list(zip(resource, pattern, strict=False))
    applied, skipped = 0, 0
    for index, (each, wanted) in enumerate(pairs):
        found = _element(each, wanted, f"{path}{index}/", seen)
        if found is not None and found.kind != "skips":
            return found
        applied += found is None
        skipped += found is not None
    return _Difference(path, "skips", combined=True) if skipped and not applied else None


def _expanded(pattern: Mapping[str, Any], resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pattern with wildcards in keys of labels and annotations replaced by what is there.

    Source: kyverno v1.12.6 pkg/engine/wildcards/wildcards.go, ExpandInMetadata; of several names
    that a wildcard matches upstream takes any, here it is the first.
    """
    tag = next((key for key in pattern if _anchor(key)[1] == "metadata"), "")
    metadata, own = pattern.get(tag), resource.get("metadata")
    if metadata is None or own is None:
        return pattern
    if not isinstance(metadata, dict):
        raise _PanicError
    changed = dict(metadata)
    for key, wanted in metadata.items():
        name = _anchor(key)[1]
        if name in ("labels", "annotations") and (patterns := _texts(wanted)) is not None:
            there = _texts(own.get(name)) if isinstance(own, dict) else None
            if there is not None:
                names = sorted(there)
                changed[key] = {_named(each, names): value for each, value in patterns.items()}
    return {**pattern, tag: changed}


def _texts(value: Any) -> Mapping[str, str] | None:
    """A mapping of texts; None: it is no mapping."""
    if not isinstance(value, dict):
        return None
    if not all(isinstance(each, str) for each in value.values()):
        raise _PanicError
    return value


def _named(key: str, names: list[str]) -> str:
    """The first label that a key with wildcards matches, in the same anchor."""
    if not has_wildcard(key):
        return key
    kind, name = _anchor(key)
    found = next((each for each in names if is_like(name, each)), name)
    return found if kind is None else f"{kind}({found})"
