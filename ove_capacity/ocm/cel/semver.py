"""Semantic versions, as expressions compare them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

__all__ = ["SEMVER", "compare", "is_semver", "part", "semver"]

SEMVER = "@semver"
"""Key of the one-entry mapping that stands for a version within an expression."""

_NUMBER = "(0|[1-9][0-9]*)"
_PRE = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = "[0-9A-Za-z-]+"
_FORM = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PRE}(?:\.{_PRE})*))?(?:\+{_BUILD}(?:\.{_BUILD})*)?"
)
_LARGEST = (1 << 64) - 1


@cache
def _parsed(text: str) -> tuple[tuple[int, int, int], str]:
    match = _FORM.fullmatch(text)
    if match is None or any(int(number) > _LARGEST for number in match.groups()[:3]):
        raise ValueError(f"{text!r} is no semantic version")
    major, minor, patch, pre = match.groups()
    return (int(major), int(minor), int(patch)), pre or ""


def _normalized(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for index, each in enumerate(parts):
        if len(each) > 1:
            bare = each.lstrip("0")
            parts[index] = bare if bare[:1].isdigit() else "0" + bare
    if len(parts) < 3 and any(sign in parts[-1] for sign in "+-"):
        raise ValueError("a short version cannot have a pre-release or build")
    return ".".join(parts + ["0"] * (3 - len(parts)))


def semver(text: str, normalize: bool = False) -> dict[str, str]:
    """A version; ValueError when it is none, and a leading ``v`` makes it none.

    Source: kubernetes/apiserver pkg/cel/library/semverlib.go, stringToSemver, normalizeAndParse,
    as vendored by ocm v1.3.0-78.
    """
    (major, minor, patch), pre = _parsed(_normalized(text) if normalize else text)
    return {SEMVER: f"{major}.{minor}.{patch}" + (f"-{pre}" if pre else "")}


def is_semver(text: str, normalize: bool = False) -> bool:
    """Whether the text is a version.

    Source: kubernetes/apiserver pkg/cel/library/semverlib.go, isSemver, as vendored by ocm
    v1.3.0-78.
    """
    try:
        semver(text, normalize)
    except ValueError:
        return False
    return True


def _rank(pre: str) -> tuple[Any, ...]:
    """A release stands above its pre-releases, a word above a number."""
    if not pre:
        return (1,)
    parts = pre.split(".")
    return (0, tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts))


def compare(left: dict[str, str], right: dict[str, str]) -> int:
    """-1, 0 or 1.

    Source: blang/semver v4 semver.go, Version.Compare.
    """
    (a, a_pre), (b, b_pre) = _parsed(left[SEMVER]), _parsed(right[SEMVER])
    one, other = (a, _rank(a_pre)), (b, _rank(b_pre))
    return (one > other) - (one < other)


def part(version: dict[str, str], index: int) -> int:
    """Its major (0), minor (1) or patch (2) number.

    Source: kubernetes/apiserver pkg/cel/library/semverlib.go, semverMajor, as vendored by ocm
    v1.3.0-78.
    """
    return _parsed(version[SEMVER])[0][index]
