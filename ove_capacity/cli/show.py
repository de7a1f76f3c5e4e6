"""``show``: the case as it will be simulated, with every assumption and its source."""

from __future__ import annotations

from typing import Annotated

import typer

from ove_capacity.cli.endings import ends_decently
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

__all__ = ["show"]


@ends_decently
def show(
    scenario: ScenarioFile,
    *,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    origin: Annotated[
        bool, typer.Option("--origin", help="Show where each number of a cluster came from.")
    ] = False,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show what will be simulated, and every assumption."""
    refuse_unwritable(output, form)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records, text  # not before the input is known to be right

    if origin:
        deliver(
            lambda: json.origins_document(case),
            lambda: text.origins_text(case),
            form=form,
            file=output,
            loaded=loaded,
            tables=lambda: [records.origins_table(case)],
        )
        return
    deliver(
        lambda: json.show_document(case),
        lambda: text.show_text(case),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.show_tables(case),
    )
