"""What goes wrong in operation: drains, migrations, scaling, health checks."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule
from ove_capacity.checks.operations.apart import APART_RULES
from ove_capacity.checks.operations.guest import GUEST_RULES
from ove_capacity.checks.operations.migration import MIGRATION_RULES
from ove_capacity.checks.operations.pinning import PINNING_RULES
from ove_capacity.checks.operations.scaling import SCALING_RULES

__all__ = ["OPERATIONS_RULES"]

OPERATIONS_RULES: tuple[Rule, ...] = (
    *APART_RULES,
    *GUEST_RULES,
    *MIGRATION_RULES,
    *PINNING_RULES,
    *SCALING_RULES,
)
"""In the order of the modules that define them."""
