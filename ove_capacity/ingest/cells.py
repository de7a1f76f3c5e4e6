"""The text of a cell -> what it says; exports write numbers and booleans as text, too."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

__all__ = ["BadCellError", "family_of", "is_true", "power_of", "whole"]

_LARGEST = 10**12
_GROUPED = re.compile(r"\d{1,3}([,'’ \u00a0\u202f])\d{3}(?:\1\d{3})*", re.ASCII)
_SHOWN = 40

_ON = frozenset(("poweredon", "on", "powered on", "running"))
_OFF = frozenset(("poweredoff", "off", "powered off", "stopped"))

_FAMILIES = (
    ("windows", "windows"),
    ("red hat enterprise linux", "rhel"),
    ("rhel", "rhel"),
    ("centos", "centos"),
    ("rocky", "rocky"),
    ("almalinux", "almalinux"),
    ("oracle linux", "oracle-linux"),
    ("fedora", "fedora"),
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
    ("suse", "suse"),
    ("sles", "suse"),
    ("amazon linux", "amazon-linux"),
    ("photon", "photon"),
    ("coreos", "coreos"),
    ("freebsd", "freebsd"),
    ("solaris", "solaris"),
    ("macos", "macos"),
    ("linux", "linux"),
)
"""What an operating system's name contains -> its family; the first that fits."""


class BadCellError(ValueError):
    """A cell that says nothing usable; the message is a sentence without its place."""


def whole(text: str, what: str) -> int | None:
    """A whole number that is not negative; None for an empty cell.

    Raises:
        BadCellError: it is anything else.
    """
    if not text:
        return None
    plain = text
    grouped = _GROUPED.fullmatch(text)
    if grouped is not None:
        plain = text.replace(grouped[1], "")
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    try:
        number = Decimal(plain) if len(plain) <= _SHOWN else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadCellError(f"{what} is no number (got {shown!r})")
    if number < 0 or number > _LARGEST or number != number.to_integral_value():
        raise BadCellError(f"{what} must be a whole number of no more than 12 digits (got {shown})")
    return int(number)


def is_true(text: str) -> bool:
    """Whether a cell says yes: exports write 'True', 'TRUE', 1 or 'yes'."""
    return text.casefold() in ("true", "1", "yes")


def power_of(text: str) -> str:
    """``on``, ``off``, ``suspended``, or "" when the cell says nothing we know."""
    folded = text.casefold()
    if folded in _ON:
        return "on"
    if folded in _OFF:
        return "off"
    return "suspended" if folded == "suspended" else ""


def family_of(*names: str) -> str:
    """The family of an operating system, by the first name that is not empty."""
    name = next((each for each in names if each), "").casefold()
    return next((family for part, family in _FAMILIES if part in name), "other")
