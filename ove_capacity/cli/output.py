"""Where a result goes: to the terminal, or into a file that is whole or not there at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import typer

from ove_capacity.cli.endings import drop_what_is_left_to_print, is_terminal
from ove_capacity.cli.options import Format
from ove_capacity.errors import OveCapacityError

__all__ = ["deliver", "refuse_unwritable"]


def refuse_unwritable(file: Path | None) -> None:
    """Say before a long run that its result could not be written; OveCapacityError if so."""
    if file is None:
        return
    folder = file.resolve().parent
    if file.is_dir():
        raise OveCapacityError(f"cannot write {file}: it is a folder")
    if not folder.is_dir():
        raise OveCapacityError(f"cannot write {file}: there is no folder {folder}")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise OveCapacityError(f"cannot write {file}: permission denied")


def deliver(
    document: Callable[[], Mapping[str, object]],
    text: Callable[[], str],
    *,
    form: Format,
    file: Path | None,
) -> None:
    """Print one of the two, or write it to *file*; only the one that is asked for is made."""
    if form is Format.JSON:
        content = json.dumps(document(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        content = text().rstrip("\n") + "\n"
    if file is not None:
        _write_whole(file, content)
    else:
        _print(content, in_colour=form is Format.TEXT and is_terminal(sys.stdout))


def _print(content: str, *, in_colour: bool) -> None:
    try:
        if in_colour:
            _print_in_colour(content)
        else:
            typer.echo(content, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_what_is_left_to_print()
        raise OveCapacityError(f"cannot print: {error.strerror or error}") from None


def _write_whole(file: Path, content: str) -> None:
    """Write beside the file, then rename: a reader sees the old one or the new one.

    Raises:
        OveCapacityError: the place cannot be written.
    """
    target = file.resolve()
    try:
        if target.exists() and not target.is_file():  # a device or a pipe is not replaced
            target.write_text(content, encoding="utf-8")
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as temporary:
                temporary.write(content)
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OveCapacityError(f"cannot write {file}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _print_in_colour(content: str) -> None:
    """The same text with its headings and verdicts coloured."""
    from rich.console import Console
    from rich.text import Text

    text = Text(content, end="")
    text.highlight_regex(r"(?<=\n\n)(?!ove-capacity)[^\n]+(?=\n[^\n])", "bold")
    text.highlight_regex(r"\byes\b", "green")
    text.highlight_regex(r"\b(NO|LOST|PENDING)\b", "bold red")
    text.highlight_regex(r"(?m)^ *-[- ]+$", "dim")
    Console(soft_wrap=True).print(text)
