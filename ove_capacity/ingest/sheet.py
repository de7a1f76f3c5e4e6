"""One part of a workbook, as expat tells it: rows of cells, shared strings, plain elements.

Only what is written is handed on: a formula gives the value that was saved beside it, an empty cell
gives nothing, however many rows of them a sheet has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from ove_capacity.ingest.unread_cells import UnreadCells

__all__ = ["DamagedPartError", "Row", "SheetRows", "elements", "shared_strings"]

_CHUNK_BYTES = 1 << 16
_CELL_LONGEST = 40_000
"""Excel allows 32,767 characters."""
_ROW_WIDEST = 16_384
_ROW_DIGITS = 7
_ENCODINGS = ("utf-8", "utf-16", "us-ascii", "iso-8859-1")
"""What the parser knows by itself; ECMA-376 part 2 allows the first two. Others would be codecs of
Python, among them ones that unpack."""
_DIGITS = "0123456789"
_TRUTH = {"1": "TRUE", "0": "FALSE"}


class DamagedPartError(ValueError):
    """A part that no spreadsheet program writes; the message is a sentence without a place."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row that hold something."""

    number: int
    """As the spreadsheet counts, from 1."""
    cells: Mapping[str, str]
    """Text by column: ``{"C": "poweredOn"}``."""


class _Part(ABC):
    """An expat parser over one part, without document types and so without entities."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._refuse_odd_encoding
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._root

    def parse(self, stream: IO[bytes]) -> Iterator[None]:
        """Parse chunk by chunk; yields after each."""
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                self.parser.Parse(self.seen(chunk), False)
                yield
            self.parser.Parse(self.seen(b""), True)
        except expat.ExpatError as error:
            raise DamagedPartError(f"is damaged: its XML is not well-formed ({error})") from None
        yield

    def seen(self, chunk: bytes) -> bytes:
        """What the parser is to see of a chunk; b"" is the end."""
        return chunk

    def _root(self, tag: str, _: dict[str, str]) -> None:
        prefix, colon, _name = tag.rpartition(":")
        self.begin(prefix + colon)

    @abstractmethod
    def begin(self, prefix: str) -> None:
        """The root element has come; *prefix* is that of the main namespace."""

    @staticmethod
    def _refuse_odd_encoding(_version: str, encoding: str | None, _alone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise DamagedPartError(f"says that it is written in {encoding[:40]!r}, not in UTF-8")

    @staticmethod
    def _refuse_doctype(*_: object) -> None:
        raise DamagedPartError("holds a document type, which no spreadsheet program writes")


class SheetRows(_Part):
    """Rows of a sheet that hold something, in their order."""

    def __init__(self, stream: IO[bytes], strings: list[str]) -> None:
        """Read *stream*; *strings* are the workbook's shared ones."""
        super().__init__()
        self.wanted: frozenset[str] | None = None
        """Columns to keep from the next row that begins; None: all."""
        self._stream, self._strings = stream, strings
        self._prefix = ""
        self._unread: UnreadCells | None = None
        self._finished: list[Row] = []
        self._number = 0
        self._cells: dict[str, str] = {}
        self._kinds: dict[str, str] = {}

    def __iter__(self) -> Iterator[Row]:
        """Raises DamagedPartError, and what the stream raises."""
        for _ in self.parse(self._stream):
            yield from self._finished
            self._finished.clear()
        self._close_row("")
        yield from self._finished

    def seen(self, chunk: bytes) -> bytes:
        """A chunk without the cells of columns that are not wanted."""
        if self._unread is None and self.wanted is not None:
            self._unread = UnreadCells(self._prefix, self.wanted)
        return chunk if self._unread is None else self._unread.out_of(chunk)

    def _following(self, column: str) -> str:
        """The column of a cell that does not say its own, after one in *column*."""
        if self._unread is not None and self._unread.number:
            raise DamagedPartError(f"says of some cells where they stand only (row {self._number})")
        return _next(column)

    def begin(self, prefix: str) -> None:
        """Take the handlers of a worksheet: closures, as each runs once a cell, a million times."""
        cell, row, phonetic = (prefix + tag for tag in ("c", "row", "rPh"))
        texts = frozenset((prefix + "v", prefix + "t"))
        cells, kinds = self._cells, self._kinds
        self._prefix = prefix
        column = kind = ""
        keeps = takes = False
        wanted = self.wanted
        self.parser.ordered_attributes = True  # names and values in turn: no mapping a cell

        def start(tag: str, attributes: list[str]) -> None:
            nonlocal column, kind, keeps, takes, wanted
            if tag == cell:
                takes = False
                if attributes and attributes[0] == "r":
                    column = attributes[1].rstrip(_DIGITS) or self._following(column)
                else:
                    column = _named("r", attributes).rstrip(_DIGITS) or self._following(column)
                keeps = wanted is None or column in wanted
                if keeps:
                    kind = _named("t", attributes) or "n"
            elif tag in texts:
                takes = keeps
            elif tag == row:
                self._close_row(_named("r", attributes))
                column, takes, wanted = "", False, self.wanted
            else:  # formulas, formats; what is inside of phonetic hints is no part of the text
                takes = False
                keeps = keeps and tag != phonetic

        def add(data: str) -> None:
            if not takes:
                return
            if column in cells:
                data = cells[column] + data
                if len(data) > _CELL_LONGEST:
                    place = f"{column}{self._number}"
                    raise DamagedPartError(f"holds more text in {place} than a cell can")
            elif len(cells) >= _ROW_WIDEST:
                raise DamagedPartError(f"has more cells in row {self._number} than a row can")
            cells[column] = data
            kinds[column] = kind

        self.parser.StartElementHandler = start
        self.parser.CharacterDataHandler = add

    def _close_row(self, following: str) -> None:
        """Hand on the row that ends here; *following* is the number of the next one, if given."""
        cells = {}
        for column, text in self._cells.items():
            plain = self._value(self._kinds[column], text.strip(), column)
            if plain:
                cells[column] = plain
        if cells:
            self._finished.append(Row(self._number, cells))
        self._cells.clear()
        self._kinds.clear()
        is_number = following.isdecimal() and len(following) <= _ROW_DIGITS
        self._number = int(following) if is_number else self._number + 1

    def _value(self, kind: str, text: str, column: str) -> str:
        if kind == "s" and text:
            if not text.isdecimal() or len(text) > 9 or int(text) >= len(self._strings):
                place = f"{column}{self._number}"
                raise DamagedPartError(f"refers to a text that does not exist, in {place}")
            return self._strings[int(text)]
        return _TRUTH.get(text, text) if kind == "b" else text


def _named(name: str, attributes: list[str]) -> str:
    """The value of an attribute; "" when it is not among them."""
    for index in range(0, len(attributes), 2):
        if attributes[index] == name:
            return attributes[index + 1]
    return ""


def _next(column: str) -> str:
    """The column after: A, B … Z, AA."""
    if not column:
        return "A"
    if not column.isascii() or not column.isalpha():
        raise DamagedPartError(f"has a cell in a column {column[:20]!r}")
    head, last = column[:-1].upper(), column[-1].upper()
    return head + chr(ord(last) + 1) if last != "Z" else _next(head) + "A"


class _Strings(_Part):
    """The shared strings of a workbook."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._is_open = self._takes = self._keeps = False

    def begin(self, prefix: str) -> None:
        self._item, self._run, self._phonetic = (prefix + name for name in ("si", "t", "rPh"))
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, _: dict[str, str]) -> None:
        if tag == self._item:
            self._keeps, self._pieces = True, []
        self._keeps = self._keeps and tag != self._phonetic
        self._takes = self._keeps and tag == self._run

    def _end(self, tag: str) -> None:
        self._takes = False
        if tag == self._item:
            self.found.append("".join(self._pieces).strip())
        elif tag == self._phonetic:
            self._keeps = True

    def _text(self, data: str) -> None:
        if self._takes:
            self._pieces.append(data)


class _Elements(_Part):
    """Every element of a small part."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def begin(self, prefix: str) -> None:
        self.parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.append((tag.rpartition(":")[2], attributes))


def shared_strings(stream: IO[bytes]) -> list[str]:
    """The strings that cells refer to by number; DamagedPartError if they cannot be read."""
    strings = _Strings()
    for _ in strings.parse(stream):
        pass
    return strings.found


def elements(stream: IO[bytes]) -> list[tuple[str, dict[str, str]]]:
    """(name without prefix, attributes) of each element below the root; DamagedPartError."""
    part = _Elements()
    for _ in part.parse(stream):
        pass
    return part.found
