"""Numbers that do not add up: counts, limits, addresses, storage."""

from __future__ import annotations

from ove_capacity.checks.arithmetic.address import ADDRESS_RULES
from ove_capacity.checks.arithmetic.budget import BUDGET_RULES
from ove_capacity.checks.arithmetic.limit_range import LIMIT_RANGE_RULES
from ove_capacity.checks.arithmetic.machines import MACHINE_RULES
from ove_capacity.checks.finding import Rule

__all__ = ["ARITHMETIC_RULES"]

ARITHMETIC_RULES: tuple[Rule, ...] = (
    *ADDRESS_RULES,
    *BUDGET_RULES,
    *LIMIT_RANGE_RULES,
    *MACHINE_RULES,
)
"""In the order of the modules that define them."""
