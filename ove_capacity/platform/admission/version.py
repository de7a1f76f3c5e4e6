"""Semantic versions, as conditions compare them."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["version_of"]

_NUMBER = "(0|[1-9][0-9]*)"
_PRE = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PRE}(?:\.{_PRE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_LONGEST = 200


def version_of(text: str) -> tuple[Any, ...] | None:
    """What versions are ordered by, builds left out; None: it is no version.

    Source: blang/semver v4.0.0 semver.go, Parse and Compare.
    """
    found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    *numbers, pre = found.groups()
    # A release stands above its pre-releases, a word above a number.
    parts = (
        tuple((0, int(each), "") if each.isdigit() else (1, 0, each) for each in pre.split("."))
        if pre
        else ()
    )
    return (*map(int, numbers), not pre, parts)
