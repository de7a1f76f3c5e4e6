import pytest

from ove_capacity.model.placement import ManagedCluster, Placement
from ove_capacity.ocm.prioritizers.balance import balance
from ove_capacity.ocm.prioritizers.resource_allocatable import (
    allocatable_score,
    approximate_float,
    resource_allocatable_cpu,
    resource_allocatable_memory,
)
from ove_capacity.ocm.prioritizers.steady import steady

HERE = Placement("here", "ns")


@pytest.mark.parametrize(
    ("count", "most", "score"),
    [(0, 7, 100), (1, 7, 70), (2, 7, 42), (3, 7, 14), (4, 7, -14), (7, 7, -100), (1, 1, -100)],
)
def test_balance_truncates_before_it_doubles(count, most, score):
    others = {"ns/a": ["rival"] * most, "other/b": ["c"] * count, "ns/here": ["c"] * 50}
    assert balance(HERE, [ManagedCluster("c")], others) == {"c": score}


def test_steady_gives_100_or_0():
    clusters = [ManagedCluster("a"), ManagedCluster("b")]
    decisions = {"ns/here": ["a"], "other/here": ["b"]}
    assert steady(HERE, clusters, decisions) == {"a": 100, "b": 0}


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
    assert list(resource_allocatable_cpu(HERE, clusters, {}).values()) == scores


def test_a_cluster_that_lacks_the_resource_gets_no_score():
    clusters = [sized("a", memory=1 << 40), ManagedCluster("b"), sized("c", memory=1 << 30)]
    assert resource_allocatable_memory(HERE, clusters, {}) == {"a": 100, "c": -100}


def test_allocatable_without_capacity_does_not_count():
    assert resource_allocatable_cpu(HERE, [ManagedCluster("a", {}, {}, {"cpu": 1})], {}) == {}


@pytest.mark.parametrize(
    ("milli", "expected"), [(1500, 1500 * 0.001), (2000, 2.0), (47_503, 47_503 * 0.001)]
)
def test_a_fraction_of_a_core_is_one_multiplication(milli, expected):
    assert approximate_float("cpu", milli) == expected


def test_scores_truncate_toward_zero():
    assert [allocatable_score(x, 0.0, 3.0) for x in (0.0, 1.0, 2.0, 3.0)] == [-100, -33, 33, 100]


def sized(name, **amounts):
    return ManagedCluster(name, {}, amounts, amounts)
