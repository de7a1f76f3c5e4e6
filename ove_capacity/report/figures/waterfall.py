"""From what the workers have to what is free: steps that hang from each other."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from matplotlib.axes import Axes

from ove_capacity.analysis.headroom import ClusterHeadroom, Headroom
from ove_capacity.analysis.waterfall import STEPS, Step, Waterfall
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WHITE,
    YELLOW,
    Picture,
    blank,
    canvas,
    room_for,
    wrapped,
)

__all__ = ["waterfall"]

_SHOWN = 6
_ROW, _FRAME = 0.2, 0.55
"""Inches of a bar, and of what is around the panels of one cluster."""
_GIB = 1 << 30
_LOOKS = {
    "capacity": (WHITE, ""),
    "system_reserved": (GREY, ""),
    "eviction_threshold": (GREY, "//"),
    "reserved_measured": (GREY, ""),
    "platform_pods": (SKY, ""),
    "services": (SKY, "//"),
    "virtualization": (BLUE, "//"),
    "launcher_overhead": (PURPLE, ".."),
    "guest_requests": (ORANGE, ""),
    "hugepages_idle": (YELLOW, "\\\\"),
    "free": (GREEN, ""),
    "stranded": (WHITE, "xxx"),
}
"""Step -> colour and hatch."""


def waterfall(found: Headroom) -> Picture:
    """CPU in cores and memory in GiB of the workers, step by step, by cluster."""
    every = list(found.clusters.values())
    shown = every[:_SHOWN]
    names = {each.cluster: _told(each.waterfall) for each in shown}
    titles = {each.cluster: wrapped(f"CPU, cores: {each.cluster}", 3.4, 10) for each in shown}
    heights = [_FRAME + _ROW * max(2, len(names[each.cluster]) + 1) for each in shown]
    some = f" The first {len(shown)} of {len(every)} clusters." if every[len(shown) :] else ""
    picture = canvas(
        _title(every),
        "Workers in service: what they have, who asks for it, what is left."
        f"{_stranded(shown)}{some}",
        body=max(1.0, sum(heights)),
        left=1.75,
        above=room_for(titles.values()),
        foot=0.05,
    )
    if not shown:
        blank(picture.subplots(), "no cluster")
    inches, edges = picture.get_figheight(), picture.subplotpars
    width = (edges.right - edges.left) / 2
    top = edges.top
    for each, height in zip(shown, heights, strict=True):
        rows = (height - _FRAME) / inches
        for column, (unit, of) in enumerate(_UNITS):
            left = edges.left + column * (width + 0.02)
            panel = picture.add_axes((left, top - rows, width - 0.03, rows))
            panel.set_title("memory, GiB" if column else titles[each.cluster])
            _draw(panel, each.waterfall, names[each.cluster], unit, of, is_first=not column)
        top -= height / inches
    return picture


_UNITS = ((1000, attrgetter("cpu_milli")), (_GIB, attrgetter("memory_bytes")))
"""Of the panels side by side: what one of the unit is, and where it stands in a step."""


def _stranded(clusters: Sequence[ClusterHeadroom]) -> str:
    if not any(of(each.waterfall.stranded) for each in clusters for _, of in _UNITS):
        return ""
    return " Hatched: stranded, free on workers where none of the VM shapes fits any more."


def _told(fall: Waterfall) -> list[str]:
    """Steps that take something, and always what is free."""
    return [name for name in STEPS if name == "free" or fall.step(name) != Step(name, 0, 0, 0)]


def _title(clusters: Sequence[ClusterHeadroom]) -> str:
    """Where the least is free, and how much of it no VM can use."""
    shares = [
        (100 * of(fall.step("free")) / of(fall.capacity), of(fall.stranded), what, each.cluster)
        for each in clusters
        for fall in [each.waterfall]
        for what, (_, of) in zip(("CPU", "memory"), _UNITS, strict=True)
        if of(fall.capacity)
    ]
    if not shares:
        return "There is no worker"
    share, stranded, what, name = min(shares)
    return (
        f"Least is free in {name}: {share:.0f} % of its {what}"
        f"{', of it some stranded' if stranded else ''}"
    )


def _draw(
    panel: Axes,
    fall: Waterfall,
    names: Sequence[str],
    unit: int,
    of: attrgetter[int],
    *,
    is_first: bool,
) -> None:
    whole = of(fall.capacity) / unit
    if not whole:
        blank(panel, "no worker")
        return
    rest = whole
    _bar(panel, 0, fall.capacity, 0, whole, whole)
    for row, name in enumerate(names, start=1):
        size = of(fall.step(name)) / unit
        rest -= size
        _bar(panel, row, fall.step(name), rest, size, whole)
        panel.vlines(rest + size, row - 1 + 0.35, row - 0.35, color=GREY, linewidth=0.6)
    stranded = of(fall.stranded) / unit
    if stranded:
        _bar(panel, len(names), fall.stranded, 0, stranded, 0)
    panel.set(ylim=(len(names) + 0.5, -0.5), xlim=(min(0, rest) * 1.1, whole * 1.32))
    shown = ["capacity", *names] if is_first else []
    panel.set_yticks(range(len(shown)), [each.replace("_", " ") for each in shown], size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_xticks([])
    panel.spines[["left", "bottom"]].set_visible(False)


def _bar(panel: Axes, row: int, step: Step, left: float, size: float, whole: float) -> None:
    """One step with its size and share beside it; nothing is written of a part of another bar."""
    colour, hatch = _LOOKS[step.name]
    is_part = not whole
    panel.barh(
        row,
        size,
        0.7,
        left,
        color="none" if is_part else colour,
        hatch=hatch,
        edgecolor=VERMILION if is_part and size < 0 else BLACK,
        linewidth=0.6,
    )
    if is_part:
        return
    share = "" if step.name == "capacity" else f" ({_percent(100 * size / whole)} %)"
    told = f"{size:,.0f}{share}" if abs(size) >= 100 else f"{size:,.1f}{share}"
    end = max(left + size, left)
    panel.text(end + whole * 0.01, row, told if size else "0", va="center", size=7.5)


def _percent(share: float) -> str:
    return "<1" if 0 < share < 1 else f"{share:.0f}"
