"""``check``: what a scenario's manifests do to each other, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ANSWER_IS_NO, ends_decently
from ove_capacity.cli.options import (
    Format,
    FormatOption,
    Output,
    Outside,
    Settings,
    Variant,
    changes_of,
)
from ove_capacity.cli.output import deliver, refuse_unwritable
from ove_capacity.errors import OveCapacityError

__all__ = ["check"]


@ends_decently
def check(
    scenario: Annotated[
        Path | None,
        typer.Argument(metavar="SCENARIO", help="The scenario, a YAML file.", show_default=False),
    ] = None,
    *,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help="Only this rule. Repeatable."),
    ] = None,
    list_rules: Annotated[
        bool, typer.Option("--list", help="List the rules, and check nothing.")
    ] = False,
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Find what manifests do to each other; 1 on errors."""
    from ove_capacity.report import checks  # a person who asks for help does not wait for it

    refuse_unwritable(output, form)
    if list_rules:
        deliver(checks.rules_document, checks.rules_text, form=form, file=output)
        return
    if scenario is None:
        raise OveCapacityError("check: name a scenario, or ask for --list")
    found = ove_capacity.check(
        scenario,
        rules=rule or (),
        set=changes_of(settings or []),
        variant=variant,
        allow_outside=outside,
    )
    deliver(
        found.to_dict,
        lambda: checks.checked_text(found),
        form=form,
        file=output,
        tables=lambda: found.tables,
    )
    if not found.is_ok:
        raise typer.Exit(ANSWER_IS_NO)
