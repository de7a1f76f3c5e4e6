"""How full each worker is: every resource of every worker as one cell."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ove_capacity.analysis.occupancy import Occupancy, occupancy
from ove_capacity.model.case import Case
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.report.figures.style import (
    BLACK,
    GREY,
    WHITE,
    WIDTH,
    Picture,
    blank,
    canvas,
    few_ticks,
    text_inches,
    without_common_ends,
)
from ove_capacity.sim.run import Run

__all__ = ["nodes"]

_SHOWN_CLUSTERS = 12
_CELLS = 14
"""Cells a row at least, so that those of a small cluster stay small."""
_ROW, _FRAME = 0.24, 0.78
"""Inches of a row of cells, and of what is around those of one cluster."""
_WRITTEN, _RULED = 0.28, 0.12
"""Inches of a cell from which on its percent is written, or a line set beside it."""
_FULL_PERCENT, _LITTLE_PERCENT = 90, 20


def nodes(subject: Case | Run) -> Picture:
    """Requests over allocatable of each worker, by resource, in percent."""
    every = occupancy(subject)
    strips = [_telling(strip) for strip in every[:_SHOWN_CLUSTERS]]
    names = [name for strip in strips for name in strip.resources]
    some = f" The first {len(strips)} of {len(every)} clusters." if every[len(strips) :] else ""
    heights = [_FRAME + _ROW * max(2, len(strip.resources)) for strip in strips]
    picture = canvas(
        _title(every),
        "Requested of allocatable, in %, rounded down; the darker the fuller. Crossed out: not in "
        f"service. Left out: resources of which no worker of the cluster is {_LITTLE_PERCENT} % "
        f"full.{some}",
        body=max(1.0, sum(heights)),
        left=0.45 + max((text_inches(name, 8) for name in names), default=0.5),
        right=0.9,
        foot=0.05,
    )
    if not strips:
        blank(picture.subplots(), "no cluster")
    inches = picture.get_figheight()
    edges = picture.subplotpars
    top, width = edges.top, edges.right - edges.left
    for strip, height in zip(strips, heights, strict=True):
        rows = _ROW * max(2, len(strip.resources)) / inches
        panel = picture.add_axes((edges.left, top - rows, width, rows))
        _draw(panel, strip, WIDTH * width)
        top -= height / inches
    return picture


def _telling(strip: Occupancy) -> Occupancy:
    """CPU, memory, and what is not nearly empty everywhere."""
    told = [
        r
        for r, (name, row) in enumerate(zip(strip.resources, strip.percent, strict=True))
        if name in (CPU, MEMORY) or max(share or 0 for share in row) >= _LITTLE_PERCENT
    ]
    return replace(
        strip,
        resources=tuple(strip.resources[r] for r in told),
        percent=tuple(strip.percent[r] for r in told),
    )


def _title(strips: Sequence[Occupancy]) -> str:
    """How many workers are full, and of what."""
    cells = [
        (share, -r, strip.resources[r], (strip.cluster, strip.workers[n]))
        for strip in strips
        for r, row in enumerate(strip.percent)
        for n, share in enumerate(row)
        if share is not None
    ]
    if not cells:
        return "There is no worker"
    full = [(resource, worker) for share, _, resource, worker in cells if share >= _FULL_PERCENT]
    if not full:
        share, _, resource, (_, name) = max(cells, key=lambda cell: cell[:2])
        fullest = f"{name}: {int(share)} % of {resource}"
        return f"No worker is {_FULL_PERCENT} % full; the fullest, {fullest}"
    total = sum(len(strip.workers) for strip in strips)
    workers = len({worker for _, worker in full})
    of_what = Counter(resource for resource, _ in full).most_common(3)
    told = ", ".join(f"{resource} {count}" for resource, count in of_what)
    are = "worker is" if workers == 1 else "workers are"
    return f"{workers} of {total} {are} at least {_FULL_PERCENT} % full ({told})"


def _draw(panel: Axes, strip: Occupancy, inches: float) -> None:
    panel.set_title(strip.cluster)
    if not strip.workers:
        blank(panel, "no worker")
        return
    cells = max(_CELLS, len(strip.workers))
    shades = [[math.nan if each is None else each for each in row] for row in strip.percent]
    panel.imshow(shades, cmap="Greys", vmin=0, vmax=115, aspect="auto", interpolation="nearest")
    panel.set(xlim=(-0.5, cells - 0.5), ylim=(len(strip.resources) - 0.5, -0.5))
    panel.set_yticks(range(len(strip.resources)), strip.resources, size=8)
    common, labels = without_common_ends(strip.workers)
    ticks = few_ticks(labels, inches / cells)
    panel.set_xticks(ticks, [labels[i] for i in ticks], size=8)
    panel.tick_params(length=0)
    for side in ("left", "bottom"):
        panel.spines[side].set_visible(False)
    if common:
        panel.set_xlabel(common, size=8, loc="left", color=GREY, labelpad=1)
    _rule(panel, strip, inches / cells)
    if inches / cells >= _WRITTEN:
        _write(panel, strip)
    else:
        _write_ranges(panel, strip)


def _rule(panel: Axes, strip: Occupancy, cell: float) -> None:
    """White lines between cells; what is not in service is crossed out."""
    rows, count = len(strip.resources), len(strip.workers)
    panel.hlines([r - 0.5 for r in range(rows + 1)], -0.5, count - 0.5, color=WHITE, linewidth=1)
    if cell >= _RULED:
        panel.vlines([n + 0.5 for n in range(count)], -0.5, rows - 0.5, color=WHITE, linewidth=1)
    for n, up in enumerate(strip.in_service):
        if not up:
            box = Rectangle((n - 0.5, -0.5), 1, rows, fill=False, hatch="xx", edgecolor=BLACK)
            panel.add_patch(box)


def _write_ranges(panel: Axes, strip: Occupancy) -> None:
    """No room in the cells: the least and the most beside each row."""
    for r, row in enumerate(strip.percent):
        found = [int(share) for share in row if share is not None]
        span = "-".join(str(each) for each in sorted({min(found), max(found)})) if found else ""
        told = f"{span} %" if found else "none"
        panel.text(len(row) - 0.3, r, told, va="center", size=8)


def _write(panel: Axes, strip: Occupancy) -> None:
    for r, row in enumerate(strip.percent):
        for n, share in enumerate(row):
            if share is not None and strip.in_service[n]:
                colour = WHITE if share > 60 else BLACK
                panel.text(n, r, f"{int(share)}", ha="center", va="center", size=8, color=colour)
