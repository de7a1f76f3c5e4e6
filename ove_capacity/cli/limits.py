"""``limits``: how far the autoscaler lets each cluster grow, and what stops it."""

from __future__ import annotations

from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ends_decently
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

__all__ = ["limits"]


@ends_decently
def limits(
    scenario: ScenarioFile,
    *,
    cluster: Annotated[str, typer.Option("--cluster", metavar="NAME", help="Only this one.")] = "",
    shapes: Annotated[
        list[str] | None,
        typer.Option(
            "--shape",
            metavar="NAME",
            help="A workload or an instancetype, u1.2xlarge, instead of all workloads. Repeatable.",
        ),
    ] = None,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
    figures: FigureFolder = None,
) -> None:
    """Show how far autoscalers grow clusters, and what binds."""
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records, text  # not before the input is known to be right

    found = ove_capacity.limits(case, cluster=cluster, shapes=shapes or None)
    deliver(
        lambda: json.limits_document(case, found),
        lambda: text.limits_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.limits_tables(found),
    )
    draw(figures, found)
