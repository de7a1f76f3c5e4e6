"""A table that shows itself as text or as HTML, without jinja2 or rich."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Cell", "Table"]

Cell = str | int | float | bool | None
"""Numbers are set to the right, everything else to the left; None shows as nothing."""

_GAP = "  "
_JOINTS = "-/.:=_"
_LONG_WORD = 24
"""Longer words are broken first, when words must be broken at all."""


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column names that end in their unit, and rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences shown below."""

    def __post_init__(self) -> None:
        """A row of another length is a bug of whoever made the table."""
        assert all(len(row) == len(self.columns) for row in self.rows), self.title

    @classmethod
    def of(cls, title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
        """A table from any sequences."""
        return cls(title, tuple(columns), tuple(tuple(row) for row in rows))

    def to_dicts(self) -> list[dict[str, Cell]]:
        """Each row as a mapping from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def text(self, width: int = 100) -> str:
        """Plain text of at most *width* characters a line; long cells wrap."""
        cells = [[_shown(cell) for cell in row] for row in self.rows]
        widths = _fit(self.columns, cells, width)
        right = [_is_numeric([row[i] for row in self.rows]) for i in range(len(self.columns))]
        lines = textwrap.wrap(self.title, width) if self.title else []
        if self.columns:
            lines += _lines(list(self.columns), widths, right, is_head=True)
            lines.append(_GAP.join("-" * each for each in widths))
        for row in cells:
            lines += _lines(row, widths, right)
        for note in self.notes:
            lines += textwrap.wrap(note, width, subsequent_indent="  ")
        return "\n".join(lines)

    def html(self) -> str:
        """A ``<table>``, every cell escaped."""
        right = [_is_numeric([row[i] for row in self.rows]) for i in range(len(self.columns))]
        align = [' style="text-align:right"' if each else "" for each in right]
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        body = "".join(
            "<tr>"
            + "".join(
                f"<td{style}>{html.escape(_shown(cell))}</td>"
                for cell, style in zip(row, align, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        thead = f"<thead><tr>{head}</tr></thead>"
        return f"<table>{caption}{thead}<tbody>{body}</tbody></table>{notes}"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.html()


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:,.1f}"
        case int():
            return f"{cell:,}"
        case str():
            return " ".join(cell.split())


def _is_numeric(column: Sequence[Cell]) -> bool:
    present = [cell for cell in column if cell is not None]
    return bool(present) and all(
        isinstance(cell, int | float) and not isinstance(cell, bool) for cell in present
    )


def _fit(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of the columns: what they need, the widest cut down until the line fits.

    Words are kept whole as long as that is possible; then the long ones are broken first.
    """
    texts = [[column, *(row[i] for row in cells)] for i, column in enumerate(columns)]
    widths = [min(width, max(1, *map(len, each))) for each in texts]
    words = [
        max(map(len, [*_hyphenated(head), *" ".join(each).split()]), default=1)
        for head, *each in texts
    ]
    spare = width - len(_GAP) * (len(widths) - 1)
    for longest in (width, _LONG_WORD, 1):
        least = [max(1, min(longest, word)) for word in words]
        while sum(widths) > spare:
            shrinkable = [i for i, each in enumerate(widths) if each > least[i]]
            if not shrinkable:
                break
            widths[max(shrinkable, key=widths.__getitem__)] -= 1
    return widths


def _hyphenated(column: str) -> list[str]:
    """The pieces that a column's name may be broken into; cells hold names to be copied whole."""
    return column.replace("-", "- ").split()


def _broken(cell: str, width: int) -> str:
    """The cell with words that are longer than a line cut where names are joined, if that will do.

    No two pieces of a word fit on one line, so none of them is parted from its word by a space.
    """
    return " ".join(piece for word in cell.split(" ") for piece in _pieces(word, width))


def _pieces(word: str, width: int) -> Iterator[str]:
    while len(word) > width:
        end = max(word.rfind(mark, 0, width) for mark in _JOINTS) + 1 or width
        yield word[:end]
        word = word[end:]
    yield word


def _lines(
    cells: list[str], widths: list[int], right: list[bool], *, is_head: bool = False
) -> list[str]:
    wrapped = [
        textwrap.wrap(_broken(cell, each), each, break_on_hyphens=is_head) or [""]
        for cell, each in zip(cells, widths, strict=True)
    ]
    lines = []
    for i in range(max(len(parts) for parts in wrapped)):
        line = [
            (parts[i] if i < len(parts) else "").rjust(each)
            if at_right
            else (parts[i] if i < len(parts) else "").ljust(each)
            for parts, each, at_right in zip(wrapped, widths, right, strict=True)
        ]
        lines.append(_GAP.join(line).rstrip())
    return lines
