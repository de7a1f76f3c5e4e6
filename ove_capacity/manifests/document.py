"""A value read from a file, and where each part of it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ove_capacity.errors import Problem, ScenarioError

__all__ = [
    "Document",
    "FieldPath",
    "PlacedList",
    "PlacedMapping",
    "Problems",
    "WrittenFloat",
    "WrittenInt",
    "column_of",
    "in_file",
    "line_of",
    "path_text",
    "place_number",
    "plain",
]

FieldPath = tuple[str | int, ...]
"""Keys and indices from the root of a document to one of its values."""

_COLUMN_BITS = 24
_LAST_COLUMN = (1 << _COLUMN_BITS) - 1
_LINE_BITS = 32
_LAST_LINE = (1 << _LINE_BITS) - 1
_PLAIN_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def place_number(line: int, column: int) -> int:
    """A line and a column, both from 0, in one number."""
    return line << _COLUMN_BITS | (column if column < _LAST_COLUMN else _LAST_COLUMN)


def line_of(place: int) -> int:
    """The line, from 1."""
    return (place >> _COLUMN_BITS & _LAST_LINE) + 1


def in_file(place: int, number: int) -> int:
    """The same place in the file of that number, from 1, of those a document imports."""
    return place | number << _LINE_BITS + _COLUMN_BITS


def column_of(place: int) -> int:
    """The column, from 1."""
    return (place & _LAST_COLUMN) + 1


class PlacedMapping(dict[str, Any]):
    """A mapping that knows where its keys and values stand."""

    __slots__ = ("keys_at", "values_at")

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.keys_at: dict[str, int] = {}
        self.values_at: dict[str, int] = {}


class PlacedList(list[Any]):
    """A list that knows where its items stand."""

    __slots__ = ("values_at",)

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.values_at: list[int] = []


class WrittenInt(int):
    """A whole number that was written in another way than Python prints it: ``-0``."""

    text: str

    def __repr__(self) -> str:
        return self.text


class WrittenFloat(float):
    """A number with its text, which exact quantities are read from: ``1.10``, ``1e400``."""

    text: str

    def __repr__(self) -> str:
        return self.text


def path_text(path: FieldPath) -> str:
    """``events[0].maxUnavailable``; keys with dots are quoted."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
            continue
        plain = step and _PLAIN_KEY.issuperset(step)
        parts.append(("." if parts else "") + (step if plain else f'"{step[:80]}"'))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    value: Any
    file: str = ""
    start: int = 0
    """Where its value begins (see `place_number`)."""
    text: str = ""
    """The whole text that it was read from."""
    lines_below: int = 0
    """Lines of the file above the text, when the text was itself a string in the file."""
    columns_right: int = 0
    """Columns by which such a text is indented."""
    path: FieldPath = ()
    """Where such a string stands in its document."""
    imported: tuple[str, ...] = ()
    """Other files that parts of the value came from, by the number in their places, from 1."""

    def place(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at *path*, or of its key.

        A path that leads further than the document shows the last part that is there.
        """
        at = self._at(path, key)
        return line_of(at) + self.lines_below, column_of(at) + self.columns_right

    def _at(self, path: FieldPath, key: bool) -> int:
        value, at = self.value, self.start
        for index, step in enumerate(path):
            if isinstance(value, PlacedMapping) and step in value.values_at:
                last = index == len(path) - 1
                at = (value.keys_at if key and last else value.values_at)[str(step)]
                value = value[str(step)]
            elif isinstance(value, PlacedList) and isinstance(step, int) and 0 <= step < len(value):
                at, value = value.values_at[step], value[step]
            else:
                break
        return at

    def problem(
        self, path: FieldPath, message: str, suggestion: str = "", key: bool = False
    ) -> Problem:
        """A problem with the value (or the key) at *path*."""
        line, column = self.place(path, key=key) if self.file else (0, 0)
        number = self._at(path, key) >> _LINE_BITS + _COLUMN_BITS if self.imported else 0
        file = self.imported[number - 1] if number else self.file
        return Problem(message, file, line, column, path_text(self.path + path), suggestion)


@dataclass(slots=True)
class Problems:
    """What has been found wrong, or odd, so far."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unmodelled: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(kind, field) that was read and changes nothing here -> how often."""

    def raise_if_any(self) -> None:
        """Raise ScenarioError with every error found so far."""
        if self.errors:
            raise ScenarioError(self.errors)

    def warning_texts(self) -> tuple[str, ...]:
        """The warnings as sentences, in the order of their places."""
        ordered = sorted(self.warnings, key=lambda p: (p.file, p.line, p.column, p.message))
        return tuple(dict.fromkeys(str(warning) for warning in ordered))


def plain(value: Any) -> Any:
    """The same value without places: ordinary dicts and lists."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value
