"""``failover``: which losses are survived, and what would help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ove_capacity
from ove_capacity.cli.endings import ANSWER_IS_NO, ends_decently
from ove_capacity.cli.loading import Loaded, load_case
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

__all__ = ["failover"]


@ends_decently
def failover(
    scenario: ScenarioFile,
    *,
    cluster: Annotated[
        str, typer.Option("--cluster", metavar="NAME", help="One cluster instead of all.")
    ] = "",
    survive: Annotated[
        int | None,
        typer.Option(
            "--survive", metavar="K", min=0, help="End with 1 unless any K workers may be lost."
        ),
    ] = None,
    while_drained: Annotated[
        int,
        typer.Option(
            "--while-drained", metavar="N", min=0, help="Also while N other workers are drained."
        ),
    ] = 0,
    domains: Annotated[
        list[str] | None,
        typer.Option(
            "--domain",
            metavar="LABEL",
            help="Lose together what shares a value of it, beside zone and rack. Repeatable.",
        ),
    ] = None,
    clusters: Annotated[
        bool,
        typer.Option(
            "--clusters", help="Lose whole clusters and regions instead, and bring VMs elsewhere."
        ),
    ] = False,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", min=1, help="How often, with --clusters.")
    ] = 10,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            metavar="PLACEMENTS",
            min=0,
            help="How much one kind of loss may take to try; more is left out, and said.",
            show_default=False,
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
    """Lose workers and zones: who does not return, what helps.

    Ends with 1 when --survive asks for more than is proved; with --clusters, when it is given and
    a cluster or region may not be lost.
    """
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.report import json, records, text  # not before the input is known to be right

    if clusters:
        _of_clusters(loaded, seeds, form, output, figures, is_demanded=bool(survive))
        return
    found = ove_capacity.failover(
        case,
        cluster=cluster,
        survive=survive,
        while_drained=while_drained,
        domains=domains or (),
        budget=budget,
    )
    deliver(
        lambda: json.failover_document(case, found),
        lambda: text.failover_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: records.failover_tables(found),
    )
    draw(figures, found)
    if not found.is_survived:
        raise typer.Exit(ANSWER_IS_NO)


def _of_clusters(
    loaded: Loaded,
    seeds: int,
    form: Format,
    output: Path | None,
    figures: Path | None,
    *,
    is_demanded: bool,
) -> None:
    from ove_capacity.report import json, text

    case = loaded.case
    with progress_bar("losing clusters") as progress:
        found = ove_capacity.fleet_failover(case, seeds=seeds, progress=progress)
    deliver(
        lambda: json.fleet_failover_document(case, found),
        lambda: text.fleet_failover_text(case, found),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: found.tables,
    )
    draw(figures, found)
    if is_demanded and not found.is_survived:
        raise typer.Exit(ANSWER_IS_NO)
