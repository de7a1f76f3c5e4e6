"""Durations: ``"10m"``, ``"24h0m0s"``, ``"2d4h"`` <-> int milliseconds, never through a float.

The grammar is Go's, plus ``d`` for days of 24 hours.

Source: go1.24 src/time/format.go, ParseDuration; the days are ours.
"""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "LONGEST_MS",
    "MINUTE_MS",
    "SECOND_MS",
    "format_duration",
    "parse_duration",
    "rough_duration",
]

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

LONGEST_MS = ((1 << 63) - 1) // 1_000_000
"""What Go's duration can hold, about 292 years."""

_UNITS_MS = {
    "ns": Fraction(1, 1_000_000),
    "us": Fraction(1, 1000),
    "µs": Fraction(1, 1000),
    "μs": Fraction(1, 1000),
    "ms": Fraction(1),
    "s": Fraction(SECOND_MS),
    "m": Fraction(MINUTE_MS),
    "h": Fraction(HOUR_MS),
    "d": Fraction(DAY_MS),
}
_LONGEST_TEXT = 100
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_SHOWN = (("d", DAY_MS), ("h", HOUR_MS), ("m", MINUTE_MS), ("s", SECOND_MS), ("ms", 1))


def parse_duration(text: str) -> int:
    """A duration in milliseconds.

    Raises:
        ValueError: with a sentence: not a duration, negative, no whole number of milliseconds, or
            longer than 292 years.
    """
    shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    written = text.strip().removeprefix("+")
    if written.startswith("-") and _is_duration(written[1:]):
        raise ValueError(f"{shown!r} is negative; a duration here is not")
    if not _is_duration(written):
        hint = " (a unit is missing)" if written.replace(".", "", 1).isdecimal() else ""
        raise ValueError(f"{shown!r} is not a duration like 10m, 1.5h or 2d4h{hint}")
    if written == "0":
        return 0
    total = sum(
        (Fraction(number) * _UNITS_MS[unit] for number, unit in _PART.findall(written)),
        Fraction(0),
    )
    if total > LONGEST_MS:
        raise ValueError(f"{shown!r} is longer than 292 years")
    if total.denominator != 1:
        raise ValueError(f"{shown!r} is no whole number of milliseconds")
    return int(total)


def format_duration(ms: int) -> str:
    """The shortest text that `parse_duration` reads back: ``2d4h``, ``1m30s``, ``0s``."""
    if ms < 0:
        return "-" + format_duration(-ms)
    parts = []
    for unit, unit_ms in _SHOWN:
        count, ms = divmod(ms, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def rough_duration(ms: int) -> str:
    """The two largest units, in whole seconds, from an hour on in whole minutes: ``1d4h``."""
    unit_ms = MINUTE_MS if ms >= HOUR_MS else SECOND_MS if ms >= SECOND_MS else 1
    parts = _PART.findall(format_duration(ms - ms % unit_ms))
    return "".join(f"{count}{unit}" for count, unit in parts[:2])


def _is_duration(text: str) -> bool:
    return text == "0" or (len(text) <= _LONGEST_TEXT and _WHOLE.fullmatch(text) is not None)
