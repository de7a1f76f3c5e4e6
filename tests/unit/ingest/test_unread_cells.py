from __future__ import annotations

from io import BytesIO

import pytest

from ove_capacity.ingest import sheet
from ove_capacity.ingest.sheet import DamagedPartError, SheetRows
from ove_capacity.ingest.unread_cells import UnreadCells
from tests.unit.ingest.workbook import sheet_of

HEAD = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="AB1"><v>3</v></c></row>'


def read(text: str, *, wanted: str = "") -> list[tuple[int, dict[str, str]]]:
    """All rows; after the first of them only the wanted columns, separated by spaces."""
    rows = SheetRows(BytesIO(text.encode()), ["no", "yes"])
    found = []
    for row in rows:
        found.append((row.number, dict(row.cells)))
        rows.wanted = frozenset(wanted.split()) if wanted else None
    return found


@pytest.mark.parametrize("chunk_bytes", [1, 7, 64, 1 << 16])
@pytest.mark.parametrize(
    "cells",
    [
        '<c r="A2"><v>1</v></c><c r="B2" s="3" t="s"><v>1</v></c><c r="AB2" s="1"/>',
        '<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="str"><f>1</f><v>b</v></c>',
        '<c r="B2" t="str"><v>&lt;c r="A2"&gt;</v></c><c r="A2"><v>7</v></c>',
        '<c r="B2" t="str"><v><![CDATA[<c r="A2"><v>5</v></c>]]></v></c><c r="A2"><v>7</v></c>',
        '<!-- <c r="A2"> --><c r="A2"><v>5</v></c><c r="B2"><v>6</v></c>',
        '<c cm="1" r="A2"><v>5</v></c><c\nr="B2"\n><v>6</v></c>',
        '<c r="A2"><v>5</v></c ><c r="b2"><v>6</v></c>',
    ],
)
def test_wanted_cells_are_the_same_whether_or_not_others_are_taken_out(
    monkeypatch: pytest.MonkeyPatch, cells: str, chunk_bytes: int
) -> None:
    monkeypatch.setattr(sheet, "_CHUNK_BYTES", chunk_bytes)
    rows = "".join(f'<row r="{n}">{cells}</row>' for n in range(2, 9))
    text = sheet_of(HEAD + rows + "<row/>" * 20_000 * (chunk_bytes > 64) + rows)
    for wanted in ("A", "B", "AB", "A AB"):
        assert only(read(text, wanted=wanted), wanted) == only(read(text), wanted)


def only(rows: list[tuple[int, dict[str, str]]], wanted: str) -> list[tuple[int, dict[str, str]]]:
    """Rows and what they hold in the wanted columns, if anything."""
    columns = wanted.split()
    kept = [(n, {at: cells[at] for at in columns if at in cells}) for n, cells in rows]
    return [each for each in kept if each[1]]


def test_most_of_a_sheet_never_reaches_the_parser() -> None:
    unread = UnreadCells("x:", frozenset(("B",)))
    needless, needed = '<x:c r="A2" s="1"><x:v>1</x:v></x:c>', '<x:c r="B2"><x:v>2</x:v></x:c>'
    assert unread.out_of((needless + needed).encode()) + unread.out_of(b"") == needed.encode()
    assert unread.number == 1


def test_a_sheet_that_numbers_some_cells_only_is_refused() -> None:
    row = '<row r="9"><c r="A9"><v>1</v></c><c r="B9"><v>1</v></c><c><v>2</v></c></row>'
    with pytest.raises(DamagedPartError, match="some cells"):
        read(sheet_of(HEAD + "<row/>" * 20_000 + row), wanted="A")
