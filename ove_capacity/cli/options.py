"""Options that the verbs share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ove_capacity.errors import OveCapacityError
from ove_capacity.simtime import parse_duration

__all__ = [
    "FigureFolder",
    "Format",
    "FormatOption",
    "Output",
    "Outside",
    "ScenarioFile",
    "Seed",
    "Settings",
    "Variant",
    "changes_of",
    "duration_ms",
]


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"

    @property
    def is_binary(self) -> bool:
        """Whether it must go into a file."""
        return self in (Format.PARQUET, Format.XLSX)


ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="The scenario, a YAML file.", show_default=False)
]
Variant = Annotated[
    str | None, typer.Option("--variant", metavar="NAME", help="A variant the scenario names.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a field: clusters.production.pools.worker.count=12. Repeatable.",
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", help="text, json for programs, or the tables as csv, parquet, xlsx."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write there instead of printing."),
]
FigureFolder = Annotated[
    Path | None,
    typer.Option("--figures", metavar="DIR", help="Draw it too: PNG and SVG files in DIR."),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", min=0, help="Instead of the scenario's.", show_default=False
    ),
]
Outside = Annotated[
    bool,
    typer.Option("--allow-outside", help="The scenario may name files outside its own folder."),
]


def duration_ms(option: str, text: str, *, least_ms: int = 0) -> int:
    """A duration given on the command line; OveCapacityError names the option."""
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise OveCapacityError(f"{option}: {error}") from None
    if duration < least_ms:
        raise OveCapacityError(f"{option}: {text!r} is no time at all")
    return duration


def changes_of(settings: list[str]) -> dict[str, object]:
    """Path -> value of each ``--set``; OveCapacityError when one is not written so."""
    changes: dict[str, object] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not path.strip():
            raise OveCapacityError(f"--set {setting}: write it as path=value")
        changes[path.strip()] = value
    return changes
