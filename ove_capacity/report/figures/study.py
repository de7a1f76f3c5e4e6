"""Policies of a Placement against its own: VM-hours down a year, and how often they move."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ove_capacity.analysis.study.result import PolicyScore, Standings
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    Picture,
    canvas,
    wrapped,
)

__all__ = ["study"]

_SHOWN = 14
_ROW = 0.34
_LEFT = 3.0


def study(found: Standings) -> Picture:
    """The best policies, one a row: paired difference with its interval; moves and flaps."""
    shown = list(found.scores[:_SHOWN])
    if found.own not in shown:
        shown.append(found.own)
    left = len(found.scores) - len(shown)
    some = f" {left} more are not shown." if left else ""
    picture = canvas(
        found.answer,
        f"Placement {found.placement}, the same {found.years} seeded years for every policy. Left: "
        "VM-hours down a year less those as written, with intervals that all hold with 95 % "
        "confidence, grey where it may be none. Right: moves a year, of them back within a day."
        f"{some}",
        body=max(1.2, _ROW * len(shown)),
        left=_LEFT,
        above=0.2,
        foot=0.55,
    )
    differences, moves = picture.subplots(
        1, 2, sharey=True, gridspec_kw={"width_ratios": (3, 2), "wspace": 0.08}
    )
    _differences(differences, shown)
    _moves(moves, shown)
    names = [wrapped(_named(each, found.own), _LEFT - 0.4, 8) for each in shown]
    differences.set_yticks(range(len(shown)), names, size=8)
    differences.set_ylim(len(shown) - 0.4, -0.6)
    return picture


def _named(each: PolicyScore, own: PolicyScore) -> str:
    name = "as written" if each is own else each.policy.name
    if each.alike:
        name += f" (and {len(each.alike)} alike)"
    return f"{name}; never at rest" if each.is_restless else name


def _differences(panel: Axes, shown: Sequence[PolicyScore]) -> None:
    panel.axvline(0, color=BLACK, linewidth=0.8)
    for row, each in enumerate(shown):
        found = each.against_own
        better, worse = found.high < 0, found.low > 0
        colour = BLUE if better else VERMILION if worse else GREY
        panel.plot([found.low, found.high], [row, row], color=colour, linewidth=2)
        panel.plot([found.mean], [row], color=colour, marker="o" if better else "s", ms=4)
    panel.set_xlabel("VM-hours down a year, less those as written", size=8)
    panel.grid(axis="x")
    panel.tick_params(labelsize=8)


def _moves(panel: Axes, shown: Sequence[PolicyScore]) -> None:
    rows = range(len(shown))
    moves = [each.means["moves"] for each in shown]
    flaps = [each.means["flaps"] for each in shown]
    panel.barh(rows, moves, height=0.6, color=SKY, label="moves")
    panel.barh(rows, flaps, height=0.3, color=ORANGE, label="back within a day", hatch="////")
    panel.set_xlabel("a year", size=8)
    panel.tick_params(labelsize=8, left=False, labelleft=False)
    panel.legend(fontsize=7, loc="lower right", frameon=True, framealpha=0.9)
