"""Tables as polars frames; import this module only when somebody wants one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ove_capacity.sim.run import Run
from ove_capacity.tables import Cell, Table

__all__ = ["events_frame", "frame", "samples_frame"]


def events_frame(run: Run) -> pl.DataFrame:
    """Everything that happened, one event a row."""
    return pl.DataFrame(run.events.columns())


def samples_frame(run: Run) -> pl.DataFrame:
    """How full each cluster was, one sample a row."""
    return pl.DataFrame(run.samples.columns())


def frame(table: Table) -> pl.DataFrame:
    """Any result's table. Numbers stay numbers; a column of numbers and words is all words."""
    cells = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    return pl.DataFrame([_series(*each) for each in zip(table.columns, cells, strict=True)])


def _series(name: str, cells: Sequence[Cell]) -> pl.Series:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int, float} and float in kinds:
        return pl.Series(name, cells, pl.Float64, strict=False)
    if len(kinds) > 1 or not kinds:
        return pl.Series(name, [None if cell is None else str(cell) for cell in cells], pl.String)
    return pl.Series(name, cells)
