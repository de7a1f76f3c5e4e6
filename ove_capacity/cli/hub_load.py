"""``hub-load``: what managing the fleet costs, on the hub and on every cluster."""

from __future__ import annotations

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

__all__ = ["hub_load"]


@ends_decently
def hub_load(
    scenario: ScenarioFile,
    *,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
    figures: FigureFolder = None,
) -> None:
    """Show what managing the fleet asks for."""
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records, text  # not before the input is known to be right

    found = ove_capacity.hub_load(case)
    deliver(
        lambda: json.hub_load_document(case, found),
        lambda: text.hub_load_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.hub_load_tables(found),
    )
    draw(figures, found)
