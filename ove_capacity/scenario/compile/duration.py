"""A length of time as it is written -> as it is drawn."""

from __future__ import annotations

from ove_capacity.model.plan import Duration
from ove_capacity.scenario.schema.drawn import DurationSection

__all__ = ["duration_of"]


def duration_of(section: DurationSection | None) -> Duration | None:
    """The noun."""
    if section is None:
        return None
    return Duration(section.distribution, section.mean, section.shape)
