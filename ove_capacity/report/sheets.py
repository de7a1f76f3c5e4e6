"""Tables as CSV, Parquet and Excel files: same tables, same bytes.

Numbers stay numbers. A name that a spreadsheet would take for a formula is text in Parquet and
Excel files, whose cells know their type; in CSV, which knows none, an apostrophe goes before it.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterable

import polars as pl
import xlsxwriter

from ove_capacity.analysis.frames import frame
from ove_capacity.tables import Table

__all__ = ["csv_bytes", "named", "parquet_bytes", "workbook_bytes"]

_CREATED = datetime.datetime(1980, 1, 1, tzinfo=datetime.UTC)
"""Of every workbook: no wall time in results. Zip files know no earlier date."""
_FORMULA = r"^[=+\-@\t\r]."
"""What spreadsheets take for a formula when they open CSV; a lone sign is none."""
_NAME_LENGTH = 31
"""Of a sheet, as Excel allows."""
_CELL_LENGTH = 32_767
"""Of a cell's text, as Excel allows."""
_COLUMN_WIDTH = 60


def named(tables: Iterable[Table]) -> dict[str, pl.DataFrame]:
    """Each table as a frame, by a short name made of its title: ``what-still-fits``."""
    found: dict[str, pl.DataFrame] = {}
    for table in tables:
        short = name = _short(table.title)
        number = 1
        while name in found:
            number += 1
            name = f"{short}-{number}"
        found[name] = frame(table)
    return found


def csv_bytes(table: pl.DataFrame) -> bytes:
    """UTF-8, comma, a header; text that looks like a formula begins with an apostrophe."""
    text = pl.col(pl.String)
    guarded = pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text)
    return table.with_columns(guarded.name.keep()).write_csv().encode()


def parquet_bytes(table: pl.DataFrame) -> bytes:
    """One Parquet file."""
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


def workbook_bytes(tables: dict[str, pl.DataFrame]) -> bytes:
    """One sheet a table, with a header that stays in sight; no cell is a formula or a link."""
    file = io.BytesIO()
    literally = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    with xlsxwriter.Workbook(file, {"in_memory": True, **dict.fromkeys(literally, False)}) as book:
        book.set_properties({"created": _CREATED})
        bold = book.add_format({"bold": True})
        for name, table in tables.items():
            sheet = book.add_worksheet(name[:_NAME_LENGTH])
            sheet.freeze_panes(1, 0)
            for column, series in enumerate(table):
                cells = [_cell(value) for value in series]
                sheet.write_string(0, column, series.name, bold)
                sheet.write_column(1, column, cells)
                widest = max(len(str(each)) for each in [series.name, *cells])
                sheet.set_column(column, column, min(_COLUMN_WIDTH, widest + 2))
    return file.getvalue()


def _cell(value: object) -> object:
    return value[:_CELL_LENGTH] if isinstance(value, str) else value


def _short(title: str) -> str:
    head = re.split(r"[:,;(]", title.lower())[0]
    whole = re.sub(r"[^a-z0-9]+", "-", head).strip("-")
    room = _NAME_LENGTH - 3  # for a number behind it
    if len(whole) > room:
        whole = whole[: room + 1].rpartition("-")[0] or whole[:room]
    return whole or "table"
