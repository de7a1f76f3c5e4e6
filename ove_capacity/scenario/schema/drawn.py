"""Lengths of time that are drawn from a distribution."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ove_capacity.scenario.schema.section import DURATION, Milliseconds, Section, Shorthand

__all__ = ["Constant", "DurationSection", "Exponential"]


class DurationSection(Section):
    """A length of time, drawn from a distribution with that mean."""

    distribution: Literal["constant", "exponential", "lognormal", "weibull"]
    """How it is drawn."""
    mean: Milliseconds
    """Its mean: ``4h``."""
    shape: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Sigma of the logarithm (lognormal), or the shape k (weibull)."""


def _drawn(default: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if not isinstance(value, str):
            raise ValueError("must be a duration like 4h, or a mapping with a distribution")
        return {"distribution": default, "mean": value}

    return BeforeValidator(read)


Constant = Annotated[DurationSection, _drawn("constant"), Shorthand(DURATION)]
"""``4h`` is always 4h; a mapping names another distribution."""
Exponential = Annotated[DurationSection, _drawn("exponential"), Shorthand(DURATION)]
"""``200d`` is exponential with that mean."""
