"""Tables as polars frames; import this module only when somebody wants one."""

from __future__ import annotations

import polars as pl

from ove_capacity.sim.run import Run
from ove_capacity.tables import Table

__all__ = ["events_frame", "frame", "samples_frame"]


def events_frame(run: Run) -> pl.DataFrame:
    """Everything that happened, one event a row."""
    return pl.DataFrame(run.events.columns())


def samples_frame(run: Run) -> pl.DataFrame:
    """How full each cluster was, one sample a row."""
    return pl.DataFrame(run.samples.columns())


def frame(table: Table) -> pl.DataFrame:
    """Any result's table."""
    columns = list(table.columns)
    return pl.DataFrame(table.rows, schema=columns, orient="row", infer_schema_length=None)
