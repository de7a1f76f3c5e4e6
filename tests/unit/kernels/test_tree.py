"""The tournament tree finds what a scan finds."""

import numpy as np
import pytest

from ove_capacity.kernels.tree import pick, rebuild, set_leaf

WIDTH = 8


def tree(values):
    best = np.full((1, 2 * WIDTH), -1, np.int64)
    equals = np.ones((1, 2 * WIDTH), np.int64)
    best[0, WIDTH : WIDTH + len(values)] = values
    rebuild(best, equals, 0, WIDTH)
    return best, equals


@pytest.mark.parametrize(
    ("values", "draw", "leaf"),
    [
        ([3, 9, 1], 0.0, 1),
        ([5, 5, 5], 0.0, 0),
        ([5, 5, 5], 0.34, 1),
        ([5, 5, 5], 0.99, 2),
        ([5, 1, 5, -1, 5], 0.99, 4),
        ([-1, -1], 0.0, -1),
    ],
)
def test_the_best_leaf_is_picked_and_a_draw_chooses_among_equals(values, draw, leaf):
    assert pick(*tree(values), 0, WIDTH, draw) == leaf


def test_repaired_leaf_by_leaf_it_equals_a_tree_built_anew():
    rng = np.random.default_rng(1)
    values = rng.integers(-1, 4, WIDTH)
    best, equals = tree(values)
    for _ in range(200):
        leaf, value = int(rng.integers(WIDTH)), int(rng.integers(-1, 4))
        values[leaf] = value
        set_leaf(best, equals, 0, WIDTH, leaf, value)
        anew = tree(values)
        assert np.array_equal(best, anew[0])
        assert pick(best, equals, 0, WIDTH, 0.0) == pick(*anew, 0, WIDTH, 0.0)
        assert pick(best, equals, 0, WIDTH, 0.999) == pick(*anew, 0, WIDTH, 0.999)
