"""Where two JSON values differ first, told in one line."""

from __future__ import annotations

import json
from typing import Any

SHOWN = 300


def shown(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def first_difference(expected: Any, ours: Any, path: str = "") -> str | None:
    """The first place, in sorted order, where *ours* is not what is expected; None if nowhere."""
    if isinstance(expected, dict) and isinstance(ours, dict):
        for key in sorted(expected.keys() | ours.keys()):
            where = f"{path}.{key}" if path else key
            if key not in ours:
                return f"{where}: missing, expected {shown(expected[key])}"
            if key not in expected:
                return f"{where}: {shown(ours[key])} is not expected"
            found = first_difference(expected[key], ours[key], where)
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(ours, list):
        for index, (left, right) in enumerate(zip(expected, ours, strict=False)):
            found = first_difference(left, right, f"{path}[{index}]")
            if found:
                return found
        if len(expected) != len(ours):
            return f"{path}: {len(ours)} items, expected {len(expected)}: {shown(expected)}"
        return None
    if type(expected) is type(ours) and expected == ours:
        return None
    return f"{path}: {shown(ours)}, expected {shown(expected)}"
