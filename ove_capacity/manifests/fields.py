"""Reading fields of a Kubernetes object: each reader says what it expects and notes what it finds.

A reader that finds something else notes the problem, with its place, and goes on with a default,
so that one pass finds everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ove_capacity.errors import Problem
from ove_capacity.manifests.document import Document, FieldPath, Problems, place_number
from ove_capacity.manifests.kinds import field_in_kind
from ove_capacity.manifests.templates import placeholder_of
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["Fields", "Source", "fields_of", "shown", "warn_of_others"]

_SHOWN_LENGTH = 60
_LONGEST_NAME = 253
"""Of an object, as the API server checks: a DNS subdomain."""


def shown(value: object) -> str:
    """A value as an error message shows it: short."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN_LENGTH else value[:_SHOWN_LENGTH] + "…")
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"


class Fields:
    """A mapping that is being read; ``null`` counts as absent, as in the API server."""

    __slots__ = ("document", "path", "problems", "value")

    def __init__(
        self, value: Mapping[str, Any], document: Document, path: FieldPath, problems: Problems
    ) -> None:
        """Read *value*, which stands at *path* in *document*; note what is wrong in *problems*."""
        self.value, self.document, self.path, self.problems = value, document, path, problems

    def __contains__(self, key: str) -> bool:
        return self.value.get(key) is not None

    def get(self, key: str) -> Any:
        """The bare value, None when absent."""
        return self.value.get(key)

    def error(self, message: str, *keys: str | int, suggestion: str = "") -> None:
        """Note an error at this mapping, or at what the *keys* lead to."""
        self.problems.errors.append(self._problem(message, keys, suggestion))

    def warning(self, message: str, *keys: str | int) -> None:
        """Note a warning at this mapping, or at what the *keys* lead to."""
        self.problems.warnings.append(self._problem(message, keys, ""))

    def place(self, *keys: str | int) -> str:
        """``file:line:column`` of this mapping, or of what the *keys* lead to."""
        return self._problem("", keys, "").place

    def place_only(self) -> Fields:
        """The same place with nothing there but the name: what is kept of what has been read."""
        document = self.document
        line, column = document.place(self.path)
        start = place_number(line - 1, column - 1)
        path = document.path + self.path
        bare = Document(None, document.file, start, path=path, imported=document.imported)
        name = {"name": self.fields("metadata").get("name")}
        return Fields({"metadata": name}, bare, (), self.problems)

    def not_modelled(self, key: str) -> None:
        """Count a field that is read and changes nothing."""
        self.problems.unmodelled[field_in_kind(self.document.value, (*self.path, key))] += 1

    def _problem(self, message: str, keys: FieldPath, suggestion: str) -> Problem:
        return self.document.problem(self.path + keys, message, suggestion)

    def _wrong(self, expected: str, *keys: str | int) -> None:
        value: Any = self.value
        for key in keys:
            value = value[key]
        template = placeholder_of(value) if isinstance(value, str) else ""
        hint = f", a placeholder of {template}: fill it in first" if template else ""
        self.error(f"must be {expected} (got {shown(value)}{hint})", *keys)

    def text(self, key: str, default: str = "") -> str:
        """Text; a number or a boolean is refused, as the API server does."""
        value = self.value.get(key)
        if isinstance(value, str):
            return value
        if value is not None:
            quote = not isinstance(value, Mapping | list)
            self._wrong("text: put it in quotes" if quote else "text", key)
        return default

    def required_text(self, key: str) -> str:
        """Text that must be there."""
        if self.value.get(key) in (None, ""):
            self.error(f"{key!r} is missing")
            return ""
        return self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = []
        for index, item in enumerate(self._list(key)):
            if isinstance(item, str):
                found.append(item)
            else:
                self._wrong("text", key, index)
        return tuple(found)

    def labels(self, key: str) -> dict[str, str]:
        """A mapping of text to text; ``null`` values read as empty."""
        found: dict[str, str] = {}
        for name, value in self._mapping(key).items():
            if isinstance(value, str) or value is None:
                found[name] = value or ""
            else:
                self._wrong("text: put it in quotes", key, name)
        return found

    def flag(self, key: str, default: bool = False) -> bool:
        """A boolean."""
        value = self.value.get(key)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._wrong("true or false", key)
        return default

    def whole(
        self, key: str, default: int = 0, least: int | None = None, most: int | None = None
    ) -> int:
        """A whole number, at least *least* and at most *most*."""
        value = self.value.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            if least is not None and value < least:
                self._wrong(f"at least {least}", key)
            elif most is not None and value > most:
                self._wrong(f"at most {most:,}", key)
            else:
                return int(value)
        elif value is not None:
            self._wrong("a whole number", key)
        return default

    def whole_or_none(self, key: str) -> int | None:
        """A whole number, None when absent."""
        return self.whole(key) if key in self else None

    def quantity(self, key: str) -> Quantity | None:
        """A Kubernetes quantity, None when absent."""
        value = self.value.get(key)
        return None if value is None else self._quantity(value, key)

    def quantities(self, key: str) -> dict[str, Quantity]:
        """Resource name -> quantity."""
        found = {}
        for name, value in self._mapping(key).items():
            quantity = self._quantity(value, key, name)
            if quantity is not None:
                found[name] = quantity
        return found

    def _quantity(self, value: Any, *keys: str | int) -> Quantity | None:
        is_amount = isinstance(value, str | int | float) and not isinstance(value, bool)
        if not is_amount or (isinstance(value, str) and placeholder_of(value)):
            self._wrong("a quantity like 64Gi, 500m or 1.5", *keys)
            return None
        try:
            quantity = Quantity.parse(value)
        except QuantityError as error:
            self.error(str(error), *keys)
            return None
        if quantity.nano < 0:
            self._wrong("zero or more", *keys)
            return None
        return quantity

    def name(self, key: str) -> str:
        """A name, which no template has left a hole in, and no longer than the API takes."""
        text = self.text(key)
        if placeholder_of(text):
            self._wrong("a name", key)
        elif len(text) > _LONGEST_NAME:
            self.error(f"must have at most {_LONGEST_NAME} characters (has {len(text)})", key)
        return text

    def fields(self, key: str) -> Fields:
        """A mapping within; empty when absent."""
        return Fields(self._mapping(key), self.document, (*self.path, key), self.problems)

    def each(self, key: str) -> Iterator[Fields]:
        """The mappings of a list within."""
        for index, item in enumerate(self._list(key)):
            if isinstance(item, Mapping):
                yield Fields(item, self.document, (*self.path, key, index), self.problems)
            else:
                self._wrong("a mapping", key, index)

    def _mapping(self, key: str) -> Mapping[str, Any]:
        value = self.value.get(key)
        if isinstance(value, Mapping):
            return value
        if value is not None:
            self._wrong("a mapping", key)
        return {}

    def _list(self, key: str) -> list[Any]:
        value = self.value.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self._wrong("a list", key)
        return []


Source = Document | Mapping[str, Any] | Fields
"""What an object is read from: a document, part of one, or a plain dict without places."""


def fields_of(source: Source, problems: Problems) -> Fields:
    """Begin to read an object."""
    if isinstance(source, Fields):
        return Fields(source.value, source.document, source.path, problems)
    document = source if isinstance(source, Document) else Document(source)
    if isinstance(document.value, Mapping):
        return Fields(document.value, document, (), problems)
    message = f"must be a mapping (got {shown(document.value)})"
    problems.errors.append(document.problem((), message))
    return Fields({}, document, (), problems)


def warn_of_others(fields: Fields, known: Collection[str]) -> None:
    """Count each field that is neither read nor known to change nothing of what a pod asks for."""
    for key in fields.value:
        if key not in known and fields.get(key) is not None:
            fields.not_modelled(key)
