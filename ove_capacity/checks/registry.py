"""Every rule by its id: those in the tree, and those that other packages bring."""

from __future__ import annotations

from ove_capacity.checks.arithmetic import ARITHMETIC_RULES
from ove_capacity.checks.cross_object import CROSS_OBJECT_RULES
from ove_capacity.checks.finding import Rule
from ove_capacity.checks.operations import OPERATIONS_RULES
from ove_capacity.checks.practice import PRACTICE_RULES
from ove_capacity.checks.reading import READING_RULES
from ove_capacity.checks.schema_rules import SCHEMA_RULES
from ove_capacity.registry import Registry

__all__ = ["RULES"]

_IN_TREE = (
    *READING_RULES,
    *SCHEMA_RULES,
    *CROSS_OBJECT_RULES,
    *ARITHMETIC_RULES,
    *OPERATIONS_RULES,
    *PRACTICE_RULES,
)

RULES: Registry[Rule] = Registry(
    "rule", {rule.id: rule for rule in _IN_TREE}, group="ove_capacity.rules"
)
"""Id -> rule. From another package: an entry point; from a notebook: ``oc.rules.add(id, rule)``."""

assert len(_IN_TREE) == len({rule.id for rule in _IN_TREE}), "two rules have one id"
