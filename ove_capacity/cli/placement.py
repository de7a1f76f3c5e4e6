"""``placement``: which clusters a Placement goes to, and the scores that led there."""

from __future__ import annotations

from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ANSWER_IS_NO, ends_decently
from ove_capacity.cli.loading import load_case
from ove_capacity.cli.options import (
    Format,
    FormatOption,
    Output,
    Outside,
    ScenarioFile,
    Seed,
    Settings,
    Variant,
)
from ove_capacity.cli.output import deliver, refuse_unwritable

__all__ = ["placement"]


@ends_decently
def placement(
    scenario: ScenarioFile,
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="[PLACEMENT]", help="Name or namespace/name; without it, all."),
    ] = "",
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show which clusters the hub chooses, with the scores.

    Ends with 1 when a Placement finds no cluster.
    """
    refuse_unwritable(output, form)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json  # not before the input is known to be right

    decided = ove_capacity.placement(case, name)
    deliver(
        lambda: json.result_document(case, "placements", json.placements(decided.decisions)),
        lambda: str(decided) or f"{case.name} has no Placement.",
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: decided.tables,
    )
    if not decided.is_decided:
        raise typer.Exit(ANSWER_IS_NO)
