"""Operators, and functions of the Kubernetes library, on types that they do not take.

Far from all that a type checker does: where a type cannot be told from the text it is *dyn*, which
goes with everything, as whatever lies within a cluster does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ove_capacity.ocm.cel.references import Misuse

__all__ = ["operand_errors"]

_TOKEN = re.compile(
    r"\s+|//[^\n]*|(?P<text>[rR]?(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))"
    r"|(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)"
    r"|(?P<uint>(?:0x[0-9a-fA-F]+|\d+)[uU])|(?P<int>0x[0-9a-fA-F]+|\d+)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])",
    re.DOTALL,
)
_Type = tuple["str | _Type", ...]
"""("int",), ("list", of what), ("map", from what, to what)."""

_DYN, _BOOL, _INT, _STRING = ("dyn",), ("bool",), ("int",), ("string",)
_QUANTITY, _SEMVER = ("kubernetes.Quantity",), ("kubernetes.Semver",)
_CLUSTER: _Type = ("map", _STRING, _DYN)
_KINDS: Mapping[str, _Type] = {
    "text": _STRING,
    "float": ("double",),
    "uint": ("uint",),
    "int": _INT,
}
_CONSTANTS: Mapping[str, _Type] = {"true": _BOOL, "false": _BOOL, "null": ("null",)}
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_ORDERED = ("bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint")
_NUMBERS = ("double", "int", "uint")
_SUMS = (*_NUMBERS, "bytes", "duration", "list", "string", "timestamp")
_TAKEN = {
    **dict.fromkeys(("<", "<=", ">", ">="), _ORDERED),
    **dict.fromkeys(("*", "/"), _NUMBERS),
    "+": _SUMS,
    "-": (*_NUMBERS, "duration", "timestamp"),
    "%": ("int", "uint"),
}
"""Operator -> types that it takes, both alike but for times and durations."""
_TIMES = ("duration", "timestamp")
_OF_TEXT: Mapping[str, _Type] = {
    "isQuantity": _BOOL,
    "isSemver": _BOOL,
    "quantity": _QUANTITY,
    "semver": _SEMVER,
}
"""Function of one text -> what it gives."""
_OF_ANY: Mapping[str, _Type] = {"has": _BOOL, "size": _INT, "dyn": _DYN}
_METHODS: Mapping[str, _Type] = {
    **dict.fromkeys(("contains", "endsWith", "matches", "startsWith"), _BOOL),
    **dict.fromkeys(("isGreaterThan", "isInteger", "isLessThan"), _BOOL),
    **dict.fromkeys(("compareTo", "indexOf", "lastIndexOf", "size"), _INT),
    **dict.fromkeys(("asInteger", "major", "minor", "patch"), _INT),
    "scores": ("list", _DYN),
}
"""Method -> what it gives, whoever has it."""
_SIZED = ("bytes", "dyn", "list", "map", "string")
_ASK_TEXT = ("contains", "endsWith", "matches", "scores", "startsWith")
"""Methods with one text, whoever has them."""
_LIKE_ITSELF = ("compareTo", "isGreaterThan", "isLessThan")
_ONE = (*_ASK_TEXT, *_LIKE_ITSELF)
"""Methods that ask for one thing."""
_TESTS = ("all", "exists", "existsOne", "exists_one")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _GivenUpError(Exception):
    """Something is written that we do not read."""


@dataclass(slots=True)
class _Reader:
    """Reads an expression that is known to be well formed, once, from left to right."""

    expression: str
    tokens: list[_Token]
    next: int = 0
    bound: dict[str, _Type] = field(default_factory=dict)
    errors: list[Misuse] = field(default_factory=list)

    def ahead(self, *texts: str) -> bool:
        token = self.tokens[self.next]
        return token.text in texts and token.kind in ("sign", "name")

    def take(self, text: str = "") -> _Token:
        token = self.tokens[self.next]
        if token.kind == "end" or (text and token.text != text):
            raise _GivenUpError
        self.next += 1
        return token

    def refuse(self, at: int, name: str, types: tuple[_Type, ...], of: _Type = ()) -> _Type:
        applied = f"({', '.join(_shown(each) for each in types)})"
        applied = f"{_shown(of)}.{applied}" if of else applied
        before = self.expression[:at]
        place = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
        message = f"found no matching overload for '{name}' applied to '{applied}'"
        self.errors.append((*place, message))
        return _DYN

    # -- by precedence -----------------------------------------------------------------------------

    def whole(self) -> _Type:
        asked = self.level(0)
        if not self.ahead("?"):
            return asked
        at = self.take().at
        first = self.level(0)
        self.take(":")
        second = self.whole()
        if not (_fits(asked, _BOOL) and _fits(first, second)):
            return self.refuse(at, "_?_:_", (asked, first, second))
        return first if first == second else _DYN

    def level(self, depth: int) -> _Type:
        if depth == len(_LEVELS):
            return self.unary()
        left = self.level(depth + 1)
        while self.ahead(*_LEVELS[depth]):
            sign = self.take()
            left = self.applied(sign, left, self.level(depth + 1))
        return left

    def applied(self, sign: _Token, left: _Type, right: _Type) -> _Type:
        name = sign.text
        given: _Type
        if name in ("&&", "||"):
            good, given = _fits(left, _BOOL) and _fits(right, _BOOL), _BOOL
        elif name == "in":
            inner = right[1] if right[0] in ("list", "map") else _DYN
            among = right[0] in ("dyn", "list", "map")
            good, given = among and isinstance(inner, tuple) and _fits(left, inner), _BOOL
        elif name in ("==", "!="):
            good, given = _fits(left, right), _BOOL
        else:
            good = all(each[0] in ("dyn", *_TAKEN[name]) for each in (left, right)) and (
                _fits(left, right) or (left[0] in _TIMES and right[0] in _TIMES)
            )
            given = _BOOL if name in _LEVELS[2] else left if left == right else _DYN
        shown = "@in" if name == "in" else f"_{name}_"
        return given if good else self.refuse(sign.at, shown, (left, right))

    def unary(self) -> _Type:
        if self.ahead("!"):
            at, inner = self.take().at, self.unary()
            return _BOOL if _fits(inner, _BOOL) else self.refuse(at, "!_", (inner,))
        if self.ahead("-"):
            at, inner = self.take().at, self.unary()
            good = inner[0] in ("dyn", "double", "duration", "int")
            return inner if good else self.refuse(at, "-_", (inner,))
        found = self.primary()
        while self.ahead(".", "["):
            found = self.member(found)
        return found

    # -- what operators stand between --------------------------------------------------------------

    def primary(self) -> _Type:
        token = self.take()
        if token.kind in _KINDS:
            return _KINDS[token.kind]
        if token.kind == "name":
            return self.named(token)
        if token.text == "(":
            inner = self.whole()
            self.take(")")
            return inner
        if token.text == "[":
            return "list", _common(self.several("]"))
        if token.text == "{":
            return self.mapping()
        raise _GivenUpError

    def named(self, token: _Token) -> _Type:
        if self.ahead("("):
            at = self.take().at
            given = tuple(self.several(")"))
            if token.text == "size" and not (given and given[0][0] in _SIZED):
                return self.refuse(at, "size", given)
            if token.text not in _OF_TEXT:
                return _OF_ANY.get(token.text, _DYN)
            good = len(given) == 1 and _fits(given[0], _STRING)
            return _OF_TEXT[token.text] if good else self.refuse(at, token.text, given)
        if token.text in self.bound:
            return self.bound[token.text]
        return _CLUSTER if token.text == "managedCluster" else _CONSTANTS.get(token.text, _DYN)

    def several(self, end: str) -> list[_Type]:
        found = []
        while not self.ahead(end):
            found.append(self.whole())
            if not self.ahead(end):
                self.take(",")
        self.take(end)
        return found

    def mapping(self) -> _Type:
        keys, values = [], []
        while not self.ahead("}"):
            keys.append(self.whole())
            self.take(":")
            values.append(self.whole())
            if not self.ahead("}"):
                self.take(",")
        self.take("}")
        return "map", _common(keys), _common(values)

    def member(self, of: _Type) -> _Type:
        sign = self.take()
        if sign.text == "[":
            index = self.whole()
            self.take("]")
            if of[0] not in ("dyn", "list", "map"):
                return self.refuse(sign.at, "_[_]", (of, index))
            inner = of[-1] if of[0] in ("list", "map") else _DYN
            return inner if isinstance(inner, tuple) else _DYN
        name = self.take()
        if not self.ahead("("):
            inner = of[-1] if of[0] == "map" else _DYN
            return inner if isinstance(inner, tuple) else _DYN
        at = self.take().at
        if name.text in (*_TESTS, "filter", "map"):
            return self.macro(name.text, of)
        given = tuple(self.several(")"))
        if not all(any(_fits(each, kind) for kind in _asked(name.text, of)) for each in given):
            return self.refuse(at, name.text, given, of)
        if name.text in _ONE and len(given) != 1:
            return self.refuse(at, name.text, given, of)
        if name.text in ("add", "sub") and of == _QUANTITY:
            return _QUANTITY
        return _METHODS.get(name.text, _DYN)

    def macro(self, name: str, of: _Type) -> _Type:
        variable = self.take()
        self.take(",")
        inner = of[1] if of[0] in ("list", "map") else _DYN
        before = dict(self.bound)
        self.bound[variable.text] = inner if isinstance(inner, tuple) else _DYN
        at = self.tokens[self.next].at
        given = self.several(")")
        self.bound = before
        if len(given) == 1 and name != "map" and not _fits(given[0], _BOOL):
            return self.refuse(at, name, (given[0],))
        if name in _TESTS:
            return _BOOL
        return of if name == "filter" and of[0] == "list" else _DYN


def _asked(method: str, of: _Type) -> tuple[_Type, ...]:
    """Types that an argument of the method may have."""
    if of in (_QUANTITY, _SEMVER) and method in _LIKE_ITSELF:
        return (of,)
    if of == _QUANTITY and method in ("add", "sub"):
        return _QUANTITY, _INT
    return (_STRING,) if method in _ASK_TEXT else (_DYN,)


def _fits(one: _Type, other: _Type) -> bool:
    if _DYN in (one, other) or one == other:
        return True
    mine, theirs = _parts(one), _parts(other)
    same = one[0] == other[0] and len(mine) == len(theirs) and bool(mine)
    return same and all(_fits(a, b) for a, b in zip(mine, theirs, strict=True))


def _parts(of: _Type) -> list[_Type]:
    return [each for each in of if isinstance(each, tuple)]


def _common(types: list[_Type]) -> _Type:
    return types[0] if types and all(each == types[0] for each in types) else _DYN


def _shown(of: _Type) -> str:
    inner = ", ".join(_shown(each) for each in _parts(of))
    return f"{of[0]}({inner})" if inner else str(of[0])


def _tokens(expression: str) -> Iterator[_Token]:
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise _GivenUpError
        if match.lastgroup:
            yield _Token(match.lastgroup, match.group(), at)
        at = match.end()
    yield _Token("end", "", at)


def operand_errors(expression: str) -> list[Misuse]:
    """What cel-go's checker says of operators between types that do not go together.

    Args:
        expression: one that its parser takes.

    Source: google/cel-go v0.29.2 checker/checker.go, resolveOverload; common/stdlib; the library is
    k8s.io/apiserver pkg/cel/library (quantity, semverlib), as vendored by ocm v1.3.0-78.
    """
    try:
        reader = _Reader(expression, list(_tokens(expression)))
        reader.whole()
        return reader.errors if reader.tokens[reader.next].kind == "end" else []
    except (_GivenUpError, RecursionError):
        return []
