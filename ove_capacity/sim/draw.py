"""Random lengths of time, from numpy's generators."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ove_capacity.model.plan import Duration

__all__ = ["draw_ms"]

_LONGEST_MS = 1 << 62
"""Beyond any simulation, and still an int64: tails of a Weibull with a small shape are long."""


def draw_ms(duration: Duration, rng: np.random.Generator) -> int:
    """One length of time, in milliseconds, at least 1; its mean is the duration's mean."""
    drawn = _DRAWS[duration.distribution](duration, rng)
    return max(1, int(min(drawn + 0.5, _LONGEST_MS)))


def _constant(duration: Duration, _: np.random.Generator) -> float:
    return float(duration.mean_ms)


def _exponential(duration: Duration, rng: np.random.Generator) -> float:
    return float(rng.exponential(duration.mean_ms))


def _lognormal(duration: Duration, rng: np.random.Generator) -> float:
    sigma = duration.shape
    return float(rng.lognormal(math.log(duration.mean_ms) - sigma * sigma / 2, sigma))


def _weibull(duration: Duration, rng: np.random.Generator) -> float:
    scale = duration.mean_ms / math.gamma(1 + 1 / duration.shape)
    return float(scale * rng.weibull(duration.shape))


_DRAWS: dict[str, Callable[[Duration, np.random.Generator], float]] = {
    "constant": _constant,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "weibull": _weibull,
}
