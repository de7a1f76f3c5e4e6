"""The verdict as a board reads it: clusters down, questions across."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ove_capacity.analysis.finding import Answer, Finding
from ove_capacity.analysis.verdict import Verdict
from ove_capacity.report.figures.style import (
    BLACK,
    VERMILION,
    WHITE,
    YELLOW,
    Picture,
    blank,
    canvas,
    text_inches,
    wrapped,
)

__all__ = ["verdict"]

_ROW = 0.42
_LONGEST = 30
_LOOKS = {
    Answer.YES: ("#cdeee2", "", BLACK),
    Answer.NO: (VERMILION, "", WHITE),
    Answer.DEPENDS: (YELLOW, "..", BLACK),
    Answer.UNKNOWN: ("#d9d9d9", "//", BLACK),
    Answer.NOTHING: (WHITE, "", BLACK),
}
"""Answer -> colour and hatch of its cell, colour of the word."""


def verdict(found: Verdict) -> Picture:
    """Each answer as a cell, with the class of the numbers that it rests on."""
    names = list(found.clusters)
    room = text_inches("x" * min(_LONGEST, max(map(len, names), default=1)), 9)
    picture = canvas(
        _title(found),
        "With the listed VMs in place. Below each answer: the weakest class of number that it "
        "rests on. N+1: any one worker may be lost; draining: while another is drained.",
        body=_ROW * (len(names) + 0.6),
        left=0.5 + room,
        above=0.05,
        foot=0.2,
    )
    panel = picture.subplots()
    if not names:
        blank(panel, "no cluster")
        return picture
    panel.set(xlim=(0, max(1, len(found.heads))), ylim=(len(names) + 1, 0.4))
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.tick_params(length=0)
    panel.set_xticks([])
    panel.set_yticks(
        [row + 1.5 for row in range(len(names))], [wrapped(name, room, 9) for name in names]
    )
    for column, head in enumerate(found.heads.values()):
        panel.text(column + 0.5, 0.7, head, ha="center", va="center", weight="bold")
    for row, each in enumerate(found.clusters.values(), start=1):
        for column, question in enumerate(found.heads):
            _cell(panel, column, row, each.findings[question])
    return picture


def _title(found: Verdict) -> str:
    """Who has a NO, or that nobody has."""
    refused = [
        name
        for name, each in found.clusters.items()
        if any(finding.answer is Answer.NO for finding in each.findings.values())
    ]
    if not refused:
        return f"No question is answered with NO: {found.headline}"
    return f"{len(refused)} of {len(found.clusters)} clusters have a NO: {found.headline}"


def _cell(panel: Axes, column: int, row: int, finding: Finding) -> None:
    colour, hatch, ink = _LOOKS[finding.answer]
    box = Rectangle(
        (column + 0.03, row + 0.05),
        0.94,
        0.9,
        facecolor=colour,
        hatch=hatch,
        edgecolor="#b0b0b0",
        linewidth=0.5,
    )
    panel.add_patch(box)
    has_class = finding.answer not in (Answer.NOTHING, Answer.UNKNOWN)
    paper = {"facecolor": colour, "edgecolor": "none", "pad": 1} if hatch else None
    panel.text(
        column + 0.5,
        row + (0.38 if has_class else 0.5),
        str(finding.answer),
        ha="center",
        va="center",
        weight="bold",
        color=ink,
        bbox=paper,
    )
    if has_class:
        below = (column + 0.5, row + 0.75)
        told = finding.evidence
        panel.text(*below, told, ha="center", va="center", size=6.5, color=ink, bbox=paper)
