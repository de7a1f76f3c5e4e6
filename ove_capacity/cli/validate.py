"""``validate``: read everything, build the case, say what was found; run nothing."""

from __future__ import annotations

import typer

from ove_capacity.cli.endings import WRONG_INPUT, ends_decently, problems_document
from ove_capacity.cli.loading import load_case
from ove_capacity.cli.options import (
    Format,
    FormatOption,
    Output,
    Outside,
    ScenarioFile,
    Settings,
    Variant,
)
from ove_capacity.cli.output import deliver
from ove_capacity.errors import ScenarioError

__all__ = ["validate"]


@ends_decently
def validate(
    scenario: ScenarioFile,
    *,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """List every problem of a scenario, each with its place."""
    try:
        loaded = load_case(scenario, variant=variant, settings=settings, outside=outside)
        case = loaded.case
    except ScenarioError as error:
        if form is not Format.JSON:
            raise
        wrong = problems_document(error)
        deliver(lambda: wrong, str, form=form, file=output)
        raise typer.Exit(WRONG_INPUT) from None

    from ove_capacity.report import json, text  # not before the input is known to be right

    deliver(
        lambda: json.validate_document(case),
        lambda: text.validate_text(case, str(scenario)),
        form=form,
        file=output,
        loaded=loaded,
    )
