"""Kubernetes quantities: ``"4Gi"``, ``"500m"``, ``0.5``, ``1e3``, exactly, never through a float.

A quantity has a value and a notation. The value is held in nano-units, the finest that the API
server keeps; what is finer is rounded up when it is read.

Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go and suffix.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

__all__ = ["NANO", "Notation", "Quantity", "QuantityError", "cpu_milli", "memory_bytes"]

NANO = 1_000_000_000
"""Nano-units in one unit."""

_LARGEST = (1 << 63) - 1
_GRAMMAR = re.compile(
    r"([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))", re.ASCII
)
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_EXPONENT_DIGITS = 3
_LONGEST = 1000
_SHOWN = 60


class QuantityError(ValueError):
    """The text is no quantity; the message is a sentence without a place."""


class Notation(Enum):
    """How a quantity is printed: with binary suffixes, decimal suffixes or an exponent."""

    BINARY = "BinarySI"
    DECIMAL = "DecimalSI"
    EXPONENT = "DecimalExponent"


def _ceil_div(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _number_text(number: float) -> str:
    """The shortest text of a number; a number too long to print is no quantity."""
    try:
        return repr(number)
    except ValueError:
        raise QuantityError("a number of so many digits is not a quantity") from None


@dataclass(frozen=True, slots=True, order=False)
class Quantity:
    """One exact amount of a resource."""

    nano: int
    """The value in nano-units."""
    notation: Notation = Notation.DECIMAL
    """How it was written, and so how it prints."""

    @classmethod
    def parse(cls, text: str | int | float) -> Self:
        """Read a quantity as the API server does: finer than nano rounds away from zero.

        Numbers are taken by their shortest text (``0.1`` is exactly one tenth). What exceeds 63
        bits is capped, decimal notation too, which upstream caps only in binary.

        Raises:
            QuantityError: the text is not a quantity, or has more digits than one can have.

        Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, ParseQuantity.
        """
        written = text if isinstance(text, str) else _number_text(text)
        shown = written if len(written) <= _SHOWN else written[:_SHOWN] + "…"
        match = _GRAMMAR.fullmatch(written) if len(written) <= _LONGEST else None
        if match is None or isinstance(text, bool):
            raise QuantityError(f"{shown!r} is not a quantity like 64Gi, 500m or 1.5")
        sign, digits, exponent, suffix = match.groups()
        whole, _, fraction = digits.partition(".")
        numerator = int((whole + fraction) or "0")
        if suffix in _BINARY:
            notation, shift, power = Notation.BINARY, _BINARY[suffix], 0
        elif exponent is not None:
            if len(exponent.lstrip("eE+-")) > _EXPONENT_DIGITS:
                raise QuantityError(f"{shown!r} has an exponent no quantity can have")
            notation, shift, power = Notation.EXPONENT, 0, int(exponent[1:])
        else:
            notation, shift, power = Notation.DECIMAL, 0, _DECIMAL[suffix or ""]
        power += 9 - len(fraction)
        numerator <<= shift
        nano = numerator * 10**power if power >= 0 else _ceil_div(numerator, 10**-power)
        nano = min(nano, _LARGEST * NANO)
        if nano < NANO and notation is Notation.BINARY:
            notation = Notation.DECIMAL
        return cls(-nano if sign == "-" else nano, notation)

    @classmethod
    def of(cls, units: int, notation: Notation = Notation.DECIMAL) -> Self:
        """An amount of whole units: bytes, cores, devices."""
        return cls(units * NANO, notation)

    @property
    def value(self) -> int:
        """Whole units, rounded up.

        Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, Value.
        """
        return _ceil_div(self.nano, NANO)

    @property
    def milli(self) -> int:
        """Thousandths, rounded up.

        Source: kubernetes/apimachinery v0.34.1 pkg/api/resource/quantity.go, MilliValue.
        """
        return _ceil_div(self.nano, NANO // 1000)

    def __add__(self, other: Quantity) -> Quantity:
        """Sum; the notation is the left one's, or the right one's if the left is zero."""
        return Quantity(self.nano + other.nano, self.notation if self.nano else other.notation)

    def __str__(self) -> str:
        """Canonical text: the largest suffix that leaves an integer."""
        if self.nano == 0:
            return "0"
        if self.notation is Notation.BINARY and abs(self.nano) >= 1024 * NANO:
            if self.nano % NANO == 0:
                return self._print_binary(self.nano // NANO)
            return Quantity(self.nano, Notation.DECIMAL)._print_decimal()
        return self._print_decimal()

    @staticmethod
    def _print_binary(units: int) -> str:
        for suffix, shift in reversed(_BINARY.items()):
            if units % (1 << shift) == 0:
                return f"{units >> shift}{suffix}"
        return str(units)

    def _print_decimal(self) -> str:
        for suffix, power in reversed(_DECIMAL.items()):
            unit = 10 ** (power + 9)
            if self.nano % unit == 0:
                if self.notation is Notation.EXPONENT and power:
                    return f"{self.nano // unit}e{power}"
                return f"{self.nano // unit}{suffix}"
        raise AssertionError("every nano value divides by one nano")


def cpu_milli(text: str | int | float) -> int:
    """CPU in milli-cores, rounded up to the milli; QuantityError as `Quantity.parse`."""
    return Quantity.parse(text).milli


def memory_bytes(text: str | int | float) -> int:
    """Memory in bytes, rounded up to the byte; QuantityError as `Quantity.parse`."""
    return Quantity.parse(text).value
