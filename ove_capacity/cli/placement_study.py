"""``placement study``: which policy of a Placement keeps its VMs running."""

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
from ove_capacity.cli.progress import progress_bar

__all__ = ["placement_study"]


@ends_decently
def placement_study(
    scenario: ScenarioFile,
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="[PLACEMENT]", help="Needed when there are several."),
    ] = "",
    years: Annotated[
        int, typer.Option("--years", metavar="N", min=2, help="Seeded years for each policy.")
    ] = 100,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="WORDS",
            help="A candidate: 'Steady=3, mode=Exact, tolerate=15m'. Repeatable.",
        ),
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid/--no-grid", help="Also fifty around the Placement's own.")
    ] = True,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
    figures: FigureFolder = None,
) -> None:
    """Rank policies of a Placement by what its VMs lose."""
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, text  # not before the input is known to be right

    with progress_bar("studying") as progress:
        found = ove_capacity.placement_study(
            case, name, years=years, policies=policies or (), grid=grid, progress=progress
        )
    deliver(
        lambda: json.study_document(case, found),
        lambda: text.study_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: found.tables,
    )
    draw(figures, found)
