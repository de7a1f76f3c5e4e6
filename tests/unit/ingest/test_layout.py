"""Cells as Linux shows them, in the words of a scenario."""

from dataclasses import replace

import pytest

from ove_capacity.ingest.layout import Layout, Unsaid, cells_of, distances_of, layout_of
from ove_capacity.ingest.sysinfo import Cache, Cell, Topology
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


IN_TURN_OR_BLOCKS = "its CPUs are numbered neither cell by cell nor in turn, first threads first"


@pytest.mark.parametrize(
    ("found", "interleaved"),
    [(BLOCKS, False), (ALTERNATING, True), (ODD, None), (NEIGHBOURS, None)],
)
def test_a_layout_numbers_every_cpu_as_found_or_is_none(found, interleaved):
    layout = layout_of(found)
    if interleaved is None:
        assert layout == Unsaid(IN_TURN_OR_BLOCKS)
        return
    assert layout == Layout(model.Topology(2, 2, 2), interleaved)


def cell(number, *cpus):
    return Cell(number, cpus, 1 << 30)


THREE_CORES = {0: (0, 3), 1: (1, 4), 2: (2,), 3: (0, 3), 4: (1, 4)}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Topology(BLOCKS.cells, True), "sockets or sibling threads are not told of every CPU"),
        (replace(BLOCKS, packages={0: 0}), "sockets or sibling threads are not told of every CPU"),
        (
            replace(BLOCKS, cells=(cell(0, 0, 1, 4, 5), cell(2, 2, 3, 6, 7))),
            "its cells are numbered 0, 2",
        ),
        (
            replace(BLOCKS, cells=(cell(0, 0, 1, 4, 5), cell(1), cell(2, 2, 3, 6, 7))),
            "a cell without CPUs comes before one with CPUs",
        ),
        (
            Topology(
                (cell(0, *range(5)),), True, THREE_CORES, dict.fromkeys(range(5), 0), {}, (5,)
            ),
            "5 CPUs of 3 cores do not divide; CPU 5 is not online",
        ),
        (
            replace(BLOCKS, packages={n: min(n, 2) for n in range(8)}, offline=tuple(range(8, 20))),
            "3 sockets, 2 cells with CPUs and 4 cores do not divide; "
            "CPUs 8, 9, 10, 11, 12, 13, 14, 15 and 4 more are not online",
        ),
    ],
)
def test_a_machine_that_has_no_short_form_says_why(found, reason):
    assert layout_of(found) == Unsaid(reason)


def test_cells_without_cpus_come_after_the_others():
    with_memory = replace(BLOCKS, cells=(*BLOCKS.cells, cell(2), Cell(3)))
    assert layout_of(with_memory) == Layout(
        model.Topology(2, 2, 2), interleaved=False, cells_without_cpus=2
    )
    assert cells_of([with_memory], {}) == [
        {"memory": "1Gi"},
        {"memory": "2Gi"},
        {"memory": "1Gi"},
        {"memory": 0},
    ]
    turned = replace(ALTERNATING, cells=(*ALTERNATING.cells, cell(2)))
    assert turned.numbering == "alternating"


ROME = Topology(
    (cell(0, *range(4), *range(8, 12)), cell(1, *range(4, 8), *range(12, 16))),
    True,
    {cpu: (cpu % 8, cpu % 8 + 8) for cpu in range(16)},
    {cpu: cpu % 8 // 4 for cpu in range(16)},
)
"""Two sockets of a cell and four cores each."""


def caches(*parts):
    """Of cores by their first threads, in order of the caches' numbers."""
    groups = [tuple(sorted({*part, *(cpu + 8 for cpu in part)})) for part in parts]
    return {cpu: Cache(number, cpus) for number, cpus in enumerate(groups) for cpu in cpus}


@pytest.mark.parametrize(
    ("found", "said", "odd"),
    [
        ({}, 1, ""),
        (caches(range(8)), 1, "last-level caches of 8 cores, 1 in all, are no even parts of cells"),
        (caches(range(4), range(4, 8)), 1, ""),
        (caches((0, 1), (2, 3), (4, 5), (6, 7)), 2, ""),
        (caches((0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,)), 4, ""),
        (caches((4, 5), (6, 7), (0, 1), (2, 3)), 1, "last-level caches of 2 cores, 4 in all"),
        (caches((0, 2), (1, 3), (4, 6), (5, 7)), 1, "last-level caches of 2 cores, 4 in all"),
        (
            caches((0,), (1, 2, 3), (4, 5), (6, 7)),
            1,
            "last-level caches of 1 or 2 or 3 cores, 4 in all",
        ),
        (caches((0, 1), (2, 3), (4, 5)), 1, "told of some CPUs only"),
        (caches((0, 1, 2, 3), (4, 5), (6, 7)), 1, "last-level caches of 2 cores, 2 in all"),
    ],
)
def test_caches_that_are_even_parts_of_cells_are_said(found, said, odd):
    layout = layout_of(replace(ROME, caches=found))
    assert layout.caches_per_cell == said
    assert odd in layout.odd_caches
    assert bool(layout.odd_caches) == bool(odd)
    assert layout.lines().get("cachesPerCell", 1) == said


@pytest.mark.parametrize("per_cache", [2, 4])
def test_a_cache_of_a_whole_cell_or_of_several_is_one_of_the_socket(per_cache):
    """A kubelet sees the sockets' in either case; cells of two cores, four a socket."""
    parts = [range(first, first + per_cache) for first in range(0, 8, per_cache)]
    cells = tuple(cell(n, *(2 * n, 2 * n + 1, 2 * n + 8, 2 * n + 9)) for n in range(4))
    layout = layout_of(replace(ROME, cells=cells, caches=caches(*parts)))
    assert layout == Layout(model.Topology(2, 4, 2, 2), interleaved=False)
    assert layout.odd_caches == ""


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
