"""``*`` and ``?`` in names and values."""

from __future__ import annotations

__all__ = ["has_wildcard", "is_like"]


def has_wildcard(text: str) -> bool:
    """Whether a text holds ``*`` or ``?``.

    Source: kyverno v1.12.6 ext/wildcard/utils.go, ContainsWildcard.
    """
    return "*" in text or "?" in text


def is_like(pattern: str, text: str) -> bool:
    """Whether a text matches: ``*`` stands for any characters or none, ``?`` for exactly one.

    Source: IGLOU-EU/go-wildcard v1.0.3 wildcard.go, Match, as kyverno v1.12.6
    ext/wildcard/match.go calls it.
    """
    if not has_wildcard(pattern):
        return pattern == text
    at, star, resume = 0, -1, 0
    position = 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:  # let the last star stand for one character more
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")
