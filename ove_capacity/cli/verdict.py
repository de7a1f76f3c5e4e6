"""``verdict``: one page for a board, each cluster and each question."""

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
)
from ove_capacity.cli.output import deliver, draw, refuse_no_folder, refuse_unwritable

__all__ = ["FailOn", "verdict"]


class FailOn(StrEnum):
    """What makes a verdict's exit code 1."""

    NO = "no"


@ends_decently
def verdict(
    scenario: ScenarioFile,
    *,
    cluster: Annotated[str, typer.Option("--cluster", metavar="NAME", help="Only this one.")] = "",
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="End with 1 when any answer is NO.")
    ] = None,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
    figures: FigureFolder = None,
) -> None:
    """Say on one page what fits, what survives, what helps."""
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, text  # not before the input is known to be right

    found = ove_capacity.verdict(case, cluster=cluster, checked=loaded.checked)
    deliver(
        lambda: json.verdict_document(case, found),
        lambda: text.verdict_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: found.tables,
    )
    draw(figures, found)
    if fail_on is FailOn.NO and found.is_no:
        raise typer.Exit(ANSWER_IS_NO)
