"""Why a pod found no node: values first, the sentence last.

Source: kubernetes v1.34.1 pkg/scheduler/framework/types.go, FitError.Error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["UNRESOLVABLE", "UNSCHEDULABLE", "Rejection", "histogram"]

UNSCHEDULABLE = "Unschedulable"
UNRESOLVABLE = "UnschedulableAndUnresolvable"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one node refused a pod."""

    node: int
    """Index of the node."""
    plugin: str
    code: str
    """Unschedulable: evicting pods might help; UnschedulableAndUnresolvable: it would not."""
    reasons: tuple[str, ...]
    """Upstream's own words, sorted."""


def histogram(nodes: int, reasons: Iterable[str]) -> str:
    """The sentence: ``0/12 nodes are available: 3 Too many pods, 9 Insufficient memory.``.

    The parts are sorted as strings, as upstream sorts them.
    """
    counts = Counter(reasons)
    parts = sorted(f"{count} {reason}" for reason, count in counts.items())
    return (
        f"0/{nodes} nodes are available: {', '.join(parts)}."
        if parts
        else (f"0/{nodes} nodes are available")
    )
