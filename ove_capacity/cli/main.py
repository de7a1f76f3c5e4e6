"""``ove-capacity VERB scenario.yaml``: the verbs, and what the process ends with.

Exit codes: 0 done, or the answer is yes; 1 the answer asked for is no; 2 the input is wrong;
3 a bug.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Annotated, TextIO

import typer

import ove_capacity
from ove_capacity.cli import (
    check,
    compile,
    explain,
    failover,
    fragmentation,
    headroom,
    hub_load,
    ingest,
    limits,
    placement,
    placement_study,
    schema,
    show,
    simulate,
    validate,
    verdict,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="ove-capacity",
    help="Capacity planner and simulator for OpenShift Virtualization fleets.",
    epilog="Exit codes: 0 done or yes, 1 no, 2 wrong input, 3 a bug.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
    rich_markup_mode=None,  # plain help: importing rich would cost more than all the rest
)

_STUDY = ["placement", "study"]
"""A verb of two words."""

_GARBAGE_LEAST = 50_000
"""Objects made before cycles among them are looked for: loading modules makes hundreds of thousands
that stay, and looking through them again and again takes time."""

for _verb in (
    validate.validate,
    check.check,
    show.show,
    simulate.simulate,
    headroom.headroom,
    failover.failover,
    fragmentation.fragmentation,
    limits.limits,
    verdict.verdict,
    placement.placement,
    placement_study.placement_study,
    explain.explain,
    schema.schema,
):
    app.command(_verb.__name__.replace("_", " "))(_verb)
app.command("hub-load")(hub_load.hub_load)
app.command("compile")(compile.compile_kernels)
app.add_typer(ingest.app, name="ingest")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"ove-capacity {ove_capacity.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show it and end."),
    ] = False,
) -> None:
    """Capacity planner and simulator for OpenShift Virtualization fleets."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, without the program's name; returns the exit code.

    Without *argv* it is that of the process, which then has nothing left to do but to end.
    """
    if argv is None:
        gc.set_threshold(_GARBAGE_LEAST)
    for stream in (sys.stdout, sys.stderr):
        _print_what_it_can(stream)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:2] == _STUDY:
        arguments[:2] = [" ".join(_STUDY)]
    try:
        app(arguments, prog_name="ove-capacity")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    if argv is None:
        gc.freeze()  # or the interpreter's end looks through them all again: 0.2 s of 2.5 s
    return code


def _print_what_it_can(stream: TextIO | None) -> None:
    """Let a terminal that lacks a character show a question mark instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
