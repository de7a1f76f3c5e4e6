"""What can go wrong, as exceptions.

::

    OveCapacityError            everything this package raises on purpose
    ├── ScenarioError           the input is wrong: every problem at once, each with its place
    ├── UnknownNameError        a cluster, node, VM or plugin that does not exist (in a call)
    └── AnswerError             the question cannot be answered for this case

Bad input is an exception with a place, "it does not fit" is a value, and a bug is an assertion.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "AnswerError",
    "OveCapacityError",
    "Problem",
    "ScenarioError",
    "UnknownNameError",
    "did_you_mean",
]

_SHOWN_PROBLEMS = 50
_SHOWN_NAMES = 12


class OveCapacityError(Exception):
    """Everything this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    message: str
    """A sentence without its full stop: ``must be at least 1 (got 0)``."""
    file: str = ""
    line: int = 0
    """From 1; 0: the file as a whole."""
    column: int = 0
    """From 1."""
    path: str = ""
    """Where in the document: ``events[0].maxUnavailable``."""
    suggestion: str = ""
    """What was probably meant: a name, without quotes."""

    @property
    def place(self) -> str:
        """``file:line:column``, as far as it is known."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    def __str__(self) -> str:
        # A change from the command line is placed by its path: told once.
        path = "" if self.place.endswith(f" {self.path}") else self.path
        where = ": ".join(part for part in (self.place, path) if part)
        hint = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{where} — {self.message}{hint}" if where else f"{self.message}{hint}"

    def to_dict(self) -> dict[str, str | int]:
        """For JSON output."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "message": self.message,
            "suggestion": self.suggestion,
        }


class ScenarioError(OveCapacityError):
    """What was handed in is wrong; `problems` are sorted by place."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        """Keep the problems, sorted by file, line and column, without repetitions."""
        given = (problems,) if isinstance(problems, Problem) else tuple(problems)
        assert given, "an error needs a problem"
        ordered = sorted(given, key=lambda p: (p.file, p.line, p.column, p.path, p.message))
        self.problems: tuple[Problem, ...] = tuple(dict.fromkeys(ordered))
        shown = [str(problem) for problem in self.problems[:_SHOWN_PROBLEMS]]
        if len(self.problems) > _SHOWN_PROBLEMS:
            shown.append(f"… and {len(self.problems) - _SHOWN_PROBLEMS} more")
        super().__init__("\n".join(shown))


class UnknownNameError(OveCapacityError, KeyError):
    """A name that nothing has; the message lists what there is."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Say what *kind* of thing *name* should have been, and which are *known*."""
        self.kind, self.name, self.known = kind, name, tuple(known)
        guess = did_you_mean(name, self.known)
        hint = f". Did you mean {guess!r}?" if guess else ""
        listed = ", ".join(self.known[:_SHOWN_NAMES]) or "none"
        if len(self.known) > _SHOWN_NAMES:
            listed += f" and {len(self.known) - _SHOWN_NAMES} more"
        self.message = f"unknown {kind} {name!r}; known: {listed}{hint}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class AnswerError(OveCapacityError):
    """The question cannot be answered for this case; the message says why."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name nearest to *name*, or "" when none is near."""
    candidates = sorted(set(known))
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    if name.casefold() in folded:
        return folded[name.casefold()]
    near = difflib.get_close_matches(name.casefold()[:200], sorted(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else ""
