"""JSON writes a character beyond the first 65,536 as a pair of escapes, YAML as one."""

from __future__ import annotations

import re
from bisect import bisect_right

__all__ = ["Shifts", "as_written", "with_whole_characters"]

_ESCAPE = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\.")
"""A pair of surrogates; or any other escape, so that a backslash escaped begins none."""

Shifts = dict[int, list[int]]
"""Line -> columns behind each character that JSON wrote as a pair of escapes, both from 0."""

_SHORTER = 2
"""Characters by which YAML's escape is shorter than JSON's pair."""


def with_whole_characters(text: str) -> tuple[str, Shifts]:
    """The text with JSON's pairs of escapes as YAML writes one character, and where they stood."""
    if "\\u" not in text or not text.lstrip().startswith(("{", "[", '"')):
        return text, {}
    ends: list[int] = []

    def whole(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        high, low = int(match[1], 16), int(match[2], 16)
        ends.append(match.end() - _SHORTER * (len(ends) + 1))
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    replaced = _ESCAPE.sub(whole, text)
    shifts: Shifts = {}
    line = begin = seen = 0
    for end in ends:
        line += replaced.count("\n", seen, end)
        begin = max(begin, replaced.rfind("\n", seen, end) + 1)
        seen = end
        shifts.setdefault(line, []).append(end - begin)
    return replaced, shifts


def as_written(shifts: Shifts, line: int, column: int) -> int:
    """The column, from 0, in the text as it was written."""
    return column + _SHORTER * bisect_right(shifts.get(line, ()), column)
