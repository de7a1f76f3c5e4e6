"""The good practices an architecture names, with evidence for or against."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule

__all__ = ["PRACTICE_RULES"]

PRACTICE_RULES: tuple[Rule, ...] = ()
"""In the order of the modules that define them."""
