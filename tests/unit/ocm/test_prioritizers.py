import numpy as np
import pytest

from ove_capacity.model.managed_cluster import ManagedCluster, PlacementDecision
from ove_capacity.model.placement import Placement
from ove_capacity.ocm import Candidates, Decisions, Inventory
from ove_capacity.ocm.prioritizers.balance import balance
from ove_capacity.ocm.prioritizers.resource_allocatable import (
    allocatable_scores,
    approximate_float,
    resource_allocatable_cpu,
    resource_allocatable_memory,
    written_float,
)
from ove_capacity.ocm.prioritizers.steady import steady

HERE = Placement("here", "ns")


def candidates(*clusters, **decided):
    pages = [
        PlacementDecision(f"{name}-decision-1", "ns", name, clusters=tuple(names))
        for name, names in decided.items()
    ]
    inventory = Inventory(clusters)
    return Candidates(HERE, inventory, np.arange(len(clusters)), Decisions(pages))


def sized(name, **amounts):
    return ManagedCluster(name, {}, amounts, amounts)


@pytest.mark.parametrize(
    ("count", "most", "score"),
    [(0, 7, 100), (1, 7, 70), (2, 7, 42), (3, 7, 14), (4, 7, -14), (7, 7, -100), (1, 1, -100)],
)
def test_balance_truncates_before_it_doubles(count, most, score):
    asked = candidates(ManagedCluster("c"), a=["rival"] * most, b=["c"] * count, here=["c"] * 50)
    assert balance(asked) == {"c": score}


def test_balance_counts_pages_of_nobody_and_not_those_of_its_name_elsewhere():
    pages = [
        PlacementDecision("stray", "ns", "", clusters=("a",)),
        PlacementDecision("here-decision-1", "other", "here", clusters=("b", "b")),
        PlacementDecision("here-decision-1", "ns", "here", clusters=("c",) * 9),
    ]
    inventory = Inventory([ManagedCluster(name) for name in "abc"])
    asked = Candidates(HERE, inventory, np.arange(3), Decisions(pages))
    assert balance(asked) == {"a": 0, "b": -100, "c": 100}


def test_steady_gives_100_or_0():
    asked = candidates(ManagedCluster("a"), ManagedCluster("b"), here=["a"], there=["b"])
    assert steady(asked) == {"a": 100, "b": 0}


@pytest.mark.parametrize(
    ("cores", "scores"),
    [
        ([288, 192, 256], [100, -100, 33]),
        ([288, 287], [100, -100]),
        ([48, 48], [100, 100]),
        ([10, 11, 13], [-100, -33, 100]),
    ],
)
def test_cpu_scores_are_relative_to_the_candidates(cores, scores):
    clusters = [sized(f"c{i}", cpu=each * 1000) for i, each in enumerate(cores)]
    assert list(resource_allocatable_cpu(candidates(*clusters)).values()) == scores


def test_a_cluster_that_lacks_the_resource_gets_no_score():
    clusters = [sized("a", memory=1 << 40), ManagedCluster("b"), sized("c", memory=1 << 30)]
    assert resource_allocatable_memory(candidates(*clusters)) == {"a": 100, "c": -100}


def test_allocatable_without_capacity_does_not_count():
    alone = ManagedCluster("a", {}, {}, {"cpu": 1})
    assert resource_allocatable_cpu(candidates(alone)) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1500m", 1500 * 0.001),
        ("2", 2.0),
        ("1.75", 175 * 0.01),
        ("0.3", 3 * 0.1),
        ("300m", 300 * 0.001),
        ("1500000n", 1500000 * 1e-9),
        ("12k", 12 * 1e3),
        ("1Gi", float(1 << 30)),
        ("1.5Ki", 15 * 1024 * 0.1),
        ("1e3", 1 * 1e3),
        ("1.5E3", 15 * 1e2),
        ("2E", 2 * 1e18),
        (".5", 5 * 0.1),
        ("9" * 400, float((1 << 63) - 1)),
        ("1e400", float((1 << 63) - 1)),
        ("0." + "9" * 400, 1.0),
    ],
)
def test_a_written_quantity_is_one_multiplication_of_what_is_written(text, expected):
    assert written_float(text) == expected


@pytest.mark.parametrize(
    ("milli", "expected"), [(1500, 1500 * 0.001), (2000, 2.0), (47_503, 47_503 * 0.001)]
)
def test_a_fraction_of_a_core_is_one_multiplication(milli, expected):
    assert approximate_float("cpu", milli) == expected


def test_scores_truncate_toward_zero():
    scores = allocatable_scores(np.array([0.0, 1.0, 2.0, 3.0]))
    assert scores.tolist() == [-100, -33, 33, 100]
