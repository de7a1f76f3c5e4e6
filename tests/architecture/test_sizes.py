"""Files and functions stay small enough to be read in one sitting: a ratchet, not an amnesty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.architecture.source import (
    functions,
    modules_of_tests,
    package_modules,
    report,
)

FILE_LINES = 400
FUNCTION_LINES = 50

LARGE_FILES: dict[str, int] = {}
"""Path -> lines, for files that may be larger; none may grow."""

LONG_FUNCTIONS: dict[str, int] = {}
"""``path:qualified.name`` -> lines of its body without the docstring; none may grow."""


@dataclass(frozen=True)
class Size:
    """How long something is, and where it starts."""

    lines: int
    line: int = 1


def test_files_are_short() -> None:
    sizes = {m.path: Size(m.lines) for m in (*package_modules(), *modules_of_tests())}
    report(
        _ratchet(sizes, FILE_LINES, LARGE_FILES, "LARGE_FILES"),
        "split the file by subject, one noun or one rule each",
    )


def test_functions_are_short() -> None:
    sizes = {
        f"{function.path}:{function.qualified}": Size(function.body_lines, function.node.lineno)
        for module in (*package_modules(), *modules_of_tests())
        for function in functions(module)
    }
    report(
        _ratchet(sizes, FUNCTION_LINES, LONG_FUNCTIONS, "LONG_FUNCTIONS"),
        "push ifs up and loops down: give each part a name of its own",
    )


def test_the_ratchet_refuses_growth_and_what_is_no_longer_needed() -> None:
    lengths = {"new": 11, "grown": 21, "same": 20, "shrunk": 15, "healed": 9}
    sizes = {name: Size(lines) for name, lines in lengths.items()}
    allowed = dict.fromkeys(["grown", "same", "shrunk", "healed", "gone"], 20)
    assert [problem.split(":")[0] for problem in _ratchet(sizes, 10, allowed, "TABLE")] == [
        "new",
        "grown",
        "shrunk",
        "healed",
        "gone",
    ]


def _ratchet(
    sizes: Mapping[str, Size], limit: int, allowed: Mapping[str, int], table: str
) -> list[str]:
    problems = [
        f"{name}:{size.line}: {size.lines} lines; at most {allowed.get(name, limit)} are allowed"
        for name, size in sizes.items()
        if size.lines > allowed.get(name, limit)
    ]
    for name, bound in allowed.items():
        lines = sizes[name].lines if name in sizes else 0
        if lines <= limit:
            problems.append(f"{name}:1: {table} no longer needs to name it")
        elif lines < bound:
            problems.append(f"{name}:1: has shrunk to {lines} lines; lower {table} to that")
    return problems
