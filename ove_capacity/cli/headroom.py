"""``headroom``: what is left, what still fits, and what binds first."""

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
from ove_capacity.errors import OveCapacityError

__all__ = ["headroom"]

_LEAST_WEIGHT, _LARGEST_WEIGHT = 0.0001, 1_000_000


@ends_decently
def headroom(
    scenario: ScenarioFile,
    *,
    cluster: Annotated[str, typer.Option("--cluster", metavar="NAME", help="Only this one.")] = "",
    shapes: Annotated[
        list[str] | None,
        typer.Option(
            "--shape",
            metavar="NAME",
            help="A workload or an instancetype, u1.2xlarge, instead of all workloads and a "
            "catalogue. Repeatable.",
        ),
    ] = None,
    ladder: Annotated[
        bool, typer.Option("--ladder", help="What binds in order as VMs of a mix are added.")
    ] = False,
    mix: Annotated[
        str | None,
        typer.Option(
            "--mix",
            metavar="NAME=WEIGHT,…",
            help="The ladder's mix, web=0.7,db=0.3; else as the listed VMs. Implies --ladder.",
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
    """Show what is left, what still fits, and what binds."""
    weights = None if mix is None else _weights(mix)
    refuse_unwritable(output, form)
    refuse_no_folder(figures)
    loaded = load_case(scenario, variant=variant, settings=settings, outside=outside, seed=seed)
    case = loaded.case

    from ove_capacity.analysis.settle import settle  # not before the input is known to be right
    from ove_capacity.report import json, text

    run = settle(case)  # once, for both questions
    room = ove_capacity.headroom(run, cluster=cluster, shapes=shapes or None)
    steps = None
    if ladder or weights is not None:
        steps = ove_capacity.ladder(run, cluster=cluster, mix=weights)
    deliver(
        lambda: json.headroom_document(case, room, steps),
        lambda: text.headroom_text(case, room, steps),
        form=form,
        file=output,
        loaded=loaded,
        tables=lambda: (*room.tables, *(steps.tables if steps else ())),
    )
    draw(figures, room, *([steps] if steps else []))


def _weights(mix: str) -> dict[str, float]:
    """``web=0.7,db=0.3`` -> weights by name; OveCapacityError says what is wrong."""
    found: dict[str, float] = {}
    for part in mix.split(","):
        name, equals, weight = (each.strip() for each in part.partition("="))
        try:
            number = float(weight)
        except ValueError:
            number = 0.0
        if not (name and equals and _LEAST_WEIGHT <= number <= _LARGEST_WEIGHT):
            raise OveCapacityError(
                f"--mix {part.strip()}: write it as name=weight, web=0.7,db=0.3; "
                f"a weight is from {_LEAST_WEIGHT} to {_LARGEST_WEIGHT:,}"
            )
        if name in found:
            raise OveCapacityError(f"--mix {mix}: {name} is there twice")
        found[name] = number
    return found
