"""VMs of lost clusters that serve again elsewhere, by the time since the loss."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ove_capacity.analysis.fleet_failover_result import (
    ClusterLossOutcome,
    FleetFailover,
    WorkloadOutcome,
)
from ove_capacity.report.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Picture,
    blank,
    canvas,
)
from ove_capacity.simtime import MINUTE_MS

__all__ = ["recovery"]

_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
_STYLES = ("-", "--", "-.", ":")
_PANEL = 2.0


def recovery(found: FleetFailover) -> Picture:
    """One panel a loss: workloads as steps, the share of their VMs that serves again."""
    lost = sum(not each.is_survived for each in found.losses)
    every = len(found.losses)
    told = f"{lost} of {every} losses of a cluster or region leave VMs down"
    picture = canvas(
        told if lost else f"All {every} losses of a cluster or region are survived",
        f"Each loss played {found.seeds} times, at any hour of a day. Steps: share of a workload's "
        "VMs that serve again on another cluster. A line that stays low: nobody brings them there, "
        "or no node takes them.",
        body=max(1, len(found.losses)) * _PANEL,
        right=1.9,
        above=0.3,
        foot=0.5,
    )
    rows = max(1, len(found.losses))
    panels = picture.subplots(rows, 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.35})
    panels = panels[:, 0]
    if not found.losses:
        blank(panels[0], "no cluster runs a VM")
        return picture
    latest = max((each.rto_ms[-1] for each in found.losses if each.rto_ms), default=MINUTE_MS)
    for panel, loss in zip(panels, found.losses, strict=True):
        _panel(panel, loss, found.seeds, latest * 1.05 / MINUTE_MS)
    panels[-1].set_xlabel("minutes since the loss", size=8)
    return picture


def _panel(panel: Axes, loss: ClusterLossOutcome, seeds: int, ends: float) -> None:
    for number, each in enumerate(loss.workloads):
        times, shares = _steps(each, seeds, ends)
        panel.step(
            times,
            shares,
            where="post",
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_STYLES[number % len(_STYLES)],
            label=f"{each.workload} ({each.vms} VMs)",
        )
    panel.axhline(100, color=GREY, linewidth=0.6)
    panel.set_title(f"lost: {loss.name}", size=9, loc="left")
    panel.set_xlim(0, ends)
    panel.set_ylim(-4, 108)
    panel.set_ylabel("% serve again", size=8)
    panel.tick_params(labelsize=8)
    panel.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _steps(each: WorkloadOutcome, seeds: int, ends: float) -> tuple[Sequence[float], list[float]]:
    total = max(1, each.vms * seeds)
    times = [0.0, *(ms / MINUTE_MS for ms in each.rto_ms), ends]
    shares = [100 * number / total for number in range(len(each.rto_ms) + 1)]
    return times, [*shares, shares[-1]]
