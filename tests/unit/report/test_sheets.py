from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from ove_capacity.ingest.xlsx import opened
from ove_capacity.report.sheets import csv_bytes, named, parquet_bytes, workbook_bytes
from ove_capacity.tables import Table

TABLE = Table(
    "Rooms: how many fit",
    ("name", "free_gib", "count", "sure", "reason"),
    (("web", 1.5, 3, True, None), ("=cmd()|A0", 2, 1 << 40, False, "-"), ("db", None, 0, True, "")),
)


def sheet(table: Table = TABLE) -> str:
    book = zipfile.ZipFile(io.BytesIO(workbook_bytes(named([table]))))
    return book.read("xl/worksheets/sheet1.xml").decode()


def test_numbers_stay_numbers_in_a_frame() -> None:
    (frame,) = named([TABLE]).values()
    assert frame.dtypes == [pl.String, pl.Float64, pl.Int64, pl.Boolean, pl.String]
    assert frame["free_gib"].to_list() == [1.5, 2.0, None]


def test_a_column_of_numbers_and_words_is_all_words() -> None:
    (frame,) = named([Table.of("t", ["x"], [[1], ["none"], [None]])]).values()
    assert frame["x"].to_list() == ["1", "none", None]


def test_tables_are_named_after_their_titles_and_never_alike() -> None:
    titles = ["What still fits: more VMs", "What still fits, alone", "", "x" * 60, "Use " * 20]
    assert list(named([Table(title, ("a",)) for title in titles])) == [
        *("what-still-fits", "what-still-fits-2", "table", "x" * 28, "use-use-use-use-use-use-use"),
    ]


def test_an_empty_table_keeps_its_columns() -> None:
    (frame,) = named([Table("t", ("a", "b"))]).values()
    assert (frame.columns, csv_bytes(frame)) == (["a", "b"], b"a,b\n")
    assert pl.read_parquet(parquet_bytes(frame)).columns == ["a", "b"]


def test_parquet_reads_back_equal() -> None:
    (frame,) = named([TABLE]).values()
    assert pl.read_parquet(parquet_bytes(frame)).equals(frame)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("web", "web"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-x", "'-x"),
        ("+x", "'+x"),
        ("-", "-"),
        ("a=b", "a=b"),
    ],
)
def test_a_name_in_csv_is_no_formula(name: str, written: str) -> None:
    (frame,) = named([Table("t", ("name", "n"), ((name, -1),))]).values()
    assert csv_bytes(frame).decode() == f"name,n\n{written},-1\n"


def test_csv_reads_back_equal_where_nothing_looks_like_a_formula() -> None:
    (frame,) = named([Table("t", TABLE.columns, (TABLE.rows[0], TABLE.rows[2]))]).values()
    assert pl.read_csv(csv_bytes(frame)).equals(frame)


def test_a_workbook_holds_typed_cells_and_no_formula() -> None:
    xml = sheet()
    assert "<f>" not in xml
    assert "<v>1099511627776</v>" in xml
    assert 't="b"><v>1</v>' in xml


def test_a_workbook_reads_back_equal(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook_bytes(named([TABLE, Table.of("other", ("n",), [(1,)])])))
    with opened(file) as book:
        assert book.tabs == ("rooms", "other")
        with book.rows("rooms") as rows:
            cells = [row.cells for row in rows]
    assert cells == [
        dict(zip("ABCDE", TABLE.columns, strict=True)),
        {"A": "web", "B": "1.5", "C": "3", "D": "TRUE"},
        {"A": "=cmd()|A0", "B": "2", "C": "1099511627776", "D": "FALSE", "E": "-"},
        {"A": "db", "C": "0", "D": "TRUE"},
    ]


def test_a_workbook_has_the_same_bytes_each_time() -> None:
    assert workbook_bytes(named([TABLE])) == workbook_bytes(named([TABLE]))
    assert b"1980-01-01" in zipfile.ZipFile(io.BytesIO(workbook_bytes(named([TABLE])))).read(
        "docProps/core.xml"
    )
