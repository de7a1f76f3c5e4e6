"""``explain``: for one VM, each node's verdict."""

from __future__ import annotations

from typing import Annotated

import typer

import ove_capacity
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
    duration_ms,
)
from ove_capacity.cli.output import deliver, refuse_unwritable
from ove_capacity.cli.progress import progress_bar
from ove_capacity.errors import OveCapacityError, UnknownNameError

__all__ = ["explain"]


@ends_decently
def explain(
    scenario: ScenarioFile,
    *,
    vm: Annotated[
        str, typer.Option("--vm", metavar="NAMESPACE/NAME", help="The VM.", show_default=False)
    ],
    cluster: Annotated[
        str, typer.Option("--cluster", metavar="NAME", help="When several have that VM.")
    ] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When: 30d, 12h; 0s is after the start.")
    ] = "0s",
    variant: Variant = None,
    settings: Settings = None,
    outside: Outside = False,
    seed: Seed = None,
    form: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show every node's verdict on one VM."""
    refuse_unwritable(output, form)
    at_ms = duration_ms("--at", at)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records  # not before the input is known to be right

    with progress_bar("simulating") as progress:
        run = ove_capacity.simulate(case, until=at_ms + 1, progress=progress)
    try:
        explanation = ove_capacity.explain(run, vm, cluster=cluster)
    except UnknownNameError as error:
        raise OveCapacityError(f"at {at} (--at names another time): {error}") from None
    deliver(
        lambda: json.result_document(case, "explanation", explanation.to_dict()),
        lambda: str(explanation),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.explain_tables(explanation),
    )
