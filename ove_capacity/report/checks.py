"""What rules found, and which rules there are, as text of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from ove_capacity.checks import RULES, Checked, Finding

__all__ = ["checked_text", "rules_document", "rules_text"]

_WIDTH = 100
_INDENT = "    "
_SHOWN_ALIKE = 3
"""Findings that say the same in one file; JSON has all of them."""


def checked_text(checked: Checked) -> str:
    """Findings by file, each with its consequence and its repair."""
    parts = [f"{checked.name}: {checked.headline}"]
    for file, found in groupby(checked.findings, key=lambda each: each.problem.file):
        parts.append("\n".join([file or "(no file)", *_few_of_each(found)]))
    return "\n\n".join(parts)


def _few_of_each(findings: Iterable[Finding]) -> Iterator[str]:
    """The findings, but of those that say the same only the first few."""
    alike: Counter[tuple[str, str]] = Counter()
    for each in findings:
        key = (each.rule, each.problem.message)
        alike[key] += 1
        if alike[key] <= _SHOWN_ALIKE:
            yield _told(each)
    for (rule, message), count in alike.items():
        if count > _SHOWN_ALIKE:
            more = f"{count - _SHOWN_ALIKE} more here by [{rule}]: {message}"
            yield from _wrapped(f"… and {more}", "  ")


def _told(found: Finding) -> str:
    problem = found.problem
    place = f"{problem.line}:{problem.column}" if problem.line else ""
    lines = _wrapped(f"{place} {found.severity} [{found.rule}] {found.message}".strip(), "  ")
    if found.consequence:
        lines += _wrapped(f"→ {found.consequence}", _INDENT)
    if found.repair:
        lines += _wrapped(f"repair: {found.repair}", _INDENT)
    return "\n".join(lines)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def rules_document() -> dict[str, object]:
    """Every rule, for JSON output."""
    rules = [RULES.get(each) for each in RULES]
    return {
        "rules": [
            {
                "id": rule.id,
                "severity": str(rule.severity),
                "title": rule.title,
                "docs": rule.docs,
            }
            for rule in rules
        ]
    }


def rules_text() -> str:
    """Every rule with what it looks for and why that matters."""
    rules = [RULES.get(each) for each in RULES]
    parts = []
    for rule in rules:
        lines = [f"{rule.id} ({rule.severity}): {rule.title}"]
        for paragraph in rule.docs.split("\n\n"):
            lines += _wrapped(" ".join(paragraph.split()), _INDENT)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
