"""How many more machines each limit of the autoscaler allows: one bar a limit, by pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes

from ove_capacity.analysis.limit_room import GroupRoom
from ove_capacity.analysis.limits import ClusterLimits, Limits
from ove_capacity.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILION,
    WIDTH,
    Picture,
    blank,
    canvas,
    room_for,
    wrapped,
)

__all__ = ["limits"]

_SHOWN = 10
_ROW, _FRAME = 0.24, 0.62
"""Inches of a bar, and of what is around those of one pool."""
_LEFT, _RIGHT = 1.3, 0.9
_CUT = 5
"""A bar so many times as long as the shortest tells nothing more: it is cut."""

_Shown = Sequence[tuple[ClusterLimits, GroupRoom]]


def limits(found: Limits) -> Picture:
    """More machines of each pool until each limit is met, each limit for itself."""
    every = [(each, room) for each in found.clusters.values() for room in each.rooms]
    shown = every[:_SHOWN]
    some = f" The first {len(shown)} of {len(every)} pools." if every[len(shown) :] else ""
    titles = [wrapped(_named(*each), WIDTH - _LEFT - _RIGHT, 10) for each in shown]
    height = _FRAME + _ROW * max((len(room.rooms) for _, room in shown), default=1)
    picture = canvas(
        _title(every),
        "Machines that may still be added before each limit is met, if no other pool takes them; "
        f"cores and memory count every machine of the cluster.{some}",
        body=max(1.0, height * len(shown) - _FRAME / 2),
        left=_LEFT,
        right=_RIGHT,
        above=room_for(titles),
        foot=0.35,
    )
    if not shown:
        blank(picture.subplots(), "no cluster is scaled")
    inches, edges = picture.get_figheight(), picture.subplotpars
    top = edges.top
    for (cluster, room), title in zip(shown, titles, strict=True):
        rows = _ROW * len(room.rooms) / inches
        panel = picture.add_axes((edges.left, top - rows, edges.right - edges.left, rows))
        panel.set_title(title)
        _draw(panel, room, cluster.applies)
        top -= height / inches
    _explain(picture, shown)
    return picture


def _named(cluster: ClusterLimits, room: GroupRoom) -> str:
    machines = f"{room.machines:,} machine{'' if room.machines == 1 else 's'} of {room.most:,}"
    refused = "" if cluster.applies else "; nothing is scaled, this is what is asked for"
    return f"{cluster.cluster}/{room.group}: {machines}{refused}"


def _title(every: _Shown) -> str:
    if not every:
        return "No cluster is scaled"
    if not any(cluster.applies for cluster, _ in every):
        return "Nothing is scaled: the limits are asked for, and refused"
    scaled = [(cluster, room) for cluster, room in every if cluster.applies]
    if len(scaled) == 1:
        cluster, room = scaled[0]
        told = " and ".join(room.binding)
        more = f"{room.room:,} more machine{'' if room.room == 1 else 's'}"
        return f"{cluster.cluster}/{room.group} may have {more}: {told} binds first"
    firsts = Counter(" and ".join(room.binding) for _, room in scaled).most_common()
    if len(firsts) == 1:
        return f"In each of {len(scaled)} pools {firsts[0][0]} binds first"
    told = ", ".join(f"{name} in {count}" for name, count in firsts)
    return f"What binds first in {len(scaled)} pools: {told}"


def _draw(panel: Axes, room: GroupRoom, applies: bool) -> None:
    known = {name: each for name, each in room.rooms.items() if each is not None}
    edge = max([each for each in known.values() if each <= _CUT * max(2, room.room)] or [1])
    for row, name in enumerate(room.rooms):
        each = known.get(name)
        if each is None:
            panel.text(0, row, "no limit", va="center", size=8, style="italic", color=GREY)
            continue
        is_first = name in room.binding
        panel.barh(
            row,
            min(each, 1.04 * edge),
            0.7,
            color=(VERMILION if is_first else BLUE) if applies else "none",
            hatch="" if is_first or not applies else "..",
            edgecolor=BLACK,
            linewidth=0.6,
        )
        cut = " (cut)" if each > 1.04 * edge else ""
        panel.text(min(each, 1.04 * edge) + 0.01 * edge, row, f"{each:,}{cut}", va="center", size=8)
    panel.set(ylim=(len(room.rooms) - 0.5, -0.5), xlim=(0, 1.05 * edge))
    panel.set_yticks(range(len(room.rooms)), list(room.rooms), size=8)
    panel.tick_params(axis="y", length=0)
    panel.set_xticks([])
    panel.spines["bottom"].set_visible(False)
    panel.spines["left"].set_color(GREY)


def _explain(picture: Picture, shown: _Shown) -> None:
    if not any(cluster.applies for cluster, _ in shown):
        return
    looks = ((VERMILION, "", "binds first"), (BLUE, "..", "leaves more"))
    bars = [
        picture.axes[0].barh(0, 0, color=colour, hatch=hatch, edgecolor=BLACK, label=words)
        for colour, hatch, words in looks
    ]
    picture.legend(
        [bar[0] for bar in bars],
        [words for *_, words in looks],
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0.02, 0),
    )
