"""An Excel workbook, opened with care: sizes are bounded before anything is unpacked.

Nothing in a workbook runs or is followed: formulas count by their saved value, external links,
macros, pictures and styles are not even opened.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.sheet import DamagedPartError, SheetRows, elements, shared_strings

__all__ = ["UNPACKED_MAX_BYTES", "Workbook", "opened"]

UNPACKED_MAX_BYTES = 512 * 1024 * 1024
"""Most that the parts we read may unpack to; 5,000 VMs take about 60 MiB."""

_PARTS_MAX = 10_000
_SMALL_PART_BYTES = 4 * 1024 * 1024
_STORED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class Workbook:
    """The tabs of one file."""

    def __init__(self, file: str, archive: zipfile.ZipFile) -> None:
        """Read the list of tabs of an open archive; ScenarioError if there is none."""
        self.file = file
        self._archive = archive
        self._unpacked_bytes = 0
        self._sizes = {each.filename: each for each in archive.infolist()}
        self._strings: list[str] | None = None
        part = self._workbook_part()
        self._folder = posixpath.dirname(part)
        self._targets = self._links(part)
        self._tabs = self._listed(part)

    @property
    def tabs(self) -> tuple[str, ...]:
        """Names, as they stand at the bottom of the window."""
        return tuple(self._tabs)

    @contextmanager
    def rows(self, tab: str) -> Iterator[SheetRows]:
        """The rows of a tab; ScenarioError, there or while they are walked, if it is damaged."""
        strings = self._all_strings()
        with self._reading(f"{self.file}!{tab}"), self._open(self._tabs[tab]) as stream:
            yield SheetRows(stream, strings)

    @contextmanager
    def _reading(self, place: str) -> Iterator[None]:
        try:
            yield
        except DamagedPartError as error:
            raise ScenarioError(Problem(str(error), place)) from None
        except _DAMAGE as error:
            message = f"is damaged: {_first_words(error)}"
            raise ScenarioError(Problem(message, place)) from None

    def _open(self, part: str) -> IO[bytes]:
        """Open a part whose size is known and allowed; the archive never yields more than that."""
        info = self._sizes.get(part)
        if info is None:
            raise DamagedPartError(f"is damaged: it lacks its part {part[:200]!r}")
        if info.flag_bits & 1:
            raise DamagedPartError("is encrypted: save it without a password")
        if info.compress_type not in _STORED_AS:
            raise DamagedPartError("is packed in a way no spreadsheet program uses")
        self._unpacked_bytes += info.file_size
        if self._unpacked_bytes > UNPACKED_MAX_BYTES:
            raise DamagedPartError(
                f"unpacks to more than {UNPACKED_MAX_BYTES >> 20} MiB; no inventory does"
            )
        return self._archive.open(info)

    def _small(self, part: str) -> list[tuple[str, dict[str, str]]]:
        info = self._sizes.get(part)
        if info is not None and info.file_size > _SMALL_PART_BYTES:
            raise DamagedPartError(f"is damaged: its part {part[:200]!r} is far too large")
        with self._open(part) as stream:
            return elements(stream)

    def _workbook_part(self) -> str:
        with self._reading(self.file):
            if "_rels/.rels" in self._sizes:
                for _, link in self._small("_rels/.rels"):
                    if link.get("Type", "").endswith("/officeDocument"):
                        return link.get("Target", "").lstrip("/")
            raise DamagedPartError("is a zip archive, but no Excel workbook (.xlsx)")

    def _links(self, part: str) -> dict[str, str]:
        """Relationship id -> part; what lies outside of the file is left out."""
        folder, name = posixpath.split(part)
        with self._reading(self.file):
            if not part.endswith(".xml"):
                raise DamagedPartError("is an Excel workbook, but no .xlsx: save it as .xlsx")
            return {
                link.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, target))[1:]
                for _, link in self._small(posixpath.join(folder, "_rels", f"{name}.rels"))
                if (target := link.get("Target", "")) and link.get("TargetMode") != "External"
            }

    def _listed(self, part: str) -> dict[str, str]:
        """Tab -> part, in the order of the tabs."""
        tabs = {}
        with self._reading(self.file):
            for tag, attributes in self._small(part):
                if tag != "sheet":
                    continue
                link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                if link in self._targets:
                    tabs[attributes.get("name", "")] = self._targets[link]
        return tabs

    def _all_strings(self) -> list[str]:
        if self._strings is None:
            part = posixpath.join(self._folder, "sharedStrings.xml")
            part = next(
                (p for p in self._targets.values() if p.endswith("sharedStrings.xml")), part
            )
            self._strings = []
            if part in self._sizes:
                with self._reading(self.file), self._open(part) as stream:
                    self._strings = shared_strings(stream)
        return self._strings


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """The workbook of a file.

    Raises:
        ScenarioError: there is no such file, or it is no .xlsx workbook, encrypted, or a bomb.
    """
    file = str(path)
    _refuse_what_is_none(path, file)
    try:
        archive = zipfile.ZipFile(path)
    except (*_DAMAGE, NotImplementedError) as error:  # zipfile's word for methods it lacks
        message = f"is damaged or cut off: {_first_words(error)}"
        raise ScenarioError(Problem(message, file)) from None
    with archive:
        if len(archive.infolist()) > _PARTS_MAX:
            raise ScenarioError(Problem("holds more parts than any workbook", file))
        yield Workbook(file, archive)


def _refuse_what_is_none(path: Path, file: str) -> None:
    message = ""
    try:
        if path.is_dir():
            message = "is a folder, not a workbook"
        elif not path.exists():
            message = "does not exist"
        elif not path.is_file():
            message = "is not a file"
        else:
            with path.open("rb") as stream:
                start = stream.read(8)
            if start.startswith(_OLD_FORMAT):
                message = "is encrypted, or an old .xls: save it as .xlsx without a password"
            elif not start.startswith(b"PK"):
                message = "is not an Excel workbook (.xlsx)" if start else "is empty"
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or 'not a file name'}"
    if message:
        raise ScenarioError(Problem(message, file))


def _first_words(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else words[:120] + "…"
