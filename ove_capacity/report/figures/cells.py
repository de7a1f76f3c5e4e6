"""What NUMA cells hold: a column a cell, and in it who has what, what is free, what is stranded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ove_capacity.analysis.cell_room import CellRoom, NodeRoom
from ove_capacity.analysis.fragmentation import ClusterFragmentation, Fragmentation
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY, Amounts
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    WHITE,
    WIDTH,
    YELLOW,
    Picture,
    blank,
    canvas,
    few_ticks,
    text_inches,
    without_common_ends,
)

__all__ = ["cells"]

_SHOWN_CLUSTERS = 4
_SHOWN_CELLS = 48
_ROW, _GAP, _FRAME = 1.15, 0.22, 0.6
"""Inches of a row of columns, between two, and around those of one cluster."""
_LEAST_COLUMNS = 12
"""So that the columns of a small cluster stay narrow."""
_SLIVER = 0.05
_GIB = 1 << 30
_LOOKS = ((ORANGE, ""), (SKY, "//"), (BLUE, ""), (YELLOW, "\\\\"), (PURPLE, ".."), (GREEN, "--"))
"""Colour and hatch of the workloads that hold most; the others share grey."""
_OTHERS = "other pods"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of columns: what is measured."""

    name: str
    whole: Callable[[CellRoom], float]
    held: Callable[[CellRoom], Mapping[str, float]]
    stranded: Callable[[CellRoom], float]


def _gib(amounts: Amounts, *, huge: bool) -> float:
    return (
        sum(
            each
            for name, each in amounts.items()
            if (name.startswith(HUGEPAGES_PREFIX) if huge else name == MEMORY)
        )
        / _GIB
    )


def _row_of_memory(name: str, *, huge: bool) -> _Row:
    return _Row(
        name,
        lambda cell: _gib(cell.memory, huge=huge),
        lambda cell: {who: _gib(each, huge=huge) for who, each in cell.held_memory.items()},
        lambda cell: _gib(cell.stranded_memory, huge=huge),
    )


_ROWS = (
    _Row(
        "CPUs",
        lambda cell: cell.cpus or 0,
        lambda cell: cell.held_cpus,
        lambda cell: cell.stranded_cpus,
    ),
    _row_of_memory("memory, GiB", huge=False),
    _row_of_memory("hugepages, GiB", huge=True),
)


def cells(found: Fragmentation) -> Picture:
    """CPUs, memory and hugepages of every cell, by who holds them."""
    every = [each for each in found.clusters.values() if each.rooms]
    shown = every[:_SHOWN_CLUSTERS]
    rows = {each.cluster: _told(each) for each in shown}
    heights = [_FRAME + (_ROW + _GAP) * len(rows[each.cluster]) for each in shown]
    some = f" The first {len(shown)} of {len(every)} clusters." if every[len(shown) :] else ""
    picture = canvas(
        _title(every),
        "A column is a NUMA cell: what pods may have of it for themselves, and who has it. White: "
        "free. Crossed: stranded, left over whichever of the pinned VMs asked about fills the "
        f"node.{some}",
        body=max(1.0, sum(heights)),
        left=0.75,
        right=1.75,
        foot=0.05,
    )
    if not shown:
        blank(picture.subplots(), "no kubelet looks at cells")
    inches, edges = picture.get_figheight(), picture.subplotpars
    width, top = edges.right - edges.left, edges.top
    for each, height in zip(shown, heights, strict=True):
        at = top
        for number, row in enumerate(rows[each.cluster]):
            panel = picture.add_axes((edges.left, at - _ROW / inches, width, _ROW / inches))
            if not number:
                panel.set_title(_heading(each))
            is_last = number == len(rows[each.cluster]) - 1
            _draw(panel, each, row, WIDTH * width, is_first=not number, is_last=is_last)
            at -= (_ROW + _GAP) / inches
        top -= height / inches
    return picture


def _told(found: ClusterFragmentation) -> list[_Row]:
    """CPUs, and rows of which somebody holds more than a sliver of a cell."""
    every = [cell for room in found.rooms for cell in room.cells]
    return [
        row
        for number, row in enumerate(_ROWS)
        if not number
        or any(sum(row.held(cell).values()) > _SLIVER * row.whole(cell) for cell in every)
    ]


def _title(clusters: Sequence[ClusterFragmentation]) -> str:
    """How much is stranded, where most is."""
    if not clusters:
        return "No kubelet looks at NUMA cells"
    each = max(clusters, key=lambda found: found.stranded_cpus)
    largest = f"the largest pinned VM that fits has {each.largest_vcpus} vCPUs"
    return (
        f"{each.cluster}: {each.stranded_cpus:,} of {each.free_cpus:,} free exclusive CPUs are "
        f"stranded; {largest if each.largest_vcpus else 'no pinned VM fits any more'}"
    )


def _shown(found: ClusterFragmentation) -> list[NodeRoom]:
    """As many nodes as there is room for: those with most stranded, in their order."""
    most = max(1, _SHOWN_CELLS // max(len(room.cells) for room in found.rooms))
    ranked = sorted(enumerate(found.rooms), key=lambda each: (-each[1].stranded_cpus, each[0]))
    return [room for _, room in sorted(ranked[:most])]


def _heading(found: ClusterFragmentation) -> str:
    shown, every = len(_shown(found)), len(found.rooms)
    more = f", the {shown} of {every:,} nodes with most stranded CPUs" if shown < every else ""
    return f"{found.cluster}{more}"


def _holders(found: ClusterFragmentation) -> list[str]:
    """Workloads by what they hold, most first; the last ones are others."""
    held: dict[str, float] = {}
    for room in found.rooms:
        for cell in room.cells:
            for row in _ROWS:
                for name, amount in row.held(cell).items():
                    share = amount / (row.whole(cell) or 1)
                    held[name] = held.get(name, 0) + share
    return sorted(held, key=lambda name: (-held[name], name))[: len(_LOOKS)]


def _draw(
    panel: Axes,
    found: ClusterFragmentation,
    row: _Row,
    inches: float,
    *,
    is_first: bool,
    is_last: bool,
) -> None:
    rooms, holders = _shown(found), _holders(found)
    wide = max(len(room.cells) for room in rooms)
    columns = max(_LEAST_COLUMNS, len(rooms) * (wide + 1))
    tallest = 0.0
    for n, room in enumerate(rooms):
        for cell in room.cells:
            _column(panel, n * (wide + 1) + cell.cell, cell, row, holders)
            tallest = max(tallest, row.whole(cell))
    panel.set(xlim=(-0.7, columns - 0.7), ylim=(0, tallest * 1.05 or 1))
    panel.set_ylabel(row.name, size=8)
    panel.tick_params(length=0, labelsize=7)
    panel.spines["bottom"].set_visible(False)
    panel.set_xticks([])
    if is_last:
        _label(panel, rooms, wide, inches / columns)
    if is_first:
        _legend(panel, holders, found)


def _column(panel: Axes, x: float, cell: CellRoom, row: _Row, holders: Sequence[str]) -> None:
    whole, held = row.whole(cell), row.held(cell)
    if not whole:
        return
    rest = sum(amount for name, amount in held.items() if name not in holders)
    parts = [(held.get(name, 0.0), look) for name, look in zip(holders, _LOOKS, strict=False)]
    bottom = 0.0
    for amount, (colour, hatch) in [*parts, (rest, (GREY, ""))]:
        if amount:
            _box(panel, x, bottom, amount, colour, hatch)
            bottom += amount
    stranded = row.stranded(cell)
    _box(panel, x, bottom, max(0.0, whole - bottom - stranded), WHITE, "")
    if stranded:
        _box(panel, x, whole - stranded, stranded, WHITE, "xxxx")


def _box(panel: Axes, x: float, bottom: float, size: float, colour: str, hatch: str) -> None:
    panel.bar(x, size, 0.86, bottom, color=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.5)


def _label(panel: Axes, rooms: Sequence[NodeRoom], wide: int, column: float) -> None:
    """Names of the nodes, and above them the numbers of their cells where there is room."""
    common, names = without_common_ends([room.node for room in rooms])
    ticks = few_ticks(names, column * (wide + 1))
    middle = (wide - 1) / 2
    panel.set_xticks([n * (wide + 1) + middle for n in ticks], [names[n] for n in ticks], size=8)
    numbered = column >= text_inches("00", 7)
    if numbered:
        for n, room in enumerate(rooms):
            for cell in room.cells:
                x = n * (wide + 1) + cell.cell
                panel.annotate(
                    str(cell.cell),
                    (x, 0),
                    xytext=(0, -2),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    size=6,
                    color=GREY,
                )
        panel.tick_params(axis="x", pad=9)
    cells = "cells numbered" if numbered else "cells in order"
    panel.set_xlabel(
        f"{common}, {cells}" if common else cells, size=8, loc="left", color=GREY, labelpad=1
    )


def _legend(panel: Axes, holders: Sequence[str], found: ClusterFragmentation) -> None:
    names = {name for room in found.rooms for cell in room.cells for name in cell.held_memory}
    names |= {name for room in found.rooms for cell in room.cells for name in cell.held_cpus}
    boxes = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.5, label=name[:20])
        for name, (colour, hatch) in zip(holders, _LOOKS, strict=False)
    ]
    if len(names) > len(holders):
        boxes.append(Patch(facecolor=GREY, edgecolor=BLACK, linewidth=0.5, label=_OTHERS))
    boxes.append(Patch(facecolor=WHITE, edgecolor=BLACK, linewidth=0.5, label="free"))
    boxes.append(
        Patch(facecolor=WHITE, hatch="xxxx", edgecolor=BLACK, linewidth=0.5, label="stranded")
    )
    panel.legend(handles=boxes, loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize=8)
