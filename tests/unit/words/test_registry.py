import pytest

from ove_capacity.errors import UnknownNameError
from ove_capacity.registry import Registry


def test_a_wrong_name_is_answered_with_the_known_ones_and_the_nearest():
    registry = Registry("prioritizer", {"Steady": 1, "Balance": 2})
    with pytest.raises(UnknownNameError) as refusal:
        registry.get("Stedy")
    assert str(refusal.value) == (
        "unknown prioritizer 'Stedy'; known: Balance, Steady. Did you mean 'Steady'?"
    )


def test_a_notebook_adds_and_removes_its_own():
    registry = Registry("prioritizer", {"Steady": 1})
    registry.add("Cost", 3)
    assert (registry.get("Cost"), registry.names()) == (3, ("Cost", "Steady"))
    registry.remove("Cost")
    assert "Cost" not in registry


def test_a_taken_name_is_refused():
    registry = Registry("prioritizer", {"Steady": 1})
    with pytest.raises(ValueError, match="'Steady' exists already"):
        registry.add("Steady", 2)


def test_other_packages_register_by_entry_point():
    registry = Registry("console script", {}, group="console_scripts")
    assert callable(registry.get("pytest"))
