"""What a rule is, and what it finds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ove_capacity.checks.subject import Subject
from ove_capacity.errors import Problem

__all__ = ["Finding", "Rule", "Severity"]


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Something that is written does not happen: refused, ignored or never running."""
    WARNING = "warning"
    """It happens, and costs capacity or surprises."""
    INFO = "info"
    """Worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found."""

    problem: Problem
    """What is wrong, and where."""
    consequence: str = ""
    """What that does to capacity: ``240 VMs stay Pending``."""
    repair: str = ""
    """What to write instead, when there is something."""
    severity: Severity | None = None
    """None: as the rule says."""
    clusters: tuple[str, ...] = ()
    """Those it is about; none: those that list its file, or all of them."""
    rule: str = ""
    """Id of the rule; filled in for it."""

    @property
    def message(self) -> str:
        """What is wrong, with the path of the field and what was probably meant."""
        said = self.problem.message
        if self.problem.suggestion:
            said += f"; did you mean {self.problem.suggestion!r}?"
        return f"{self.problem.path}: {said}" if self.problem.path else said

    def to_dict(self) -> dict[str, str | int]:
        """For JSON output; *repair* only where there is one."""
        found: dict[str, str | int] = {
            "rule": self.rule,
            "severity": str(self.severity or ""),
            "file": self.problem.file,
            "line": self.problem.line,
            "column": self.problem.column,
            "message": self.message,
            "consequence": self.consequence,
        }
        if self.repair:
            found["repair"] = self.repair
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for; its docstring says why it matters and where that is written."""

    id: str
    """As ``--rule`` takes it: ``schema-wrong-type``."""
    title: str
    """One line for ``--list``."""
    severity: Severity
    """Of its findings, unless one says otherwise."""
    find: Callable[[Subject], Iterator[Finding]]

    @property
    def docs(self) -> str:
        """Why it matters, with its source."""
        return inspect.getdoc(self.find) or ""
