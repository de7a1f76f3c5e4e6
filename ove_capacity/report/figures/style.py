"""How all figures look: for print in grey, for the colour-blind, and the same bytes every time."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "WHITE",
    "WIDTH",
    "YELLOW",
    "Picture",
    "applied",
    "blank",
    "canvas",
    "few_ticks",
    "image_bytes",
    "room_for",
    "text_inches",
    "without_common_ends",
    "wrapped",
]

BLACK, WHITE, GREY = "#000000", "#ffffff", "#767676"
ORANGE, SKY, GREEN, YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
BLUE, VERMILION, PURPLE = "#0072b2", "#d55e00", "#cc79a7"
"""Okabe & Ito, Color Universal Design: distinct for all kinds of colour vision."""

WIDTH = 10.0
"""Inches of every figure."""
_MARGIN = 0.3
_TITLE_POINTS, _SUBTITLE_POINTS = 13, 9
_EM = 0.62
"""Mean width of a character of the font, in its size."""
_LONGEST = 14
"""Characters of a machine's name beside a cell."""
_DPI = {"png": 150}


class Picture(Figure):
    """A figure that shows itself in a notebook, whatever backend is in use."""

    def _repr_png_(self) -> bytes:
        return image_bytes(self, "png")


def applied() -> AbstractContextManager[None]:
    """Our settings of matplotlib, in force while a figure is made and while it is saved."""
    return matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",  # comes with matplotlib: every machine draws the same
            "font.size": 9,
            "axes.edgecolor": GREY,
            "axes.linewidth": 0.6,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 9,
            "axes.titleweight": "bold",
            "grid.color": "#d9d9d9",
            "grid.linewidth": 0.5,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "xtick.color": "#404040",
            "ytick.color": "#404040",
            "svg.hashsalt": "ove-capacity",  # else ids are drawn by chance
        }
    )


def canvas(
    title: str,
    subtitle: str,
    *,
    body: float,
    left: float = 0.8,
    right: float = _MARGIN,
    above: float = 0.3,
    foot: float = 0.5,
) -> Picture:
    """A figure with its answer above; axes go into ``subplotpars``, of *body* inches height.

    Args:
        title: the answer in a sentence.
        subtitle: what is shown, and its units.
        body: inches for the axes.
        left: inches beside them for labels.
        right: the same on the other side.
        above: inches between the heading and the axes, for their titles.
        foot: inches below.
    """
    inner = WIDTH - 2 * _MARGIN
    heading = textwrap.wrap(title, int(inner / text_inches("x", _TITLE_POINTS)))
    telling = textwrap.wrap(subtitle, int(inner / text_inches("x", _SUBTITLE_POINTS)))
    head = 0.2 + 0.24 * len(heading) + 0.17 * len(telling) + above
    height = head + body + foot
    figure = Picture(figsize=(WIDTH, height))
    at = 1 - 0.15 / height
    figure.text(
        _MARGIN / WIDTH, at, "\n".join(heading), size=_TITLE_POINTS, weight="bold", va="top"
    )
    at -= (0.05 + 0.24 * len(heading)) / height
    figure.text(_MARGIN / WIDTH, at, "\n".join(telling), size=_SUBTITLE_POINTS, va="top")
    figure.subplots_adjust(
        left=left / WIDTH, right=1 - right / WIDTH, bottom=foot / height, top=1 - head / height
    )
    return figure


def blank(axes: Axes, words: str) -> None:
    """No data: say so where they would be."""
    axes.set_axis_off()
    axes.text(0, 0.5, words, transform=axes.transAxes, style="italic", color=GREY, va="center")


def few_ticks(labels: Sequence[str], inches: float, points: float = 8) -> list[int]:
    """Which of the labels have room side by side: every k-th.

    Args:
        labels: one a cell, in order.
        inches: from one cell to the next.
        points: size of the font.
    """
    widest = max((text_inches(each, points) for each in labels), default=0.0) + 0.06
    return list(range(0, len(labels), max(1, math.ceil(widest / inches))))


def wrapped(text: str, inches: float, points: float, lines: int = 2) -> str:
    """The text in at most so many lines of that width; what is left out shows as an ellipsis."""
    return textwrap.fill(
        text,
        max(8, int(inches / text_inches("x", points) + 0.01)),
        max_lines=lines,
        placeholder=" …",
    )


def room_for(titles: Iterable[str]) -> float:
    """Inches that titles of so many lines need above the first row of axes."""
    return 0.3 + 0.17 * max((title.count("\n") for title in titles), default=0)


def text_inches(text: str, points: float) -> float:
    """About how wide a text is."""
    return len(text) * points * _EM / 72


def without_common_ends(names: Sequence[str]) -> tuple[str, list[str]]:
    """What all names share, as ``production-worker-*``, and what is left of each."""
    if len(names) < 2:
        return "", [_last(name) for name in names]
    head = _shared(names)
    tail = _shared([name[len(head) :][::-1] for name in names])[::-1]
    rest = [_last(name[len(head) : len(name) - len(tail)]) for name in names]
    return f"{head}*{tail}" if head or tail else "", rest


def _last(name: str) -> str:
    """Names of machines differ at their end."""
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"


def _shared(names: Iterable[str]) -> str:
    """The longest common beginning that ends with a separator."""
    first, *others = names
    length = len(first)
    for other in others:
        length = min(length, len(other))
        while first[:length] != other[:length]:
            length -= 1
    cut = max(first.rfind(mark, 0, length) for mark in "-._")
    return first[: cut + 1]


def image_bytes(figure: Figure, form: str) -> bytes:
    """The figure as ``png`` or ``svg``, without date or version of any software."""
    file = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with applied():
        figure.savefig(file, format=form, dpi=_DPI.get(form, "figure"), metadata=metadata)
    return file.getvalue()
