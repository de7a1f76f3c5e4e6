"""What loading itself complained about, as findings among the others."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Subject

__all__ = ["READING_RULES"]


def _unreadable(subject: Subject) -> Iterator[Finding]:
    """A file that cannot be read, or a field that cannot be understood, stops every answer.

    Source: ours; each reader says what it expected.
    """
    for problem in subject.problems.errors:
        yield Finding(problem, consequence="no other verb answers until this is repaired")


def _odd(subject: Subject) -> Iterator[Finding]:
    """What was read in another way than one might think, or set aside.

    Source: ours; the same sentences stand as warnings below every answer.
    """
    for problem in subject.problems.warnings:
        if problem.file:
            yield Finding(problem)


READING_RULES = (
    Rule("unreadable", "Files and fields that cannot be read", Severity.ERROR, _unreadable),
    Rule("read-with-care", "What was set aside or read in a special way", Severity.INFO, _odd),
)
"""Complaints of loading."""
