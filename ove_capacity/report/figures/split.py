"""The split curve: what fits as memory moves from ordinary VMs to hugepages at boot."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ove_capacity.analysis.fragmentation import ClusterFragmentation, Fragmentation
from ove_capacity.analysis.split import Split
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    SKY,
    VERMILION,
    Picture,
    blank,
    canvas,
    room_for,
    wrapped,
)

__all__ = ["split"]

_SHOWN = 6
_ROW, _FRAME = 2.1, 0.95
_FITTING = "#ececec"


def split(found: Fragmentation) -> Picture:
    """VMs that fit by pages reserved on each worker, by cluster."""
    every = [each for each in found.clusters.values() if each.split]
    shown = every[:_SHOWN]
    some = f" The first {len(shown)} of {len(every)} clusters." if every[len(shown) :] else ""
    rows = [shown[i : i + 2] for i in range(0, len(shown), 2)]
    titles = {each.cluster: wrapped(each.cluster, 4.0, 9) for each in shown}
    fitting = any(each.split and each.split.sufficient for each in shown)
    grey = "Grey: every listed VM gets a node; dotted line" if fitting else "Dotted line"
    picture = canvas(
        _title(every),
        "VMs that fit on all workers, everything placed anew, as the pages reserved at boot on "
        f"each worker move. {grey}: as it is.{some}",
        body=max(1.0, (_ROW + _FRAME) * len(rows)),
        left=0.6,
        above=room_for(titles.values()),
        foot=0.05,
    )
    if not shown:
        blank(picture.subplots(), "no VM has hugepages")
    inches, edges = picture.get_figheight(), picture.subplotpars
    columns = 2 if len(shown) > 1 else 1
    width = (edges.right - edges.left) / columns
    for number, row in enumerate(rows):
        top = edges.top - number * (_ROW + _FRAME) / inches
        for place, each in enumerate(row):
            left = edges.left + place * (width + 0.02)
            panel = picture.add_axes((left, top - _ROW / inches, width - 0.05, _ROW / inches))
            panel.set_title(titles[each.cluster])
            assert each.split is not None
            _draw(panel, each.split)
    return picture


def _title(clusters: Sequence[ClusterFragmentation]) -> str:
    """Between which numbers of pages the plan fits."""
    if not clusters:
        return "No VM has hugepages: there is no split to choose"
    each = clusters[0]
    assert each.split is not None
    found, size = each.split.sufficient, each.split.page_size
    if found is None:
        return f"{each.cluster}: with no number of {size} pages does every listed VM get a node"
    least, most = found
    told = f"{least:,} to {most:,}" if least < most else f"{least:,}"
    pages = each.split.pages_now
    now = "" if pages is None else f"; there are {pages:,}"
    return f"{each.cluster}: every listed VM gets a node with {told} pages of {size} a worker{now}"


def _draw(panel: Axes, found: Split) -> None:
    pages = [each.pages for each in found.points]
    enough = found.sufficient
    if enough is not None:
        panel.axvspan(*enough, color=_FITTING, linewidth=0)
    if found.pages_now is not None:
        panel.axvline(found.pages_now, color=GREY, linestyle=":", linewidth=1.2)
    lines = (
        ([each.hugepage_vms for each in found.points], VERMILION, "-", found.hugepage_shape),
        ([each.ordinary_vms for each in found.points], BLUE, "-", f"{found.ordinary_shape} alone"),
        (
            [each.ordinary_beside for each in found.points],
            SKY,
            "--",
            f"{found.ordinary_shape} beside all {found.hugepage_shape}",
        ),
    )
    for values, colour, style, name in lines:
        panel.plot(pages, values, color=colour, linestyle=style, marker="o", ms=3, label=name[:40])
    panel.set_ylim(bottom=0)
    panel.margins(x=0.02)
    panel.set_xlabel(f"pages of {found.page_size} on each worker", size=8, color=BLACK)
    panel.set_ylabel("VMs", size=8)
    panel.tick_params(labelsize=8)
    panel.legend(
        fontsize=7, loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.2), handlelength=3.5
    )
