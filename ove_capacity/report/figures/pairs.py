"""What the loss of any two workers costs: one cell a pair."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.axes import Axes

from ove_capacity.analysis.cluster_failover import ClusterFailover, Pairs
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.report.figures.style import (
    BLACK,
    GREY,
    WHITE,
    WIDTH,
    Picture,
    blank,
    canvas,
    few_ticks,
    room_for,
    text_inches,
    without_common_ends,
    wrapped,
)

__all__ = ["pairs"]

_SHOWN = 12
_NAMED = 4
"""Clusters without VMs that are told by name."""
_CELL, _SIDE, _LEAST = 0.34, 3.7, 0.9
"""Inches of a cell, and of a whole panel at most and at least."""
_FRAME, _COLUMN = 1.1, 3.9
"""Inches above and below a panel, and for what is written there."""
_NOTHING = "#ececec"
"""No VM is left: a colour of its own, apart from the paper."""
_WRITTEN = 0.2
"""Inches of a cell from which on its number is written."""


def pairs(found: Failover) -> Picture:
    """VMs that find no node after the loss of two workers, or of one on the diagonal."""
    clusters = list(found.clusters.values())
    every = [each for each in clusters if each.vms]
    shown = every[:_SHOWN]
    some = f" The first {len(shown)} of {len(every)} clusters." if every[len(shown) :] else ""
    titles = {each.cluster: wrapped(_named(each), _COLUMN, 10) for each in shown}
    rows = [shown[i : i + 2] for i in range(0, len(shown), 2)]
    heights = [_FRAME + max(map(_side, row)) for row in rows]
    left = 0.5 + max((_label_inches(each) for each in shown), default=0.3)
    picture = canvas(
        _title(clusters),
        "VMs that find no node after two workers are lost at once; on the diagonal after one. "
        f"Grey: all return.{some}{_without_vms(clusters) if shown else ''}",
        body=max(1.0, sum(heights)),
        left=left,
        above=room_for(titles.values()),
        foot=0.05,
    )
    if not shown:
        blank(picture.subplots(), "no VM to lose" if clusters else "no cluster")
    inches, edges = picture.get_figheight(), picture.subplotpars
    column = (edges.right - edges.left + left / WIDTH) / 2
    top = edges.top
    for row, height in zip(rows, heights, strict=True):
        for place, each in enumerate(row):
            side = _side(each)
            box = (edges.left + place * column, top - side / inches, side / WIDTH, side / inches)
            panel = picture.add_axes(box)
            panel.set_title(titles[each.cluster])
            _draw(panel, each, side)
        top -= height / inches
    return picture


def _named(found: ClusterFailover) -> str:
    return found.cluster if found.counted == "VM" else f"{found.cluster}: pods of its services"


def _without_vms(clusters: Sequence[ClusterFailover]) -> str:
    names = [each.cluster for each in clusters if not each.vms]
    if len(names) > _NAMED:
        names = [f"{len(names)} other clusters"]
    return f" No VM runs in {', '.join(names)}." if names else ""


def _side(found: ClusterFailover) -> float:
    if found.pairs is None:
        return _LEAST
    return min(_SIDE, max(_LEAST, _CELL * len(found.pairs.nodes)))


def _label_inches(found: ClusterFailover) -> float:
    names = without_common_ends(found.pairs.nodes)[1] if found.pairs else []
    return max((text_inches(name, 8) for name in names), default=0.3)


def _title(clusters: Sequence[ClusterFailover]) -> str:
    """How many clusters may lose one worker, and how many two."""
    told = [each for each in clusters if each.workers and each.vms]
    if not told:
        return "No VM runs that could be lost"
    one, two = ([each.cluster for each in told if each.survives(k)] for k in (1, 2))
    if len(told) == 1 and one:
        many = "any two workers" if two else "any one worker, not any two"
        return f"{told[0].cluster} may lose {many}"
    if len(told) == 1:
        weak = sum(not loss.is_survived for loss in told[0].losses)
        return f"{told[0].cluster}: {weak} of {told[0].workers} workers may not be lost"
    who = "clusters with VMs"
    if any(each.counted != "VM" for each in told):
        who = "clusters with VMs or services"
    return (
        f"Any one worker may be lost in {len(one)} of {len(told)} {who}, any two in "
        f"{len(two) or 'none'}"
    )


def _draw(panel: Axes, found: ClusterFailover, side: float) -> None:
    if found.pairs is None:
        blank(panel, _why_not(found))
        return
    count = len(found.pairs.nodes)
    colours = colormaps["Oranges"].with_extremes(under=_NOTHING)
    panel.imshow(_shades(found.pairs), cmap=colours, vmin=0.5, vmax=_most(found.pairs))
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5))
    common, labels = without_common_ends(found.pairs.nodes)
    ticks = few_ticks(labels, side / count)
    shown = [labels[i] for i in ticks]
    panel.set_xticks(ticks, shown, size=8)
    panel.set_yticks(ticks, shown, size=8)
    panel.tick_params(length=0)
    below = f"{wrapped(common, _COLUMN, 8)}\n{_counted(found.pairs)}".strip()
    panel.set_xlabel(below, size=8, loc="left", color=GREY)
    if side / count >= _WRITTEN:
        _write(panel, found.pairs)


def _why_not(found: ClusterFailover) -> str:
    return "a single worker" if found.workers < 2 else "pairs were not tried"


def _shades(found: Pairs) -> list[list[float]]:
    """Below the diagonal and on it: a pair is one cell."""
    return [
        [math.nan if n > m else float(lost) for n, lost in enumerate(row)]
        for m, row in enumerate(found.matrix)
    ]


def _most(found: Pairs) -> float:
    return 1.3 * max(1, *(lost for row in found.matrix for lost in row))


def _counted(found: Pairs) -> str:
    tried = found.tried
    return f"{tried.not_survived:,} of {tried.tried:,} pairs not survived"


def _write(panel: Axes, found: Pairs) -> None:
    count, most = len(found.nodes), _most(found)
    for m, row in enumerate(found.matrix):
        for n in range(m + 1):
            colour = WHITE if row[n] > 0.6 * most else BLACK
            panel.text(n, m, f"{row[n]}", ha="center", va="center", size=8, color=colour)
    edges = [k - 0.5 for k in range(count + 1)]
    panel.hlines(edges, -0.5, count - 0.5, color=WHITE, linewidth=1)
    panel.vlines(edges, -0.5, count - 0.5, color=WHITE, linewidth=1)
