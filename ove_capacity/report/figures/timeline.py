"""How full each cluster was over time: CPU and memory requested, of what its workers could give."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

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
from ove_capacity.sim.run import Run
from ove_capacity.simtime import DAY_MS, HOUR_MS

__all__ = ["timeline"]

_SHOWN = 24
_ROWS_EACH = 6
_PANEL = 1.05
"""Inches of height."""


@dataclass(slots=True)
class _Curve:
    """One cluster's samples."""

    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """In percent of allocatable; nan while no worker is in service."""
    down: list[bool] = field(default_factory=list)
    """Whether some VM that should run did not."""

    @property
    def peak(self) -> tuple[float, str, float]:
        """The fullest moment: percent, of what, when."""
        both = ((self.cpu, "CPU"), (self.memory, "memory"))
        found = [
            (share, name, -time)
            for shares, name in both
            for share, time in zip(shares, self.times, strict=True)
            if not math.isnan(share)
        ]
        share, name, time = max(found, default=(-1.0, "CPU", 0.0))
        return share, name, -time


def timeline(run: Run) -> Picture:
    """Requests over allocatable of the workers in service, by cluster, in percent over time."""
    unit, unit_ms = ("days", DAY_MS) if run.until_ms >= 2 * DAY_MS else ("hours", HOUR_MS)
    curves = _curves(run, unit_ms)
    shown = list(curves)
    if len(shown) > _SHOWN:
        fullest = sorted(curves, key=lambda name: (-curves[name].peak[0], name))[:_SHOWN]
        shown = [name for name in curves if name in fullest]
    across = max(1, math.ceil(len(shown) / _ROWS_EACH))
    down = max(1, math.ceil(len(shown) / across))
    titles = {name: wrapped(name, 0.82 * WIDTH / across, 10) for name in shown}
    above = room_for(titles.values())
    some = f" The fullest {_SHOWN} of {len(curves)} clusters." if len(shown) < len(curves) else ""
    picture = canvas(
        _title(curves, unit),
        "Requested by all pods, of what the workers in service can give (allocatable), in %."
        + some,
        body=max(2, down) * (_PANEL + above - 0.3),
        above=above,
        foot=0.75,
    )
    panels = picture.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    picture.subplots_adjust(hspace=0.45 * above / 0.3, wspace=0.12)
    for panel, name in zip(panels.flat, shown, strict=False):
        _draw(panel, titles[name], curves[name])
    for panel in list(panels.flat)[len(shown) :]:
        blank(panel, "" if shown else "no cluster")
    if shown:
        panels[0, 0].set(ylim=(0, 105), xlim=(0, run.until_ms / unit_ms), yticks=(0, 50, 100))
    for panel in panels[:, 0]:
        panel.set_ylabel("%", rotation=0, labelpad=10)
    if any(curve.peak[0] >= 0 for curve in curves.values()):
        picture.supxlabel(unit, size=9, y=0.28 / picture.get_figheight())
        panels[0, 0].xaxis.set_major_locator(MaxNLocator(integer=True))
        handles, labels = panels[0, 0].get_legend_handles_labels()
        picture.legend(handles, labels, ncols=3, loc="lower left", bbox_to_anchor=(0.06, 0))
    return picture


def _curves(run: Run, unit_ms: int) -> dict[str, _Curve]:
    curves = {cluster.name: _Curve() for cluster in run.case.fleet.clusters}
    log = run.samples
    for i, name in enumerate(log.cluster):
        curve = curves[name]
        curve.times.append(log.time_ms[i] / unit_ms)
        curve.cpu.append(_percent(log.cpu_requested_milli[i], log.cpu_allocatable_milli[i]))
        curve.memory.append(
            _percent(log.memory_requested_bytes[i], log.memory_allocatable_bytes[i])
        )
        curve.down.append(log.vms_pending[i] + log.vms_lost[i] > 0)
    return curves


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.nan


def _title(curves: dict[str, _Curve], unit: str) -> str:
    peaks = [(*curve.peak, name) for name, curve in curves.items()]
    share, what, when, cluster = max(peaks, default=(-1.0, "", 0.0, ""))
    if share < 0:
        return "No worker was in service"
    moment = "at the start" if when == 0 else f"at {when:.0f} {unit}"
    return f"Fullest: {cluster}, whose {what} is requested to {share:.0f} % {moment}"


def _draw(panel: Axes, title: str, curve: _Curve) -> None:
    panel.set_title(title)
    if all(map(math.isnan, curve.cpu)):
        blank(panel, "no worker in service")
        return
    panel.axhline(100, color=GREY, linewidth=0.6)
    panel.plot(curve.times, curve.cpu, color=BLUE, linewidth=1.4, label="CPU")
    panel.plot(
        curve.times, curve.memory, color=VERMILION, linewidth=1.4, dashes=(4, 1.5), label="memory"
    )
    hit = [time for time, down in zip(curve.times, curve.down, strict=True) if down]
    panel.plot(
        hit,
        [101.5] * len(hit),
        color=BLACK,
        linestyle="",
        marker="v",
        markersize=4,
        label="a VM that should run does not",
        clip_on=False,
    )
    panel.grid(visible=True, axis="y")
