from __future__ import annotations

import pytest

from ove_capacity.errors import Problem, ScenarioError, UnknownNameError, did_you_mean


def test_an_unknown_name_comes_with_the_known_ones_and_the_nearest() -> None:
    error = UnknownNameError("prioritizer", "Stedy", ["Balance", "Steady"])
    assert str(error) == (
        "unknown prioritizer 'Stedy'; known: Balance, Steady. Did you mean 'Steady'?"
    )


def test_a_fleet_of_names_is_not_listed_in_full() -> None:
    error = UnknownNameError("VM", "xyz", [f"db-{i}" for i in range(100, 1100)])
    assert str(error).endswith("db-111 and 988 more")


def test_problems_are_told_in_the_order_of_the_file_and_once_each() -> None:
    late, early = Problem("b", "s.yaml", 9, 1), Problem("a", "s.yaml", 2, 5)
    assert ScenarioError([late, early, late]).problems == (early, late)


@pytest.mark.parametrize(
    ("name", "meant"), [("coutn", "count"), ("COUNT", "count"), ("zzz", ""), ("", "")]
)
def test_what_was_meant_is_the_nearest_name_or_nothing(name: str, meant: str) -> None:
    assert did_you_mean(name, ["count", "cluster"]) == meant
