"""A file that is read piece by piece, checked on the way."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO

from ove_capacity.manifests.document import place_number

__all__ = ["CONTROL", "MAX_BYTES", "Pieces", "UnreadableError"]

MAX_BYTES = 32 * 1024 * 1024
"""Largest file that is read as a whole, and largest item of a List in a larger one."""
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has."""

_PIECE_BYTES = 1 << 18


class UnreadableError(Exception):
    """The file holds what is no text, or too much in one piece; *place* says where."""

    def __init__(self, message: str, place: int) -> None:
        """Keep the place, as `place_number` counts."""
        super().__init__(message)
        self.place = place


class Pieces:
    """The text of a large file, as a parser asks for it."""

    def __init__(self, stream: BinaryIO, seen: Callable[[bytes], object]) -> None:
        """Read *stream*; *seen* gets all bytes of it, for a digest."""
        self._stream, self._seen = stream, seen
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._lines = 0
        self._since_item = 0

    def begin_item(self) -> None:
        """An item of a List has ended: the next one may be as large again."""
        self._since_item = 0

    def read(self, _: int) -> str:
        """The next piece; "" at the end.

        Raises:
            UnreadableError: it is not UTF-8 text, or one item has become too large.
        """
        text = ""
        while not text:
            data = self._stream.read(_PIECE_BYTES)
            self._seen(data)
            self._since_item += len(data)
            if self._since_item > MAX_BYTES:
                message = f"has an object of more than {MAX_BYTES >> 20} MiB"
                raise UnreadableError(message, place_number(self._lines, 0))
            control = CONTROL.search(data)
            if control is not None:
                line = self._lines + data.count(b"\n", 0, control.start())
                what = f"holds the control character 0x{control[0][0]:02x}: is it a binary file?"
                raise UnreadableError(what, place_number(line, 0))
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                line = self._lines + data.count(b"\n", 0, error.start)
                raise UnreadableError("is not UTF-8 text", place_number(line, 0)) from None
            self._lines += data.count(b"\n")
            if not data:
                break
        return text
