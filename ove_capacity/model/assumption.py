"""A number that was not read from the input: where it came from, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Assumption", "Evidence"]


class Evidence(StrEnum):
    """How a number is known."""

    MEASURED = "measured"
    """Read off running systems or their code, executed."""
    DOCUMENTED = "documented"
    """Published by the vendor or upstream."""
    ASSUMED = "assumed"
    """Chosen by us; replace it with your own."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One value with its source."""

    name: str
    """Dotted, units last: ``node.system_reserved.memory_bytes``."""
    value: str
    """As a person reads it: ``1Gi``."""
    source: str
    evidence: Evidence
    applies_to: str = ""
    """Cluster, pool or workload that used it; empty: all."""
