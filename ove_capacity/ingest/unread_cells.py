"""Cells that nobody reads, taken out of a sheet before it is parsed: most of a workbook.

They are those of columns that are not wanted, and empty ones.

Only cells as every spreadsheet program writes them are taken out; whatever looks otherwise stays
for the parser, which skips it, too, four times slower.
"""

from __future__ import annotations

import re

__all__ = ["UnreadCells"]

_LONGEST_HELD = 1 << 20
"""A tag is shorter."""


class UnreadCells:
    """Takes cells out of the chunks of one sheet, in their order."""

    def __init__(self, prefix: str, wanted: frozenset[str]) -> None:
        """*prefix* is that of the sheet's tags, *wanted* are the columns to keep."""
        tag = re.escape(prefix.encode())
        kept = b"|".join(column.encode() for column in sorted(wanted)) or b"-"
        self._cell = re.compile(
            b'<%bc r="(?:[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,7}")?/>'
            b'|(?!(?:%b)[0-9])[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,7}")?(?: t="[a-z]{1,3}")?'
            b"(?:/>|><%bv>[^<]*</%bv></%bc>))" % (tag, kept, tag, tag, tag)
        )
        self._held = b""
        self._is_plain = True
        self.number = 0
        """Cells taken out so far."""

    def out_of(self, chunk: bytes) -> bytes:
        """What is left of the chunk, and of what was held back; with b"" nothing is held back."""
        data = self._held + chunk
        # A tag is never cut in two; after a comment or a CDATA section text may look like tags.
        end = data.rfind(b"<") if chunk else len(data)
        end = len(data) if len(data) - end > _LONGEST_HELD else max(end, 0)
        data, self._held = data[:end], data[end:]
        self._is_plain = self._is_plain and b"<!" not in data
        if not self._is_plain:
            return data
        data, number = self._cell.subn(b"", data)
        self.number += number
        return data
