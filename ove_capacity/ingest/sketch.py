"""What an inventory is turned into: a scenario as text, and what became of each thing read."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.quantity import NANO, Notation, Quantity
from ove_capacity.tables import Cell, Table

__all__ = ["Intake", "Page", "Sketch", "Value", "cpu_text", "gib_text", "memory_text", "scalar"]

Value = str | int | float | bool | Mapping[str, "Value"] | Sequence["Value"]
"""What a scenario is made of."""

_WIDTH = 96
_COMMENT_AT = 44
_PLAIN = re.compile(
    r"(?:\.{1,2}/)*[A-Za-z_][A-Za-z0-9_./+-]*|[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i|[mkMGTPE])"
)
_RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_API_VERSION = "ove-capacity/v1"


def scalar(value: str | int | float | bool) -> str:
    """A single value as YAML; text that any reader could take for something else is quoted."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return repr(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return "".join(map(_escaped, json.dumps(value, ensure_ascii=False)))


def _escaped(character: str) -> str:
    """A character within double quotes, as YAML escapes what cannot be printed."""
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else "?"


def _in_a_comment(text: str) -> str:
    """On one line, and without what cannot be printed."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))


def _flow(value: Value) -> str:
    """On one line: ``{cpu: 4, memory: 16Gi}``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str | int | float):
        return scalar(value)
    return "[" + ", ".join(_flow(each) for each in value) + "]"


def cpu_text(milli: int) -> int | str:
    """CPU as people write it: whole cores, or ``500m``."""
    return milli // 1000 if milli % 1000 == 0 else f"{milli}m"


def memory_text(size_bytes: int) -> int | str:
    """Bytes by the largest binary unit that says them exactly."""
    text = str(Quantity(size_bytes * NANO, Notation.BINARY))
    return text if text[-1].isalpha() else size_bytes


def gib_text(size_bytes: int) -> str:
    """Bytes for a comment: ``31.1 GiB``."""
    return f"{size_bytes / (1 << 30):,.1f} GiB"


class Page:
    """A scenario that is being written, line by line."""

    def __init__(self) -> None:
        """Start empty."""
        self._lines: list[str] = []

    def comment(self, text: str, indent: int = 0, hanging: int = 0) -> None:
        """A sentence as a comment, wrapped."""
        lead = " " * indent + "# "
        wrapped = textwrap.wrap(
            _in_a_comment(text),
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=lead + " " * hanging,
            break_on_hyphens=False,
        )
        self._lines += wrapped or [lead.rstrip()]

    def blank(self) -> None:
        """An empty line."""
        self._lines.append("")

    def key(
        self, name: str, value: Value | None = None, *, indent: int = 0, comment: str = ""
    ) -> None:
        """``name: value``; without a value its parts follow, indented."""
        shown = f"{scalar(name)}:" if value is None else f"{scalar(name)}: {_flow(value)}"
        self._put(" " * indent + shown, comment)

    def item(self, value: Value, *, indent: int = 0, comment: str = "") -> None:
        """``- value``."""
        self._put(" " * indent + f"- {_flow(value)}", comment)

    def head(self, source: str, name: str, decisions: Sequence[str]) -> None:
        """What every scenario begins with: its origin, what was decided, its name."""
        self.comment(f"From {source}, by ove-capacity ingest. It is yours to edit.")
        if decisions:
            self.comment("")
            self.comment("Decided for you; check each:")
        for number, decision in enumerate(decisions, 1):
            self.comment(f"{number}. {decision}", hanging=3)
        self.key("apiVersion", _API_VERSION)
        self.key("name", name)

    def _put(self, line: str, comment: str) -> None:
        said = _in_a_comment(comment)
        self._lines.append(f"{line:<{_COMMENT_AT - 2}}  # {said}" if said else line)

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines) + "\n"


@dataclass(slots=True)
class Intake:
    """What was read, by kind, and what became of it."""

    _used: Counter[str] = field(default_factory=Counter)
    _aside: dict[str, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What is odd, as sentences with a place where there is one."""

    def use(self, kind: str, number: int = 1) -> None:
        """So many of a kind are in the scenario."""
        self._used[kind] += number

    def set_aside(self, kind: str, why: str, number: int = 1) -> None:
        """So many of a kind are not, for that reason."""
        if number:
            self._aside.setdefault(kind, Counter())[why] += number

    def take_back(self, kind: str, why: str) -> None:
        """One of those that are in the scenario is not, after all."""
        self._used[kind] -= 1
        self.set_aside(kind, why)

    def used(self, kind: str) -> int:
        """How many of a kind are in the scenario."""
        return self._used[kind]

    def gist(self) -> str:
        """What there was, in a few words, for who expected something else."""
        kinds = ", ".join(str(row[0]) for row in self.table().rows if row[0]) or "nothing at all"
        return "; ".join([f"found: {kinds}", *self.notes[:1]])

    def table(self) -> Table:
        """A row for each kind, and for each further reason."""
        rows: list[tuple[Cell, ...]] = []
        for kind in sorted({*self._used, *self._aside}):
            (why, number), *others = sorted(self._aside.get(kind, {"": 0}).items())
            read = self._used[kind] + number + sum(more for _, more in others)
            rows.append((kind, read, self._used[kind], number, why))
            rows += [("", None, None, more, other) for other, more in others]
        columns = ("what", "read", "used", "set aside", "why")
        return Table("What was read", columns, tuple(rows), tuple(dict.fromkeys(self.notes)))


@dataclass(frozen=True, slots=True)
class Sketch:
    """A scenario to go on with, and how it came about."""

    text: str
    """The scenario file."""
    decisions: tuple[str, ...]
    """As listed at its top."""
    report: Table
    """What was read, used and set aside."""
    findings: tuple[Table, ...] = ()
    """What else was found out on the way."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The report and what else there is to show."""
        return (self.report, *self.findings)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "scenario": self.text,
            "decisions": list(self.decisions),
            "report": self.report.to_dicts(),
            "notes": list(self.report.notes),
            "findings": [{"title": each.title, "rows": each.to_dicts()} for each in self.findings],
        }
