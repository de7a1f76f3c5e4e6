"""``placement``: which clusters a Placement goes to, and the scores that led there."""

from __future__ import annotations

from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ANSWER_IS_NO, ends_decently
from ove_capacity.cli.options import (
    Format,
    FormatOption,
    Output,
    ScenarioFile,
    Seed,
    Settings,
    Variant,
    load_case,
)
from ove_capacity.cli.output import deliver

__all__ = ["placement"]


@ends_decently
def placement(
    scenario: ScenarioFile,
    *,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[PLACEMENT]", help="Name or namespace/name; without it, all."),
    ] = None,
    variant: Variant = None,
    settings: Settings = None,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show which clusters the hub chooses, and the scores behind it.

    Ends with 1 when a Placement finds no cluster.
    """
    from ove_capacity.report import json, text

    case = load_case(scenario, variant=variant, settings=settings, seed=seed)
    names = [name] if name is not None else [each.key for each in case.fleet.placements]
    decisions = [ove_capacity.placement(case, each) for each in names]
    deliver(
        lambda: json.placement_document(case, decisions),
        lambda: text.placement_text(case, decisions),
        form=form,
        file=output,
    )
    if not all(decision.clusters for decision in decisions):
        raise typer.Exit(ANSWER_IS_NO)
