"""Label selectors and node selector terms: values that match labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "EVERYTHING",
    "LabelSelector",
    "Labels",
    "NodeSelectorTerm",
    "Requirement",
    "int64_of",
    "is_label_value",
]

Labels = Mapping[str, str]

_INT64 = re.compile(r"[+-]?\d+", re.ASCII)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LONGEST_LABEL_VALUE = 63


def is_label_value(text: str) -> bool:
    """Whether the text may be a label's value; of numbers, those without a sign.

    Source: kubernetes/apimachinery v0.34.1 pkg/util/validation/validation.go, IsValidLabelValue.
    """
    return len(text) <= _LONGEST_LABEL_VALUE and _LABEL_VALUE.fullmatch(text) is not None


def int64_of(text: str) -> int | None:
    """The whole number that the text is, None when it is none or needs more than 64 bits.

    Source: Go strconv.ParseInt with base 10.
    """
    if _INT64.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One expression over one label key."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist; for nodes also Gt and Lt."""
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy it; NotIn and DoesNotExist match an absent key.

        An unknown operator matches nothing.

        Source: kubernetes/apimachinery v0.34.1 pkg/labels/selector.go, Requirement.Matches.
        """
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                return value is not None and self._compares(value)
            case _:
                return False

    def _compares(self, value: str) -> bool:
        left = int64_of(value)
        right = int64_of(self.values[0]) if len(self.values) == 1 else None
        if left is None or right is None:
            return False
        return left > right if self.operator == "Gt" else left < right


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; none at all matches everything.

    ``matchLabels`` are read as ``In`` with one value. An absent selector is ``None`` where it
    occurs, and matches nothing there.
    """

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


EVERYTHING = LabelSelector()
"""The empty selector."""


@dataclass(frozen=True, slots=True)
class NodeSelectorTerm:
    """One term of node affinity: label and field expressions, all of which must hold."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()
