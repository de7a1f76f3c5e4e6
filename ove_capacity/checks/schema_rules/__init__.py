"""What an API server makes of each object by itself: fields pruned, values refused."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule

__all__ = ["SCHEMA_RULES"]

SCHEMA_RULES: tuple[Rule, ...] = ()
"""In the order of the modules that define them."""
