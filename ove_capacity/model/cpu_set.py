"""Sets of CPUs, and of NUMA cells, as bit masks: bit *i* is CPU, or cell, *i*.

An ``int`` is a set that can be hashed, intersected and counted at the speed of the processor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["CpuSetError", "cpu_mask", "cpu_set_text", "cpus_of", "mask_of"]

_PART = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_SHOWN = 60


class CpuSetError(ValueError):
    """The text is no set of CPUs; the message is a sentence without a place."""


def mask_of(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def cpus_of(mask: int) -> Iterator[int]:
    """The numbers of a set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def cpu_mask(text: str) -> int:
    """The set that ``0-3,40`` names; the empty text is the empty set.

    Raises:
        CpuSetError: the text is no such list.

    Source: kubernetes/utils 4c0f3b243397 cpuset/cpuset.go, Parse.
    """
    mask = 0
    for part in text.strip().split(",") if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        first, last = (match[1], match[2] or match[1]) if match else ("1", "0")
        if int(last) < int(first):
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            raise CpuSetError(f"{shown!r} is not a set of CPUs like 0-3,40")
        mask |= (1 << int(last) + 1) - (1 << int(first))
    return mask


def cpu_set_text(mask: int) -> str:
    """``0-3,40``: ascending, neighbours joined.

    Source: kubernetes/utils 4c0f3b243397 cpuset/cpuset.go, String.
    """
    parts = []
    while mask:
        first = (mask & -mask).bit_length() - 1
        run = ((mask >> first) ^ ((mask >> first) + 1)).bit_length() - 1
        parts.append(str(first) if run == 1 else f"{first}-{first + run - 1}")
        mask &= ~((1 << first + run) - 1)
    return ",".join(parts)
