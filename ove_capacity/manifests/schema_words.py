"""Fields that a schema bounds, refused in the words of the API server."""

from __future__ import annotations

import re

from ove_capacity.manifests.fields import Fields, shown

__all__ = ["bounded", "matching", "one_of"]


def bounded(fields: Fields, key: str, default: int, least: int, most: int) -> int:
    """A whole number."""
    number = fields.whole(key, default)
    if number < least:
        fields.error(f"should be greater than or equal to {least} (got {number})", key)
    elif number > most:
        fields.error(f"should be less than or equal to {most} (got {number})", key)
    else:
        return number
    return default


def one_of(fields: Fields, key: str, known: tuple[str, ...], default: str = "") -> str:
    """A text of an enumeration; absent: the default."""
    value = fields.text(key, default)
    if value and value not in known:
        listed = ", ".join(f'"{each}"' for each in known)
        fields.error(f"unsupported value {shown(value)}: supported values: {listed}", key)
    return value


def matching(fields: Fields, key: str, pattern: re.Pattern[str]) -> str:
    """A text that matches the whole pattern; absent: empty."""
    value = fields.text(key)
    if key in fields and pattern.fullmatch(value) is None:
        fields.error(f"should match '^{pattern.pattern}$' (got {shown(value)})", key)
    return value
