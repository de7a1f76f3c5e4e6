import pytest

from ove_capacity.tables import Table

TABLE = Table.of(
    "Nodes", ["node", "free_gib", "why"], [["w1", 1234.5, "x" * 300], ["w2", None, ""]]
)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_asked_and_nothing_is_lost(width):
    text = TABLE.text(width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("x") == 300


def test_many_columns_still_fit():
    wide = Table.of("", [f"a_long_name_{i}" for i in range(30)], [["value"] * 30])
    assert max(map(len, wide.text().splitlines())) <= 100


def test_a_name_too_long_for_its_column_is_cut_where_its_parts_are_joined():
    name = "vm-production/vm-workload-placement"
    lines = Table.of("", ["a", "b"], [[name, "x" * 24]]).text(46).splitlines()[2:]
    assert [line[:20].rstrip() for line in lines] == ["vm-production/vm-", "workload-placement"]


def test_numbers_stand_to_the_right():
    text = Table.of("", ["vm", "count"], [["a", 1], ["b", 1000]]).text()
    assert text.splitlines()[2:] == ["a       1", "b   1,000"]


def test_html_is_escaped():
    assert "<td>&lt;b&gt;</td>" in Table.of("t", ["c"], [["<b>"]]).html()


def test_rows_are_handed_on_by_column():
    assert TABLE.to_dicts()[1] == {"node": "w2", "free_gib": None, "why": ""}


def test_a_row_of_another_length_is_a_bug():
    with pytest.raises(AssertionError):
        Table.of("t", ["a"], [["1", "2"]])
