"""Values from YAML's parser events, bounded and with places.

YAML's own composer recurses, and its C form crashes the process on deeply nested input; building
from events refuses such input, counts aliases as often as they are used, and knows where each
value stands. JSON is YAML, so JSON files come this way too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import (
    Document,
    FieldPath,
    PlacedList,
    PlacedMapping,
    Problems,
    column_of,
    line_of,
    place_number,
)
from ove_capacity.manifests.pieces import Pieces, UnreadableError
from ove_capacity.manifests.scalars import A_NUMBER, BASE_60, read_otherwise, scalar_of
from ove_capacity.manifests.surrogates import Shifts, as_written, with_whole_characters
from ove_capacity.manifests.templates import template_sentence

__all__ = ["MAX_DEPTH", "MAX_NODES", "documents_of_text"]

MAX_DEPTH = 100
MAX_NODES = 200_000
"""Values in one file, or one item of a List, each alias counted with all that it stands for."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_PLAIN_WARNINGS = 20
_TOO_MANY = f"has more than {MAX_NODES:,} values, aliases counted"
_ITEM_DEPTH = 2
"""What is open around an item of a List: the List and its ``items``."""
_BESIDE_ITEMS = frozenset(("apiVersion", "kind", "metadata"))
_MOST_SCALARS = 20_000
"""Plain texts whose reading is remembered."""


class _RefusedError(Exception):
    """Reading cannot go on; the message and the place become a ScenarioError."""

    def __init__(self, message: str, place: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message, self.place, self.suggestion = message, place, suggestion


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for."""

    value: Any
    nodes: int
    height: int


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being built."""

    value: Any
    place: int
    anchor: str | None
    nodes_before: int
    height: int = 1
    key: str | None = None
    merged: list[tuple[PlacedMapping | PlacedList, int]] = field(default_factory=list)


class _Builder:
    """Builds the documents of one file, event by event."""

    def __init__(self, source: str | Pieces) -> None:
        self.text = source if isinstance(source, str) else ""
        self.source: str | Pieces = source
        self.shifts: Shifts = {}
        if isinstance(source, str):
            self.source, self.shifts = with_whole_characters(source)
        self.nodes = 0
        self.aliased = 0
        """Values that aliases stand for, in the whole file."""
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchor | None] = {}
        self.ready: list[tuple[Any, int, FieldPath]] = []
        """Finished documents, and items of a List, with their places."""
        self.items = 0
        """Of the List that is being read, so far handed on."""
        self.scalars: dict[str, tuple[Any, str]] = {}
        """Plain text -> its value, and what other readers take it for."""
        self.odd: list[tuple[str, str, int]] = []
        """Plain texts that other readers take for something else: text, what, place."""
        self.more_odd = 0
        """Such texts that are only counted."""

    def build(self) -> Iterator[tuple[Any, int, FieldPath]]:
        """Roots with their places; of a List its items, each as soon as it is read."""
        parser = _Loader(self.source)
        takers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            while (event := parser.get_event()) is not None:
                taker = takers.get(type(event))
                if taker is not None:
                    taker(event)
                    if self.ready:
                        yield from self.ready
                        self.ready.clear()
        finally:
            parser.dispose()

    def _place(self, mark: Any) -> int:
        column = mark.column
        if self.shifts:
            column = as_written(self.shifts, mark.line, column)
        return place_number(mark.line, column)

    def _document(self, _: Any) -> None:
        self.anchors.clear()
        self.items = 0

    def _count(self, nodes: int, height: int, place: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _RefusedError(_TOO_MANY, place)
        if len(self.stack) + height > MAX_DEPTH:
            raise _RefusedError(f"is nested more than {MAX_DEPTH} levels deep", place)

    def _scalar(self, event: Any) -> None:
        place = self._place(event.start_mark)
        if event.tag is not None:
            raise _RefusedError(f"has the tag {event.tag!r}; tags are not read", place)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._count(0, 0, place)
        value = event.value
        plain = event.implicit[0]
        if plain:
            value = self._plain(value, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, 1, 0)
        if self.stack and type(into := self.stack[-1].value) is PlacedList:
            into.append(value)
            into.values_at.append(place)
        else:
            self._put(value, place, plain)

    def _plain(self, text: str, place: int) -> Any:
        """The value of a plain scalar; a key stays text."""
        known = self.scalars.get(text)
        if known is None:
            known = self.scalars[text] = (scalar_of(text), read_otherwise(text))
        typed, other = known
        frame = self.stack[-1] if self.stack else None
        is_key = frame is not None and frame.key is None and type(frame.value) is PlacedMapping
        value = text if is_key else typed
        if other and len(self.odd) <= _PLAIN_WARNINGS:
            self.odd.append((text, other, place))
        elif other:
            self.more_odd += 1
        return value

    def _mapping(self, event: Any) -> None:
        self._start(event, PlacedMapping())

    def _sequence(self, event: Any) -> None:
        self._start(event, PlacedList())

    def _start(self, event: Any, value: PlacedMapping | PlacedList) -> None:
        place = self._place(event.start_mark)
        if event.tag is not None:
            raise _RefusedError(f"has the tag {event.tag!r}; tags are not read", place)
        nodes_before = self.nodes
        self._count(1, 1, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(value, place, event.anchor, nodes_before))

    def _end(self, _: Any) -> None:
        frame = self.stack.pop()
        if frame.merged:
            _merge(frame)
        if frame.anchor is not None:
            nodes = self.nodes - frame.nodes_before
            self.anchors[frame.anchor] = _Anchor(frame.value, nodes, frame.height)
        if len(self.stack) == _ITEM_DEPTH and self._is_item(frame.value):
            self._hand_on(frame)
            return
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, frame.height + 1)
        self._put(frame.value, frame.place)

    def _is_item(self, value: Any) -> bool:
        """Whether *value* is an object in the ``items`` of a List, and all before it were."""
        root, items = self.stack
        if root.key != "items" or items.value or root.anchor or items.anchor:
            return False
        if not (type(value) is PlacedMapping and isinstance(value.get("kind"), str)):
            return False
        listed = root.value.get("kind", "List")
        is_list = isinstance(listed, str) and listed.endswith("List")
        return is_list and "apiVersion" in root.value and _BESIDE_ITEMS.issuperset(root.value)

    def _hand_on(self, frame: _Open) -> None:
        """An item goes its own way, so that a List may be as long as it likes."""
        self.ready.append((frame.value, frame.place, ("items", self.items)))
        self.items += 1
        self.nodes = frame.nodes_before
        if len(self.scalars) > _MOST_SCALARS:
            self.scalars.clear()
        if isinstance(self.source, Pieces):
            self.source.begin_item()

    def _alias(self, event: Any) -> None:
        place = self._place(event.start_mark)
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            known = event.anchor in self.anchors
            raise _RefusedError(
                f"alias *{event.anchor} " + ("contains itself" if known else "has no anchor"), place
            )
        self.aliased += anchor.nodes
        if self.aliased > MAX_NODES:
            raise _RefusedError(_TOO_MANY, place)
        self._count(anchor.nodes, anchor.height, place)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, anchor.height + 1)
        self._put(anchor.value, place)

    def _put(self, value: Any, place: int, plain: bool = False) -> None:
        """Give a finished value to what it belongs to."""
        if not self.stack:
            if not self.items or value.get("items"):
                self.ready.append((value, place, ()))
            return
        frame = self.stack[-1]
        into = frame.value
        if type(into) is PlacedList:
            into.append(value)
            into.values_at.append(place)
        elif frame.key is None:
            self._key(frame, value, place, plain)
        elif frame.key == _MERGE and frame.value.keys_at.get(_MERGE) == -1:
            frame.merged.append((value, place))
            frame.key = None
        else:
            into[frame.key] = value
            into.values_at[frame.key] = place
            frame.key = None

    def _key(self, frame: _Open, key: Any, place: int, plain: bool) -> None:
        keys_at = frame.value.keys_at
        if not isinstance(key, str):
            line = line_of(place)
            is_braces = bool(self.text) and "{{" in self.text.split("\n")[line - 1]
            template = template_sentence(self.text, line) if is_braces else ""
            raise _RefusedError(template or "has a key that is not text", place)
        if key in keys_at:
            if keys_at[key] == -1:
                raise _RefusedError("has two merge keys; give one a list", place)
            raise _RefusedError(
                f"has the key {key[:60]!r} twice; the first is on line {line_of(keys_at[key])}",
                place,
            )
        keys_at[key] = -1 if key == _MERGE and plain else place
        frame.key = key


def _merge(frame: _Open) -> None:
    """Add what ``<<`` names, below the keys that are written."""
    into = frame.value
    del into.keys_at[_MERGE]
    for source, place in frame.merged:
        parts = source if type(source) is PlacedList else [source]
        for part in parts:
            if type(part) is not PlacedMapping:
                raise _RefusedError("merges something that is not a mapping", place)
            for key, value in part.items():
                if key not in into:
                    into[key] = value
                    into.values_at[key] = part.values_at[key]
                    into.keys_at[key] = part.keys_at[key]


def _syntax_message(error: yaml.YAMLError, text: str, line: int) -> str:
    template = template_sentence(text, line)
    if template:
        return template
    lines = text.split("\n")
    if line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        return "is not YAML: the line is indented with a tab; use spaces"
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    context = getattr(error, "context", None)
    return f"is not YAML: {problem}" + (f" {context}" if context else "")


def _place_of(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line + 1, mark.column + 1
    position = getattr(error, "position", 0) or 0
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _advice(other: str) -> str:
    if other == BASE_60:
        return f"YAML 1.1 reads {other}: put it in quotes"
    write = "" if other == A_NUMBER else f", or write {other}"
    return f"kubectl reads {other}: put it in quotes{write}"


def documents_of_text(
    text: str | Pieces, file: str, problems: Problems, within: Document | None = None
) -> Iterator[Document]:
    """The documents of a text, empty ones left out; of a List its items, one by one.

    Args:
        text: YAML or JSON, as a whole or in pieces.
        file: its name, for places.
        problems: gets a warning for each plain text that kubectl would read as something else.
        within: where the text stands, when it was itself a string in a file.

    Raises:
        ScenarioError: not YAML, or more than the bounds allow, with one problem; what came before
            has been handed out by then.
    """
    frame = within or Document(None, file)
    builder = _Builder(text)
    whole = builder.text
    try:
        for value, place, path in builder.build():
            if value is not None:
                where = frame.path + path
                yield replace(frame, value=value, start=place, text=whole, path=where)
    except _RefusedError as refusal:
        raise ScenarioError(_at(frame, refusal.message, refusal.place)) from None
    except UnreadableError as error:
        raise ScenarioError(_at(frame, str(error), error.place)) from None
    except yaml.YAMLError as error:
        line, column = _place_of(error, whole)
        column = as_written(builder.shifts, line - 1, column - 1) + 1
        place = place_number(line - 1, column - 1)
        raise ScenarioError(_at(frame, _syntax_message(error, whole, line), place)) from None
    _warn_of_odd(builder, frame, problems)


def _warn_of_odd(builder: _Builder, frame: Document, problems: Problems) -> None:
    for odd, other, place in builder.odd[:_PLAIN_WARNINGS]:
        message = f"{odd!r} is read as text; {_advice(other)}"
        problems.warnings.append(_at(frame, message, place))
    for _, _, place in builder.odd[_PLAIN_WARNINGS:]:
        message = f"and {builder.more_odd + 1} more such texts in this file, the next one here"
        problems.warnings.append(_at(frame, message, place))


def _at(frame: Document, message: str, place: int) -> Problem:
    line, column = line_of(place) + frame.lines_below, column_of(place) + frame.columns_right
    return Problem(message, frame.file, line, column)
