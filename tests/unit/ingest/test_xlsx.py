from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest import xlsx
from ove_capacity.ingest.xlsx import opened
from tests.unit.ingest.workbook import sheet, sheet_of, workbook, write_parts


def rows_of(path: Path, tab: str = "vInfo") -> list[tuple[int, dict[str, str]]]:
    with opened(path) as book, book.rows(tab) as rows:
        return [(row.number, dict(row.cells)) for row in rows]


def read_sheet(tmp_path: Path, rows: str, **more: str) -> list[tuple[int, dict[str, str]]]:
    return rows_of(write_parts(tmp_path / "a.xlsx", {"vInfo": sheet_of(rows)}, **more))


def test_cells_are_text_by_column_and_empty_ones_are_not_there(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", {"vInfo": [["VM", "CPUs"], ["", ""], ["db", "", 4]]})
    assert rows_of(book) == [(1, {"A": "VM", "B": "CPUs"}), (3, {"A": "db", "C": "4"})]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" t="str"><f>HYPERLINK("http://x")</f><v>seen</v></c>', "seen"),
        ('<c r="A1" t="s"><v>1</v></c>', "shared"),
        ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="A1" t="inlineStr"><is><t>a</t><rPh><t>hint</t></rPh></is></c>', "a"),
        ("<c><v>7</v></c>", "7"),
        ('<c r="A1">\n <v>7</v>\n</c>', "7"),
    ],
)
def test_a_cell_says_what_was_saved(tmp_path: Path, cell: str, text: str) -> None:
    strings = "<sst><si><t>no</t></si><si><r><t>sha</t></r><r><t>red</t></r></si></sst>"
    assert read_sheet(tmp_path, f'<row r="1">{cell}</row>', sharedStrings=strings) == [
        (1, {"A": text})
    ]


def test_a_formula_without_a_saved_value_is_an_empty_cell(tmp_path: Path) -> None:
    assert read_sheet(tmp_path, '<row r="1"><c r="A1"><f>1+1</f></c></row>') == []


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert read_sheet(tmp_path, far) == [(1048576, {"XFD": "1"})]


def test_cells_without_a_reference_follow_each_other(tmp_path: Path) -> None:
    cells = "".join(f"<c><v>{i}</v></c>" for i in range(28))
    ((_, found),) = read_sheet(tmp_path, f"<row>{cells}</row>")
    assert [found["A"], found["Z"], found["AA"], found["AB"]] == ["0", "25", "26", "27"]


def test_a_prefix_of_the_namespace_is_no_matter(tmp_path: Path) -> None:
    book = write_parts(tmp_path / "a.xlsx", {"vInfo": sheet([["VM"], [3]], prefix="x:")})
    assert rows_of(book) == [(1, {"A": "VM"}), (2, {"A": "3"})]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('<row><c t="s"><v>7</v></c></row>', "refers to a text that does not exist, in A1"),
        ("<row><c><v>1</c></row>", "its XML is not well-formed"),
        ("<row><c><v>1", "its XML is not well-formed"),
        ("<row><c t='str'><v>" + "x" * 300_000 + "</v></c></row>", "more text in A1 than a cell"),
        ("<row>" + "<c><v>1</v></c>" * 16_385 + "</row>", "more cells in row 1 than a row"),
    ],
    ids=["string", "crossed", "cut", "long", "wide"],
)
def test_a_damaged_sheet_is_refused_with_its_tab(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message) as caught:
        read_sheet(tmp_path, rows)
    assert caught.value.problems[0].file.endswith("a.xlsx!vInfo")


@pytest.mark.parametrize("code", ["x-none", "rot13", "zlib", "unicode_escape", ""])
def test_a_part_in_an_odd_encoding_is_refused(tmp_path: Path, code: str) -> None:
    said = f'<?xml version="1.0" encoding="{code}"?><worksheet/>'
    with pytest.raises(ScenarioError, match=r"not in UTF-8|not well-formed"):
        rows_of(write_parts(tmp_path / "a.xlsx", {"vInfo": said}))


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet><sheetData/></worksheet>'
    with pytest.raises(ScenarioError, match="document type"):
        rows_of(write_parts(tmp_path / "a.xlsx", {"vInfo": bomb}))


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "UNPACKED_MAX_BYTES", 1 << 20)
    with pytest.raises(ScenarioError, match="unpacks to more than 1 MiB"):
        read_sheet(tmp_path, " " * (1 << 20))


def test_a_bomb_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    book = write_parts(tmp_path / "a.xlsx", {"vInfo": sheet_of(" " * 100_000)})
    data = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = bytes(data).replace(size.to_bytes(4, "little"), (500).to_bytes(4, "little"))
    book.write_bytes(lying)
    with pytest.raises(ScenarioError, match="is damaged"):
        rows_of(book)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"VM;CPUs\n", "is not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "is encrypted, or an old .xls"),
        (b"PK\x03\x04" + b"\0" * 90, "is damaged or cut off"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    with pytest.raises(ScenarioError, match=message), opened(file):
        pass


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", {"vInfo": [["VM", "CPUs"], ["db", 4]]})
    book.write_bytes(book.read_bytes()[:-200])
    with pytest.raises(ScenarioError, match="damaged or cut off"):
        rows_of(book)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ScenarioError, match="no Excel workbook"), opened(file):
        pass


@pytest.mark.parametrize(("name", "message"), [("", "is a folder"), ("no.xlsx", "does not exist")])
def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message), opened(tmp_path / name):
        pass
