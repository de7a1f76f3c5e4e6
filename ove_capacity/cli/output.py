"""Where a result goes: to the terminal, or into a file that is whole or not there at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ove_capacity.cli.endings import drop_what_is_left_to_print, is_terminal
from ove_capacity.cli.options import Format
from ove_capacity.errors import OveCapacityError

if TYPE_CHECKING:
    from ove_capacity.cli.loading import Loaded
    from ove_capacity.model.case import Case
    from ove_capacity.tables import Table

__all__ = ["deliver", "draw", "refuse_no_folder", "refuse_unwritable"]


def refuse_unwritable(file: Path | None, form: Format = Format.TEXT) -> None:
    """Say before a long run that its result could not be written; OveCapacityError if so."""
    if file is None:
        if form.is_binary:
            raise OveCapacityError(f"--format {form} is not for a screen: name a file with -o FILE")
        return
    folder = file.resolve().parent
    if file.is_dir():
        raise OveCapacityError(f"cannot write {file}: it is a folder")
    if not folder.is_dir():
        raise OveCapacityError(f"cannot write {file}: there is no folder {folder}")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise OveCapacityError(f"cannot write {file}: permission denied")


def refuse_no_folder(folder: Path | None) -> None:
    """Say before a long run that no figure could be put there; OveCapacityError if so."""
    if folder is None:
        return
    there = folder.resolve()
    if there.exists() and not there.is_dir():
        raise OveCapacityError(f"cannot draw into {folder}: it is no folder")
    if not there.exists() and not there.parent.is_dir():
        raise OveCapacityError(f"cannot draw into {folder}: there is no folder {there.parent}")
    if not os.access(there if there.exists() else there.parent, os.W_OK):
        raise OveCapacityError(f"cannot draw into {folder}: permission denied")


def draw(folder: Path | None, *results: object) -> None:
    """All figures of the results as PNG and SVG files in that folder, which is made if need be.

    Raises:
        OveCapacityError: the place cannot be written.
    """
    if folder is None:
        return
    from ove_capacity.report.figures.draw import figure_files  # matplotlib takes long to load

    refuse_no_folder(folder)
    contents = {
        folder / name: content
        for result in results
        for name, content in figure_files(result).items()
    }
    with _naming(folder):
        folder.mkdir(exist_ok=True)
    _write_whole(contents)


def deliver(
    document: Callable[[], Mapping[str, object]],
    text: Callable[[], str],
    *,
    form: Format,
    file: Path | None,
    loaded: Loaded | None = None,
    tables: Callable[[], Iterable[Table]] | None = None,
) -> None:
    """Print the form that is asked for, or write it to *file*; no other form is made.

    Args:
        document: for JSON.
        text: for people.
        form: which of them.
        file: where to; None prints.
        loaded: what the answer is about: for the tables of what it rests on, and for the line that
            tells of errors in the manifests, which no table has room for.
        tables: for csv, parquet and xlsx, the main one first. A workbook has a sheet for each; of
            the others the first goes to *file* and the rest beside it: ``FILE.NAME.csv``.

    Raises:
        OveCapacityError: the place cannot be written, or there is no such form of this result.
    """
    if form in (Format.CSV, Format.PARQUET, Format.XLSX):
        refuse_unwritable(file, form)
        if tables is None:
            raise OveCapacityError(f"there are no tables to write as {form}; take text or json")
        _deliver_tables(tables(), loaded.case if loaded else None, form, file)
        if loaded and loaded.line:
            typer.echo(loaded.line, err=True)
        return
    if form is Format.JSON:
        told = {**document(), **({"check": loaded.to_dict()} if loaded else {})}
        content = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        content = text().rstrip("\n") + "\n"
        if loaded and loaded.line:
            content += f"\n{loaded.line}\n"
    if file is not None:
        _write_whole({file: content.encode()})
    else:
        _print(content, in_colour=form is Format.TEXT and is_terminal(sys.stdout))


def _deliver_tables(
    tables: Iterable[Table], case: Case | None, form: Format, file: Path | None
) -> None:
    from ove_capacity.report import records, sheets  # polars takes long to load

    answer = list(tables) or [records.NOTHING]
    frames = sheets.named([*answer, *(records.case_tables(case) if case else ())])
    main, *others = frames
    if file is None:
        _print(sheets.csv_bytes(frames[main]).decode(), in_colour=False)
        if others:
            typer.echo(f"Not shown: {', '.join(others)}; -o FILE writes them too.", err=True)
    elif form is Format.XLSX:
        _write_whole({file: sheets.workbook_bytes(frames)})
    else:
        to_bytes = sheets.csv_bytes if form is Format.CSV else sheets.parquet_bytes
        contents = {file: to_bytes(frames[main])}
        if file.is_file() or not file.exists():  # there is nothing beside a device
            ending = file.suffix or f".{form}"
            for name in others:
                contents[file.with_name(f"{file.stem}.{name}{ending}")] = to_bytes(frames[name])
        _write_whole(contents)


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


def _write_whole(contents: Mapping[Path, bytes]) -> None:
    """Write beside each file, then rename all: a reader sees old ones or new ones, never a part.

    Raises:
        OveCapacityError: a place cannot be written; then none was.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for file, content in contents.items():
            target = file.resolve()
            with _naming(file):
                if target.exists() and not target.is_file():  # no device or pipe is replaced
                    target.write_bytes(content)
                else:
                    ready.append((_written_beside(target, content), target))
        while ready:
            temporary, target = ready[0]
            with _naming(target):
                temporary.replace(target)
            del ready[0]
    finally:
        for temporary, _ in ready:
            temporary.unlink(missing_ok=True)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OveCapacityError(f"cannot write {file}: {error.strerror or error}") from None


def _written_beside(target: Path, content: bytes) -> Path:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        temporary.chmod(mode)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


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
