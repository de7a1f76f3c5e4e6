"""How a verb ends: exit codes, problems with their place, and what to do about a bug."""

from __future__ import annotations

import functools
import json
import logging
import os
import shlex
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import NoReturn, ParamSpec, TextIO

import typer

import ove_capacity
from ove_capacity.errors import OveCapacityError, Problem, ScenarioError

__all__ = [
    "ANSWER_IS_NO",
    "BROKEN_PIPE",
    "BUG",
    "INTERRUPTED",
    "WRONG_INPUT",
    "drop_what_is_left_to_print",
    "ends_decently",
    "is_terminal",
    "problems_document",
    "seed_in_use",
]

ANSWER_IS_NO = 1
WRONG_INPUT = 2
BUG = 3
INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
BROKEN_PIPE = 141
"""128 + SIGPIPE."""

_SHOWN_COLUMNS = 96
_P = ParamSpec("_P")

seed_in_use: ContextVar[int | None] = ContextVar("seed_in_use", default=None)
"""Seed of the case that was loaded last, for the replay line of a bug."""


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody watches; a closed stream is None."""
    return stream is not None and stream.isatty()


def ends_decently(verb: Callable[_P, None]) -> Callable[_P, None]:
    """Turn whatever a verb raises into a message on stderr and an exit code."""

    @functools.wraps(verb)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        seed_in_use.set(None)
        _say_what_takes_long()
        try:
            verb(*args, **kwargs)
        except typer.Exit:
            raise
        except OveCapacityError as error:
            _tell(error, to_programs=kwargs.get("form") == "json")
            _end(WRONG_INPUT)
        except KeyboardInterrupt:
            typer.echo("Interrupted; nothing was written.", err=True)
            _end(INTERRUPTED)
        except BrokenPipeError:
            drop_what_is_left_to_print()
            _end(BROKEN_PIPE)
        except Exception as error:  # whatever else comes up here is a bug of ours
            _confess(verb.__name__, error)
            _end(BUG)

    return guarded


def _say_what_takes_long() -> None:
    """What the package logs, such as that it compiles, goes to stderr."""
    log = logging.getLogger("ove_capacity")
    if not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.setLevel(logging.INFO)


def drop_what_is_left_to_print() -> None:
    """Nobody can read it: give the interpreter's own last flush a place to write to."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: OveCapacityError, *, to_programs: bool) -> None:
    """Every problem: to people on stderr, to programs as the document on stdout.

    What ``--output`` names stays as it was: an answer of last time is better than none.
    """
    if to_programs:
        typer.echo(json.dumps(problems_document(error), indent=2, ensure_ascii=False))
    elif isinstance(error, ScenarioError):
        for problem in error.problems:
            _complain(problem)
    else:
        typer.echo(str(error), err=True)


def problems_document(error: OveCapacityError) -> dict[str, object]:
    """What is wrong, for programs; a problem with the call itself has no place."""
    problems = error.problems if isinstance(error, ScenarioError) else (Problem(str(error)),)
    return {"valid": False, "problems": [problem.to_dict() for problem in problems]}


def _end(code: int) -> NoReturn:
    raise typer.Exit(code)


def _complain(problem: Problem) -> None:
    typer.echo(str(problem), err=True)
    if problem.line and is_terminal(sys.stderr):
        shown = _offending_line(problem)
        if shown:
            typer.echo(shown, err=True)


def _offending_line(problem: Problem) -> str:
    """The line of the file with a mark under the column; empty when it cannot be shown."""
    try:
        if not Path(problem.file).is_file():  # a device may have no end, a pipe no more to say
            return ""
        with Path(problem.file).open(encoding="utf-8", errors="replace") as file:
            text = next((line for i, line in enumerate(file, 1) if i == problem.line), "")
    except OSError:
        return ""
    column = max(problem.column, 1) - 1
    start = max(0, column - _SHOWN_COLUMNS // 2)
    window = text.rstrip("\n").expandtabs(1)[start : start + _SHOWN_COLUMNS]
    if not window.strip() or not window.isprintable():
        return ""
    mark = typer.style("^", fg=typer.colors.RED, bold=True)
    return f"  {window}\n  {' ' * (column - start)}{mark}"


def _confess(verb: str, error: Exception) -> None:
    where = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    file = Path(where.filename)
    typer.echo(
        f"This is a bug in ove-capacity {ove_capacity.__version__}, not in your input.\n"
        f"  {verb}: {what} ({file.parent.name}/{file.name}:{where.lineno})\n"
        f"  replay: {_replay()}",
        err=True,
    )
    if os.environ.get("OVE_CAPACITY_TRACEBACK") == "1":
        traceback.print_exception(error)
    else:
        typer.echo("  OVE_CAPACITY_TRACEBACK=1 shows the whole way to it.", err=True)


def _replay() -> str:
    """The command line that was given, with the seed that was used."""
    arguments = sys.argv[1:]
    seed = seed_in_use.get()
    if seed is not None and not any(each.startswith("--seed") for each in arguments):
        arguments = [*arguments, "--seed", str(seed)]
    return shlex.join(["ove-capacity", *arguments])
