"""What will not work when it is needed: drains, migrations, scaling."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule

__all__ = ["OPERATIONS_RULES"]

OPERATIONS_RULES: tuple[Rule, ...] = ()
"""In the order of the modules that define them."""
