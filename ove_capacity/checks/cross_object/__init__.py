"""What objects say of each other: names, selectors, devices, releases that pair."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule

__all__ = ["CROSS_OBJECT_RULES"]

CROSS_OBJECT_RULES: tuple[Rule, ...] = ()
"""In the order of the modules that define them."""
