"""The case that a verb answers about, and what checking the scenario beside it found."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ove_capacity.cli.endings import seed_in_use
from ove_capacity.cli.options import changes_of

if TYPE_CHECKING:
    from ove_capacity.checks import Checked
    from ove_capacity.model.case import Case

__all__ = ["Loaded", "load_case"]

_CHECKED_MOST = 300
"""Objects: to check more beside an answer would take longer than many an answer."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case, and what `check` says of the scenario."""

    case: Case
    checked: Checked | None
    """None: there are too many objects to check them along."""
    command: str
    """The command line that tells all of it."""

    @property
    def line(self) -> str:
        """``6 errors, 9 warnings: ove-capacity check …``; empty when there is no error."""
        if self.checked is None:
            return f"More than {_CHECKED_MOST} objects, not checked along: {self.command}"
        return "" if self.checked.is_ok else f"{self.checked.summary}: {self.command}"

    def to_dict(self) -> dict[str, int] | None:
        """For JSON output; null when it was not checked."""
        if self.checked is None:
            return None
        return self.checked.counts


def load_case(
    scenario: Path,
    *,
    variant: str | None,
    settings: list[str] | None,
    outside: bool,
    seed: int | None = None,
) -> Loaded:
    """The case of a scenario file with the changes of the command line.

    Raises:
        OveCapacityError: the file or a change is wrong.
    """
    from ove_capacity.checks import run_rules, subject_of  # a help page does not wait for them
    from ove_capacity.scenario import examine

    examined = examine(
        scenario,
        set=changes_of(settings or []),
        variant=variant,
        seed=seed,
        allow_outside=outside,
        keeps_most=_CHECKED_MOST,
    )
    examined.problems.raise_if_any()
    assert examined.case is not None
    seed_in_use.set(examined.case.seed)
    checked = run_rules(subject_of(examined)) if examined.is_whole else None
    return Loaded(examined.case, checked, _command(scenario, variant, settings or [], outside))


def _command(scenario: Path, variant: str | None, settings: list[str], outside: bool) -> str:
    told = ["ove-capacity", "check", str(scenario)]
    if variant is not None:
        told += ["--variant", variant]
    for each in settings:
        told += ["--set", each]
    return shlex.join([*told, *(["--allow-outside"] if outside else [])])
