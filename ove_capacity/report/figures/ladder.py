"""What binds first when VMs are added, and what would bind next: one bar a constraint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ove_capacity.analysis.ladder import ClusterLadder, Ladder, Rung
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    WHITE,
    WIDTH,
    YELLOW,
    Picture,
    blank,
    canvas,
    room_for,
    text_inches,
    wrapped,
)

__all__ = ["ladder"]

_SHOWN = 6
_ROW, _FRAME = 0.24, 0.62
"""Inches of a bar, and of what is around those of one cluster."""
_RIGHT = 0.9
_LONGEST = 44
_LOOKS = {
    "node": (BLUE, "", "resource of the nodes"),
    "cluster": (ORANGE, "//", "budget of the cluster"),
    "rule": (YELLOW, "..", "rule of placement"),
    "tested": (WHITE, "", "tested by the vendor up to here"),
}
"""Kind of constraint -> colour, hatch, and what it is."""


def ladder(found: Ladder) -> Picture:
    """VMs of the mix that are added before each constraint binds, those before it lifted."""
    every = list(found.clusters.values())
    shown = every[:_SHOWN]
    some = f" The first {len(shown)} of {len(every)} clusters." if every[len(shown) :] else ""
    heights = [_FRAME + _ROW * max(1, len(each.rungs)) for each in shown]
    words = [_short(rung) for each in shown for rung in each.rungs]
    left = 0.45 + max((text_inches(word, 8) for word in words), default=0.5)
    titles = {each.cluster: wrapped(_mixed(each), WIDTH - left - _RIGHT, 10) for each in shown}
    picture = canvas(
        _title(every),
        "More VMs of the mix that fit before each constraint binds, if those above it did not; "
        f"logarithmic.{some}",
        body=max(1.0, sum(heights)),
        left=left,
        right=_RIGHT,
        above=room_for(titles.values()),
        foot=0.35,
    )
    if not shown:
        blank(picture.subplots(), "no cluster")
    inches, edges = picture.get_figheight(), picture.subplotpars
    top, most = edges.top, max((r.vms for each in shown for r in each.rungs), default=1)
    for each, height in zip(shown, heights, strict=True):
        rows = _ROW * max(1, len(each.rungs)) / inches
        panel = picture.add_axes((edges.left, top - rows, edges.right - edges.left, rows))
        panel.set_title(titles[each.cluster])
        _draw(panel, each, most)
        top -= height / inches
    _explain(picture, shown)
    return picture


def _title(clusters: Sequence[ClusterLadder]) -> str:
    bound = [each for each in clusters if each.rungs]
    if not bound:
        return "Nothing binds: there is nothing to add"
    if len(bound) == 1:
        first, *others = bound[0].rungs
        then = f"; next {others[0].constraint}, at {others[0].vms:,}" if others else ""
        return (
            f"{bound[0].cluster}: {first.constraint} binds first, at {first.vms:,} more VMs{then}"
        )
    firsts = Counter(_short(each.rungs[0]) for each in bound).most_common()
    told = ", ".join(f"{name} in {count}" for name, count in firsts[:3])
    return f"What binds first in {len(bound)} clusters: {told}"


def _mixed(found: ClusterLadder) -> str:
    """The cluster, and what is added to it."""
    if not found.mix:
        return found.cluster
    parts = sorted(found.mix.items(), key=lambda each: -each[1])
    told = ", ".join(f"{100 * share:.0f} % {name}" for name, share in parts[:4])
    more = f", {len(parts) - 4} more" if len(parts) > 4 else ""
    return f"{found.cluster}: {told}{more}"


def _short(rung: Rung) -> str:
    words = rung.constraint
    if rung.kind == "tested":
        words = words.replace(":", ": ").replace("_", " ")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 2]} …"


def _draw(panel: Axes, found: ClusterLadder, most: int) -> None:
    if not found.rungs:
        blank(panel, "; ".join(found.notes) or "nothing to add")
        return
    for row, rung in enumerate(found.rungs):
        colour, hatch, _ = _LOOKS[rung.kind]
        length = max(rung.vms, 0.5)  # a logarithm knows no 0: a stub stands for it
        panel.barh(row, length, 0.7, color=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.6)
        panel.text(length * 1.05, row, f"{rung.vms:,}", va="center", size=8)
    panel.set_xscale("log")
    panel.set(ylim=(len(found.rungs) - 0.5, -0.5), xlim=(0.4, max(10, 1.02 * most)))
    panel.set_yticks(range(len(found.rungs)), [_short(rung) for rung in found.rungs], size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_xticks([])
    panel.minorticks_off()
    panel.spines["bottom"].set_visible(False)
    panel.spines["left"].set_color(GREY)


def _explain(picture: Picture, shown: Sequence[ClusterLadder]) -> None:
    """What the looks of the bars mean, of the kinds that are there."""
    there = {rung.kind for each in shown for rung in each.rungs}
    if not there:
        return
    picture.legend(
        handles=[
            Patch(facecolor=colour, hatch=hatch, edgecolor=BLACK, label=words)
            for kind, (colour, hatch, words) in _LOOKS.items()
            if kind in there
        ],
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(0.02, 0),
    )
