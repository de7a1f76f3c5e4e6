"""Names that an expression uses: declared or not, and called as they are declared.

The evaluator tells which names there are, not where; they are found again in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ove_capacity.ocm.cel.functions import FUNCTIONS, NOT_MODELLED, STANDARD

__all__ = ["NAMESPACES", "Misuse", "reference_errors"]

Misuse = tuple[int, int, str]
"""(line, column, message), both from 1."""

NAMESPACES = frozenset(("cidr", "format", "ip", "optional", "strings"))
"""What stands before a dot in functions like ``ip.isCanonical``."""

_TYPES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
_VARIABLES = frozenset(("managedCluster", *_TYPES, *NAMESPACES))
_FUNCTIONS = frozenset((*FUNCTIONS, *STANDARD, "scores"))
_CONVERSIONS = ("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type")
_GLOBAL = frozenset(
    (
        *(*_CONVERSIONS, "uint", "cidr", "ip", "isCIDR", "isIP", "isQuantity", "isSemver"),
        *("quantity", "semver", "sign"),
    )
)
"""Called as ``f(a)``, never as ``a.f()``."""

_EITHER = frozenset(("ip", "matches", "size"))
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|filter|map)\s*\(\s*(\w+)\s*,")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_OPERATOR = re.compile(r"\W|_\W|_\[|@")
_WHOLE = re.compile(r"-?\d+")


def reference_errors(expression: str, references: Mapping[str, Sequence[str]]) -> Iterator[Misuse]:
    """What cel-go's checker says of names that nobody declares, or that are called another way.

    Args:
        expression: its text.
        references: its ``variables`` and ``functions`` as the evaluator lists them.

    Source: google/cel-go checker/errors.go, undeclaredReference, noMatchingOverload; the
    declarations are those of sdk-go pkg/cel, as vendored by ocm v1.3.0-78.
    """
    bare = _LITERAL.sub(lambda match: "'" + " " * (len(match.group()) - 2) + "'", expression)
    bound = frozenset(_BOUND.findall(bare))
    for name in references["variables"]:
        if name not in _VARIABLES | bound:
            match = re.search(rf"(?<![\w.]){re.escape(name)}\b(?!\s*\()", bare)
            yield (*_place(bare, match.start() if match else 0), _undeclared(name))
    for name in references["functions"]:
        if name in NOT_MODELLED or _OPERATOR.match(name):
            continue
        for match in re.finditer(rf"(\.\s*)?\b{re.escape(name)}\s*\(", bare):
            wrong = _undeclared(name)
            if name in _FUNCTIONS:
                wrong = _called_otherwise(name, bool(match[1]), expression, bare, match.end())
            if wrong:
                # A call stands where its parenthesis opens.
                yield (*_place(bare, match.end() - 1), wrong)


def _undeclared(name: str) -> str:
    return f"undeclared reference to '{name}' (in container '')"


def _called_otherwise(name: str, is_member: bool, expression: str, bare: str, begin: int) -> str:
    if name in _EITHER or is_member == (name not in _GLOBAL):
        return ""
    types = ", ".join(_type_of(each) for each in _arguments(expression, bare, begin))
    applied = f"dyn.({types})" if is_member else f"({types})"
    return f"found no matching overload for '{name}' applied to '{applied}'"


def _arguments(expression: str, bare: str, begin: int) -> list[str]:
    """The texts between a parenthesis that opened before *begin* and its end."""
    depth, start, found = 0, begin, []
    for at in range(begin, len(bare)):
        if bare[at] in ")]}" and depth == 0:
            found.append(expression[start:at])
            break
        depth += (bare[at] in "([{") - (bare[at] in ")]}")
        if bare[at] == "," and depth == 0:
            found.append(expression[start:at])
            start = at + 1
    return [each.strip() for each in found if each.strip()]


def _type_of(argument: str) -> str:
    """As far as it can be told from the text; everything within a cluster is dyn."""
    if argument == "managedCluster":
        return "map(string, dyn)"
    if _LITERAL.fullmatch(argument):
        return "string"
    return "int" if _WHOLE.fullmatch(argument) else "dyn"


def _place(bare: str, at: int) -> tuple[int, int]:
    return bare.count("\n", 0, at) + 1, at - (bare.rfind("\n", 0, at) + 1) + 1
