"""Cells as Linux shows them, in the words of a scenario."""

import pytest

from ove_capacity.ingest.layout import cells_of, distances_of, layout_of
from ove_capacity.ingest.sysinfo import Cell, Topology
from ove_capacity.model import topology as model


def machine(cells, siblings, packages, memory=(1 << 30, 2 << 30), pages=({}, {})):
    found = zip(range(len(cells)), cells, memory, pages, strict=False)
    by_cpu = {cpu: threads for threads in siblings for cpu in threads}
    return Topology(tuple(Cell(*each) for each in found), True, by_cpu, packages)


PAIRS = ((0, 4), (1, 5), (2, 6), (3, 7))
BLOCKS = machine(((0, 1, 4, 5), (2, 3, 6, 7)), PAIRS, {n: n // 2 % 2 for n in range(8)})
ALTERNATING = machine(((0, 2, 4, 6), (1, 3, 5, 7)), PAIRS, {n: n % 2 for n in range(8)})
ODD = machine(((0, 3, 4, 7), (1, 2, 5, 6)), PAIRS, {n: n % 2 for n in range(8)})
NEIGHBOURS = machine(
    ((0, 1, 2, 3), (4, 5, 6, 7)), ((0, 1), (2, 3), (4, 5), (6, 7)), {n: n // 4 for n in range(8)}
)


@pytest.mark.parametrize(
    ("found", "interleaved"),
    [(BLOCKS, False), (ALTERNATING, True), (ODD, None), (NEIGHBOURS, None)],
)
def test_a_layout_numbers_every_cpu_as_found_or_is_none(found, interleaved):
    layout = layout_of(found)
    if interleaved is None:
        assert layout is None
        return
    assert layout.topology == model.Topology(2, 2, 2)
    assert layout.interleaved is interleaved


def test_without_sockets_or_cores_nothing_is_said():
    assert layout_of(Topology(BLOCKS.cells, True)) is None
    assert layout_of(Topology(BLOCKS.cells, True, BLOCKS.siblings, {0: 0})) is None


def test_cells_are_the_smallest_of_like_machines_unless_pages_differ():
    small = machine((), (), {}, (), ())
    assert cells_of([small], {}) == []
    one = Topology((Cell(0, (0,), 8 << 30, {"1Gi": 4}),), False)
    two = Topology((Cell(0, (0,), 7 << 30, {"1Gi": 4}),), False)
    other = Topology((Cell(0, (0,), 8 << 30),), False)
    assert cells_of([one, two], {"1Gi": 4}) == [{"memory": "7Gi", "hugepages": {"1Gi": 4}}]
    assert cells_of([one, other], {"1Gi": 4}) == []
    assert cells_of([one, two], {"1Gi": 5}) == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([((10, 21), (21, 10))], [[10, 21], [21, 10]]),
        ([((10, 21), (21, 10))] * 2, [[10, 21], [21, 10]]),
        ([((10, 21), (21, 10)), ((10, 31), (31, 10))], []),
        ([((10, 20), (20, 10))], []),
        ([((), ())], []),
        ([((10, 21, 21), (21, 10, 21))], []),
    ],
)
def test_distances_are_said_where_they_are_alike_and_not_the_usual_ones(rows, found):
    machines = [
        Topology(tuple(Cell(n, (n,), 1, {}, row) for n, row in enumerate(each)), False)
        for each in rows
    ]
    assert distances_of(machines) == found
