"""The tabs of one RVTools workbook -> records by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError, did_you_mean
from ove_capacity.ingest.headers import TABS, Columns, columns_of, tab_of
from ove_capacity.ingest.sheet import Row
from ove_capacity.ingest.xlsx import Workbook

__all__ = ["Record", "Tab", "tabs_of"]

_HEADER_WITHIN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a tab."""

    row: int
    fields: Mapping[str, str]

    def get(self, field: str) -> str:
        """The text of a field; "" when the cell is empty or the tab has no such column."""
        return self.fields.get(field, "")


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab that is read."""

    file: str
    title: str
    """As the workbook calls it."""
    columns: Columns
    records: tuple[Record, ...]
    headers_again: int = 0
    """Rows that repeat the header, as merged workbooks have them."""

    def place(self, record: Record, field: str = "") -> str:
        """``file.xlsx!vInfo!C7``; without a field that has a column, ``file.xlsx!vInfo!7``."""
        return f"{self.file}!{self.title}!{self.columns.letters.get(field, '')}{record.row}"


def _read(book: Workbook, title: str, tab: str) -> Tab | None:
    """The tab; None when no row of it is a header that we know."""
    columns: Columns | None = None
    records: list[Record] = []
    again = tried = 0
    with book.rows(title) as rows:
        for row in rows:
            if columns is None:
                tried += 1
                if tried > _HEADER_WITHIN_ROWS:
                    return None
                columns = columns_of(tab, row.cells)
                rows.wanted = columns.wanted if columns else None
            elif fields := _fields(columns, row):
                if all(columns.headers[field] == text for field, text in fields.items()):
                    again += 1
                else:
                    records.append(Record(row.number, fields))
    return Tab(Path(book.file).name, title, columns, tuple(records), again) if columns else None


def _fields(columns: Columns, row: Row) -> dict[str, str]:
    cells = row.cells
    return {field: cells[at] for field, at in columns.letters.items() if at in cells}


def tabs_of(book: Workbook) -> dict[str, Tab]:
    """What is read of a workbook, by our names of the tabs.

    Raises:
        ScenarioError: it is no RVTools workbook, or damaged.
    """
    titles: dict[str, str] = {}
    for title in book.tabs:
        titles.setdefault(tab_of(title), title)
    if "vInfo" not in titles:
        listed = ", ".join(title[:40] for title in book.tabs[:12]) or "none"
        guess = did_you_mean("vInfo", book.tabs)
        message = f"has no tab vInfo, so it is no RVTools export (its tabs: {listed})"
        raise ScenarioError(Problem(message, book.file, suggestion=guess))
    found = {}
    for tab in TABS:
        if tab in titles:
            read = _read(book, titles[tab], tab)
            if read is not None:
                found[tab] = read
    if "vInfo" not in found:
        message = "no row of it is an RVTools header with a column VM and another we know"
        raise ScenarioError(Problem(message, f"{book.file}!{titles['vInfo']}"))
    return found
