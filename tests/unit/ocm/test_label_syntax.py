import pytest

from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm.label_syntax import selector_error

NAME = "name part must consist of alphanumeric characters"


@pytest.mark.parametrize(
    ("requirement", "begin"),
    [
        (Requirement("a", "In", ("b",)), ""),
        (Requirement("example.com/a.b_c", "NotIn", ("",)), ""),
        (Requirement("a", "Near", ("b",)), '"Near" is not a valid label selector operator'),
        (Requirement("a", "", ()), '"" is not a valid label selector operator'),
        (
            Requirement("a", "In"),
            "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            Requirement("a", "Exists", ("b", "c")),
            'values: Invalid value: ["b","c"]: values set must be empty for exists and does not',
        ),
        (Requirement("", "Exists"), 'key: Invalid value: "": name part must be non-empty'),
        (Requirement("-a", "Exists"), f'key: Invalid value: "-a": {NAME}'),
        (Requirement("a/b/c", "Exists"), 'key: Invalid value: "a/b/c": a valid label key must'),
        (Requirement("/b", "Exists"), 'key: Invalid value: "/b": prefix part must be non-empty'),
        (Requirement("A/b", "Exists"), 'key: Invalid value: "A/b": prefix part a lowercase RFC'),
        (
            Requirement("a" * 64, "Exists"),
            f'key: Invalid value: "{"a" * 64}": name part must be no more than 63 bytes',
        ),
        (
            Requirement("a", "In", ("ok", "x" * 64)),
            f'values[1][a]: Invalid value: "{"x" * 64}": must be no more than 63 bytes',
        ),
        (Requirement("a", "In", ("é",)), 'values[0][a]: Invalid value: "é": a valid label must'),
    ],
)
def test_a_requirement_is_refused_in_upstreams_words(requirement, begin):
    told = selector_error(LabelSelector((requirement,)))
    assert told.startswith(begin)
    assert bool(told) is bool(begin)


def test_only_the_first_wrong_requirement_is_told_with_all_that_is_wrong_in_it():
    wrong = Requirement("/", "In", ("a b", "a b"))
    told = selector_error(LabelSelector((wrong, Requirement("a", "Near"))))
    assert told.startswith("[key: ")
    assert told.count("Invalid value") == 3
