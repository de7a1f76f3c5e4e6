"""Tournament trees: the best of many leaves in O(log n), with the number of equals.

Trees are rows of two int64 arrays of shape (trees, 2 * width), width a power of two: vertex 1 is
the root, vertex ``width + i`` is leaf i. ``best`` holds the largest value below a vertex and
``equals`` how many leaves have it. A negative value means "not in the running".
"""

from __future__ import annotations

from ove_capacity.kernels.compile import Array, kernel

__all__ = ["join_vertex", "pick", "rebuild", "set_leaf"]


@kernel
def join_vertex(best: Array, equals: Array, row: int, vertex: int) -> None:
    """Recompute one inner vertex from the two below it."""
    left = best[row, 2 * vertex]
    right = best[row, 2 * vertex + 1]
    if left > right:
        best[row, vertex] = left
        equals[row, vertex] = equals[row, 2 * vertex]
    elif right > left:
        best[row, vertex] = right
        equals[row, vertex] = equals[row, 2 * vertex + 1]
    else:
        best[row, vertex] = left
        equals[row, vertex] = equals[row, 2 * vertex] + equals[row, 2 * vertex + 1]


@kernel
def rebuild(best: Array, equals: Array, row: int, width: int) -> None:
    """Recompute every inner vertex after all leaves were written."""
    for vertex in range(width - 1, 0, -1):
        join_vertex(best, equals, row, vertex)


@kernel
def set_leaf(best: Array, equals: Array, row: int, width: int, leaf: int, value: int) -> None:
    """Write one leaf and repair the path above it, as far as anything changes."""
    vertex = width + leaf
    if best[row, vertex] == value:
        return
    best[row, vertex] = value
    equals[row, vertex] = 1
    vertex //= 2
    while vertex > 0:
        before_best = best[row, vertex]
        before_equals = equals[row, vertex]
        join_vertex(best, equals, row, vertex)
        if best[row, vertex] == before_best and equals[row, vertex] == before_equals:
            return
        vertex //= 2


@kernel
def pick(best: Array, equals: Array, row: int, width: int, draw: float) -> int:
    """The leaf with the largest value, or -1 when none is in the running.

    *draw* in [0, 1) chooses among equals: 0.0 the first, otherwise each with the same chance.
    """
    if best[row, 1] < 0:
        return -1
    skip = int(draw * equals[row, 1])
    vertex = 1
    while vertex < width:
        vertex *= 2
        if best[row, vertex] == best[row, vertex // 2]:
            if skip < equals[row, vertex]:
                continue
            skip -= equals[row, vertex]
        vertex += 1
    return vertex - width
