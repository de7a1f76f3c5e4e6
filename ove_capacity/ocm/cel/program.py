"""Compile an expression as upstream does, with upstream's words, and ask it about a cluster.

The evaluator is the Rust one: its grammar is upstream's own, so that syntax errors read alike. It
checks no types; of what upstream's type checker refuses, `operand_errors` knows the most common.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from ove_capacity.ocm.cel.functions import FUNCTIONS, NOT_MODELLED
from ove_capacity.ocm.cel.operands import operand_errors
from ove_capacity.ocm.cel.references import NAMESPACES, reference_errors

__all__ = ["Scores", "compile_error", "holds", "not_modelled"]

Scores = Callable[[str, str], list[dict[str, Any]]]
"""(cluster, AddOnPlacementScore) -> its scores; KeyError when there is none."""

_ERROR = re.compile(r"^ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_BEYOND_PARSER = {
    "unsupported syntax": "optional syntax",
    'msg: "Recursion': "nesting of more than 96 levels",
}
"""What the evaluator's parser refuses and cel-go reads, by the refusal; cel-go stops at 250."""


@cache
def _evaluator() -> Any:
    """The library, loaded when the first expression needs it: it takes a quarter of a second."""
    # It logs each failing function; a run-time error is an answer here.
    logging.getLogger("cel").addHandler(logging.NullHandler())
    return importlib.import_module("cel")


@cache
def _compiled(expression: str) -> tuple[Any, str]:
    """(program, what its compiler says)."""
    try:
        return _evaluator().compile(expression), ""
    except ValueError as error:
        return None, str(error).removeprefix(f"Failed to parse expression '{expression}': ")


def _beyond_parser(said: str) -> tuple[str, ...]:
    return tuple(what for sign, what in _BEYOND_PARSER.items() if sign in said)


def _lines_of(expression: str, errors: list[tuple[int, int, str]]) -> str:
    """Errors as cel-go prints them, each with its line and a caret."""
    lines = expression.split("\n")
    shown = []
    for line, column, message in sorted(errors, key=lambda each: each[:2]):
        source = (lines[line - 1] if line <= len(lines) else "").replace("\t", " ")
        before = "".join("." if c.isascii() else "．" for c in source[: column - 1])
        at = source[column - 1 : column]
        caret = "^" if not at or at.isascii() else "＾"
        shown.append(f"ERROR: <input>:{line}:{column}: {message}\n | {source}\n | {before}{caret}")
    return "\n".join(shown)


@cache
def compile_error(expression: str) -> str:
    """What upstream says of an expression that does not compile; empty when it does.

    Source: ocm v1.3.0-78 pkg/placement/helpers/cel.go, CELSelector.Compile; google/cel-go
    common/error.go, Error.ToDisplayString.
    """
    program, said = _compiled(expression)
    if program is None:
        if _beyond_parser(said):
            return ""
        found = [(int(line), int(at), text) for line, at, text in _ERROR.findall(said)]
        # The Rust parser adds a complaint of its own to some syntax errors.
        errors = [each for each in found if not each[2].startswith("Incomplete ")] or found
    else:
        errors = list(reference_errors(expression, program.references()))
        errors = errors or operand_errors(expression)
    return f"compilation failed: {_lines_of(expression, errors)}" if errors else ""


@cache
def not_modelled(expression: str) -> tuple[str, ...]:
    """What upstream would run of an expression and we do not, by name.

    Source: ours: what the evaluator lacks, and functions of the Kubernetes library that no
    Placement we know of uses.
    """
    program, said = _compiled(expression)
    if program is None:
        return _beyond_parser(said)
    used = program.references()
    found = [name for name in used["functions"] if name in NOT_MODELLED]
    return tuple(found) or tuple(name for name in used["variables"] if name in NAMESPACES)


def holds(expression: str, document: Mapping[str, Any], scores: Scores) -> bool:
    """Whether an expression is true of a ManagedCluster; a run-time error makes it false.

    Source: ocm v1.3.0-78 pkg/placement/helpers/cel.go, evaluateAllExpressions, isResultValid.
    """
    program, _ = _compiled(expression)
    if program is None or not_modelled(expression):
        return False

    def scores_of(cluster: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        return scores(cluster["metadata"]["name"], name)

    functions = {**FUNCTIONS, "scores": scores_of}
    context = _evaluator().Context({"managedCluster": document}, functions)
    try:
        return program.execute(context) is True
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
        return False
