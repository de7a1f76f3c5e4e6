"""What the services that manage a fleet ask for: as manifests say, and as it takes effect."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ove_capacity.analysis.hub_load import HubLoad
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.report.figures.style import (
    BLACK,
    ORANGE,
    SKY,
    WHITE,
    Picture,
    blank,
    canvas,
    text_inches,
    wrapped,
)

__all__ = ["services"]

_ROW, _MOST = 0.34, 24
"""Inches of a row, and how many there are at most."""
_UNITS = ((CPU, 1000, "CPU, cores"), (MEMORY, 1 << 30, "memory, GiB"))
_LEGEND = (
    "Requests of all pods. Hatched: as the manifests say; blue: as takes effect; orange: what "
    "stands on each managed cluster, proxies of the mesh among it."
)

_Row = tuple[str, float | None, float]
"""Name, what manifests say (None: not told apart), what takes effect."""


def services(found: HubLoad) -> Picture:
    """Requests by service of the hub, and by managed cluster, side by side in cores and GiB."""
    rows = [_rows(found, name, unit) for name, unit, _ in _UNITS]
    count = len(found.services) + len(found.clusters)
    some = f" The first {_MOST} of {count} rows." if count > _MOST else ""
    left = 0.25 + max([text_inches(row[0], 8) for row in rows[0]] or [1.0])
    picture = canvas(
        found.answer,
        f"{_LEGEND}{some}",
        body=max(1.0, _ROW * len(rows[0])),
        left=min(left, 3.0),
        above=0.32,
        foot=0.1,
    )
    panels = picture.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.06})
    for panel, each, (_, _, title) in zip(panels, rows, _UNITS, strict=True):
        panel.set_title(title)
        _draw(panel, each, len(found.services))
    return picture


def _rows(found: HubLoad, name: str, unit: int) -> Sequence[_Row]:
    own: list[_Row] = [
        (service, totals["written"][name] / unit, totals["in_effect"][name] / unit)
        for service, totals in found.services.items()
    ]
    managed: list[_Row] = [
        (wrapped(each.cluster, 2.6, 8, lines=1), None, each.requests.get(name, 0) / unit)
        for each in found.clusters.values()
    ]
    return [*own, *managed][:_MOST]


def _draw(panel: Axes, rows: Sequence[_Row], own: int) -> None:
    if not rows:
        blank(panel, "no service")
        return
    widest = max(max(said or 0, real) for _, said, real in rows) or 1.0
    for at, (_, said, real) in enumerate(rows):
        is_hub = said is not None
        _bar(panel, at + (0.18 if is_hub else 0), real, widest, SKY if is_hub else ORANGE, "")
        if said is not None:
            _bar(panel, at - 0.18, said, widest, WHITE, "//")
    if 0 < own < len(rows):
        panel.axhline(own - 0.5, color=BLACK, linewidth=0.6)
    panel.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, widest * 1.16), xticks=[])
    panel.set_yticks(range(len(rows)), [name for name, _, _ in rows], size=8)
    panel.tick_params(axis="y", length=0)
    panel.spines["bottom"].set_visible(False)


def _bar(panel: Axes, at: float, size: float, widest: float, colour: str, hatch: str) -> None:
    panel.barh(at, size, 0.34, color=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.6)
    told = f"{size:,.1f}" if size >= 0.05 or not size else f"{size:.2f}"
    panel.text(size + widest * 0.01, at, told if size else "0", va="center", size=7)
