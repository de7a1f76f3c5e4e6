"""The figures of a result, by its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.fleet_failover_result import FleetFailover
from ove_capacity.analysis.fragmentation import Fragmentation
from ove_capacity.analysis.headroom import Headroom
from ove_capacity.analysis.hub_load import HubLoad
from ove_capacity.analysis.ladder import Ladder
from ove_capacity.analysis.limits import Limits
from ove_capacity.analysis.study.result import Standings
from ove_capacity.analysis.verdict import Verdict
from ove_capacity.errors import UnknownNameError
from ove_capacity.model.case import Case
from ove_capacity.report.figures.cells import cells
from ove_capacity.report.figures.growth import growth
from ove_capacity.report.figures.ladder import ladder
from ove_capacity.report.figures.limits import limits
from ove_capacity.report.figures.nodes import nodes
from ove_capacity.report.figures.pairs import pairs
from ove_capacity.report.figures.recovery import recovery
from ove_capacity.report.figures.services import services
from ove_capacity.report.figures.split import split
from ove_capacity.report.figures.study import study
from ove_capacity.report.figures.style import Picture, applied, image_bytes
from ove_capacity.report.figures.timeline import timeline
from ove_capacity.report.figures.verdict import verdict
from ove_capacity.report.figures.waterfall import waterfall
from ove_capacity.sim.run import Run

__all__ = ["figure_files", "plot"]

_FIGURES: dict[type, dict[str, Callable[[Any], Picture]]] = {
    Case: {"nodes": nodes},
    Run: {"timeline": timeline, "nodes": nodes, "growth": growth},
    Headroom: {"waterfall": waterfall},
    Ladder: {"ladder": ladder},
    Failover: {"pairs": pairs},
    FleetFailover: {"recovery": recovery},
    Fragmentation: {"cells": cells, "split": split},
    HubLoad: {"services": services},
    Limits: {"limits": limits},
    Standings: {"study": study},
    Verdict: {"verdict": verdict},
}
"""Type of a result -> its figures by name, the first of them when none is named; there is growth
of a run only where something is scaled."""


def plot(result: object, name: str = "") -> Picture:
    """The figure of that name, or a result's first.

    Raises:
        TypeError: nothing is drawn of such a result; says of which there is.
        UnknownNameError: there is no such figure of it.
    """
    drawn = _of(result)
    if name and name not in drawn:
        raise UnknownNameError("figure", name, drawn)
    with applied():
        return drawn[name or next(iter(drawn))](result)


def figure_files(result: object) -> dict[str, bytes]:
    """All figures of a result as files: ``nodes.png``, ``nodes.svg`` ….

    Raises:
        TypeError: nothing is drawn of such a result.
    """
    return {
        f"{name}.{form}": image_bytes(figure, form)
        for name in _of(result)
        for figure in [plot(result, name)]
        for form in ("png", "svg")
    }


def _of(result: object) -> dict[str, Callable[[Any], Picture]]:
    for kind, drawn in _FIGURES.items():
        if isinstance(result, kind):
            if isinstance(result, Run) and not len(result.machines):
                return {name: each for name, each in drawn.items() if each is not growth}
            return drawn
    known = ", ".join(f"{kind.__name__} ({', '.join(names)})" for kind, names in _FIGURES.items())
    raise TypeError(f"no figure of {type(result).__name__}; there is one of: {known}")
