"""``simulate``: run the plan and report what happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ANSWER_IS_NO, ends_decently
from ove_capacity.cli.loading import load_case
from ove_capacity.cli.options import (
    FigureFolder,
    Format,
    FormatOption,
    Output,
    Outside,
    ScenarioFile,
    Seed,
    Settings,
    Variant,
    duration_ms,
)
from ove_capacity.cli.output import deliver, draw, refuse_no_folder, refuse_unwritable
from ove_capacity.cli.progress import progress_bar

__all__ = ["FailOn", "simulate"]


class FailOn(StrEnum):
    """What makes a run's exit code 1."""

    PENDING = "pending"


@ends_decently
def simulate(
    scenario: ScenarioFile,
    *,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="How long, as 12h or 90d, the default."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the books after every event; slower.")
    ] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option("--fail-on", help="End with 1 when VMs that are to run do not."),
    ] = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
    figures: FigureFolder = None,
) -> None:
    """Run the plan: what happened, what fits, what survives."""
    until_ms = None if until is None else duration_ms("--until", until, least_ms=1)
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records, text  # not before the input is known to be right

    with progress_bar("simulating") as progress:
        run = ove_capacity.simulate(case, until=until_ms, check=check, progress=progress)
    deliver(
        lambda: json.simulate_document(run),
        lambda: text.simulate_text(run),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.run_tables(run),
    )
    draw(figures, run)
    if fail_on is FailOn.PENDING and any(
        each["pending"] + each["lost"] + each["refused"] for each in run.counts.values()
    ):
        raise typer.Exit(ANSWER_IS_NO)
