"""Files and folders of YAML or JSON -> documents; whatever else a path leads to is refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.events import documents_of_text
from ove_capacity.manifests.pieces import CONTROL, MAX_BYTES, Pieces
from ove_capacity.manifests.templates import rendered

__all__ = [
    "MAX_LIST_BYTES",
    "each_document",
    "embedded_document",
    "files_below",
    "read_documents",
    "read_text",
]

MAX_LIST_BYTES = 1 << 30
"""Largest file that is read: a List of very many objects."""

_SUFFIXES = (".yaml", ".yml", ".json")
_LONGEST_MAGIC = 4
_MAGIC = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive", b"\x7fELF": "a program"}


def _refuse(message: str, file: str, line: int = 1, column: int = 1) -> ScenarioError:
    """The error; what is wrong with a file as a whole is wrong from its first character on."""
    return ScenarioError(Problem(message, file, line, column))


def _read_bytes(path: Path, file: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _refuse("is a folder, not a file", file)
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise _refuse("is not a file", file)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refuse("does not exist", file) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise _refuse(f"cannot be read: {reason}", file) from None
    if len(data) > MAX_BYTES:
        raise _refuse(f"is larger than {MAX_BYTES >> 20} MiB", file)
    _refuse_other_kinds(data, file)
    return data


def _refuse_other_kinds(data: bytes, file: str) -> None:
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise _refuse(f"is {what}, not YAML or JSON", file)


def read_text(path: Path, file: str | None = None) -> str:
    """The text of a file; *file* is its name in messages.

    Raises:
        ScenarioError: there is no such file, or it is not UTF-8 text, or larger than `MAX_BYTES`.
    """
    name = str(path) if file is None else file
    data = _read_bytes(path, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        bad = data[error.start]
        raise _refuse(f"is not UTF-8 text (byte 0x{bad:02x})", name, line, column) from None
    control = CONTROL.search(data)
    if control is not None:
        before = data[: control.start()]
        line, column = before.count(b"\n") + 1, control.start() - before.rfind(b"\n")
        what = f"holds the control character 0x{control[0][0]:02x}: is it a binary file?"
        raise _refuse(what, name, line, column)
    return text


def each_document(
    path: Path,
    problems: Problems,
    *,
    file: str,
    values: Mapping[str, Any] | None = None,
    seen: Callable[[bytes], object] = len,
) -> Iterator[Document]:
    """The documents of a YAML or JSON file, and of a List its items, each as soon as it is read.

    Args:
        path: the file. One of more than `MAX_BYTES` is never held as a whole; nothing of Helm is
            filled in there.
        problems: gets warnings.
        file: its name in messages.
        values: what Helm's ``{{ .Values.x }}`` are replaced with.
        seen: gets all bytes that were read, for a digest.

    Raises:
        ScenarioError: it cannot be read, or holds nothing; earlier documents are out by then.
    """
    found = False
    for document in _documents_of(path, problems, file, values, seen):
        found = True
        yield document
    if not found:
        raise _refuse("is empty", file)


def _documents_of(
    path: Path,
    problems: Problems,
    file: str,
    values: Mapping[str, Any] | None,
    seen: Callable[[bytes], object],
) -> Iterator[Document]:
    if not _is_large(path):
        text = rendered(read_text(path, file), values or {}, file)
        seen(text.encode())
        yield from documents_of_text(text, file, problems)
        return
    with path.open("rb") as stream:
        _refuse_other_kinds(stream.read(_LONGEST_MAGIC), file)
        stream.seek(0)
        yield from documents_of_text(Pieces(stream, seen), file, problems)


def _is_large(path: Path) -> bool:
    """Whether it is a file, and too large to hold, but not beyond all measure."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and MAX_BYTES < status.st_size <= MAX_LIST_BYTES


def read_documents(
    path: str | Path,
    problems: Problems | None = None,
    *,
    file: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> list[Document]:
    """The documents of one YAML or JSON file, all at once; `each_document` takes larger ones.

    Args:
        path: the file.
        problems: gets warnings.
        file: its name in messages; otherwise its path.
        values: what Helm's ``{{ .Values.x }}`` are replaced with.

    Raises:
        ScenarioError: it cannot be read, is larger than `MAX_BYTES`, or holds nothing.
    """
    name = str(path) if file is None else file
    text = rendered(read_text(Path(path), name), values or {}, name)
    found = list(documents_of_text(text, name, Problems() if problems is None else problems))
    if not found:
        raise _refuse("is empty", name)
    return found


def files_below(folder: Path) -> list[Path]:
    """The YAML and JSON files of a folder and its subfolders, sorted; hidden ones left out."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(place, name)
            for name in names
            if name.lower().endswith(_SUFFIXES) and not name.startswith(".")
        ]
    return sorted(found)


def embedded_document(outer: Document, path: FieldPath, problems: Problems) -> Document | None:
    """The document inside a string of *outer*; places point to the lines of the outer file.

    None when the string holds nothing.

    Raises:
        ScenarioError: the string is not YAML.
    """
    text: Any = outer.value
    for step in path:
        text = text[step]
    line, column = outer.place(path)
    above = replace(outer, value=None, path=outer.path + path, lines_below=line - 1)
    lines = outer.text.split("\n")
    spot = line - 1 - outer.lines_below
    indicator = lines[spot][column - 1 - outer.columns_right :] if spot < len(lines) else ""
    if indicator[:1] in ("|", ">"):
        first = next((each for each in lines[spot + 1 :] if each.strip()), "")
        indent = len(first) - len(first.lstrip(" ")) + outer.columns_right
        above = replace(above, lines_below=line, columns_right=indent)
    elif indicator[:1] in ("'", '"'):
        above = replace(above, columns_right=column)
    else:
        above = replace(above, columns_right=column - 1)
    found = list(documents_of_text(text, outer.file, problems, above))
    return found[0] if found else None
