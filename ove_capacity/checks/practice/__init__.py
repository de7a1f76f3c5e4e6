"""The reference architecture's own best practices, with what shows that they are followed."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule
from ove_capacity.checks.practice.capacity import CAPACITY_RULES
from ove_capacity.checks.practice.network import NETWORK_RULES
from ove_capacity.checks.practice.recovery import RECOVERY_RULES

__all__ = ["PRACTICE_RULES"]

PRACTICE_RULES: tuple[Rule, ...] = (*CAPACITY_RULES, *NETWORK_RULES, *RECOVERY_RULES)
"""In the order of the modules that define them."""
