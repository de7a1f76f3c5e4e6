"""What each object comes to by itself: fields pruned, values refused, keys no plugin reads."""

from __future__ import annotations

from ove_capacity.checks.finding import Rule
from ove_capacity.checks.schema_rules.cni import CNI_RULES
from ove_capacity.checks.schema_rules.fields import FIELD_RULES
from ove_capacity.checks.schema_rules.kinds import KIND_RULES
from ove_capacity.checks.schema_rules.values import VALUE_RULES

__all__ = ["SCHEMA_RULES"]

SCHEMA_RULES: tuple[Rule, ...] = (*FIELD_RULES, *KIND_RULES, *VALUE_RULES, *CNI_RULES)
"""In the order of the modules that define them."""
