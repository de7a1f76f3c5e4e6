"""YAML as people mean it: what is typed, what is text, what is warned of, where things stand."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import path_text, plain
from ove_capacity.manifests.scalars import read_otherwise
from ove_capacity.quantity import Quantity


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("5", 5),
        ("-5", -5),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("yes", "yes"),
        ("No", "No"),
        ("True", "True"),
        ("~", "~"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("+5", "+5"),
        ("4.15.3", "4.15.3"),
        ("2024-01-01", "2024-01-01"),
        ("'5'", "5"),
        ('"true"', "true"),
    ],
)
def test_only_json_words_and_numbers_are_typed(documents, written, value):
    read = documents(f"a: {written}")[0].value["a"]
    assert read == value
    assert isinstance(read, type(value))


@pytest.mark.parametrize("text", ["0.1", "1.10", "1e400", "1E3", "-0", "4.20", "9" * 5000])
def test_numbers_keep_their_text(documents, text):
    assert repr(documents(f"a: {text}")[0].value["a"]) == text


def test_a_number_is_an_exact_quantity(documents):
    value = documents("a: 1.10")[0].value["a"]
    assert Quantity.parse(value) == Quantity.parse("1.10")


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("no", "false"),
        ("y", "true"),
        ("ON", "true"),
        ("off", "false"),
        ("True", "true"),
        ("~", "null"),
        ("010", "8"),
        ("0x1f", "31"),
        ("12:30", "a number to the base of 60"),
        ("0000:18:00.1", "a number to the base of 60"),
        ("08", "8"),
        ("01.5", "1.5"),
        ("1__0", "10"),
        ("+.5e3", "500"),
        ("1.5", ""),
        ("1_000", "1000"),
        (".inf", "a number"),
        ("-0x1F", "-31"),
        ("0b11", "3"),
        ("0x1ffffffffffffffffffff", "a number"),
        ("+1e400", ""),
        ("none", ""),
        ("4.15.3", ""),
        ("1.2.3.4", ""),
        ("10m", ""),
        ("2024-01-01", ""),
    ],
)
def test_what_others_read_otherwise_is_known(text, other):
    assert read_otherwise(text) == other


def test_plain_text_that_kubectl_reads_otherwise_is_warned_of(documents, problems):
    documents("a: no\nb: 'no'\n")
    assert [str(each) for each in problems.warnings] == [
        "test.yaml:1:4 — 'no' is read as text; kubectl reads false: "
        "put it in quotes, or write false"
    ]


def test_many_such_texts_are_counted_instead(documents, problems):
    documents("- no\n" * 25)
    assert len(problems.warnings) == 21
    assert str(problems.warnings[-1]) == (
        "test.yaml:21:3 — and 5 more such texts in this file, the next one here"
    )


def test_every_value_and_key_knows_its_place(documents):
    document = documents("a:\n  - b: 1\n    c: 2\n")[0]
    assert document.place(("a", 0, "c")) == (3, 8)
    assert document.place(("a", 0, "c"), key=True) == (3, 5)
    assert document.place(("a", 0, "missing")) == (2, 5)


def test_merge_keys_fill_in_what_is_not_written(documents):
    text = "x: &x {a: 1, b: 2}\nz: &z {b: 5, c: 6}\ny:\n  <<: [*x, *z]\n  a: 3\n"
    assert plain(documents(text)[0].value)["y"] == {"a": 3, "b": 2, "c": 6}


def test_a_quoted_merge_key_is_just_a_key(documents):
    assert plain(documents("'<<': 1")[0].value) == {"<<": 1}


def test_json_and_several_documents_are_read(documents):
    assert [plain(each.value) for each in documents('{"a": [1,\n\t2]}\n---\n---\nb: c\n')] == [
        {"a": [1, 2]},
        {"b": "c"},
    ]


def test_braces_in_quotes_are_no_template(documents):
    assert documents('a: "{{ $labels.x }}"')[0].value == {"a": "{{ $labels.x }}"}


def test_a_path_reads_as_people_write_it():
    assert path_text(("a", 0, "b", "x.y/z")) == 'a[0].b."x.y/z"'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\uD83D\uDE00!", "\U0001f600!"),
        (r"\\ud83d\\ude00", r"\ud83d\ude00"),
        (r"\u00e9\/\n", "\u00e9/\n"),
    ],
)
def test_escapes_of_json_are_read_as_json_means_them(documents, written, read):
    assert plain(documents('{"a": "' + written + '"}')[0].value) == {"a": read}


def test_columns_behind_such_an_escape_are_those_of_the_file(documents):
    pair = r"\ud83d\ude00"
    text = '{"a": "' + pair * 2 + '", "b":\n "' + pair + '", "c": [1, "' + pair + '", 2]}'
    document = documents(text)[0]
    lines = text.split("\n")
    assert document.place(("b",), key=True) == (1, lines[0].index('"b"') + 1)
    assert document.place(("c",), key=True) == (2, lines[1].index('"c"') + 1)
    assert document.place(("c", 2)) == (2, lines[1].index("2]") + 1)


def test_half_a_character_is_refused(documents):
    with pytest.raises(
        ScenarioError, match=r"test.yaml:1:\d+ — is not YAML: found invalid Unicode"
    ):
        documents(r'{"a": "\ud83d"}')


def test_numbers_in_a_list_are_shown_as_they_were_written(documents):
    text = "[0.1, 1e400, 1.10, -0, 123456789012345678901234567890, 1E5]"
    found = documents(text)[0].value
    assert repr(found) == text
    assert [Quantity.parse(each).nano for each in found[:1]] == [100_000_000]
