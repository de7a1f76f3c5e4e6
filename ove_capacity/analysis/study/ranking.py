"""Policies by rank: what their VMs lose in the same years, compared year by year."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence

from scipy.special import stdtrit

from ove_capacity.analysis.study.policies import Policy
from ove_capacity.analysis.study.replay import Outcome
from ove_capacity.analysis.study.result import Interval, PolicyScore, Standings
from ove_capacity.model.assumption import Assumption

__all__ = ["paired", "standings"]

_OUTSIDE = 0.05
"""Chance that any of the intervals misses its mean."""
_MEASURES: dict[str, Callable[[Outcome], float]] = {
    "down_vm_h": lambda each: each.down_vm_h,
    "homeless_vm_h": lambda each: each.homeless_vm_h,
    "unfit_vm_h": lambda each: each.unfit_vm_h,
    "homeless_h": lambda each: each.homeless_h,
    "doubled_h": lambda each: each.doubled_h,
    "moves": lambda each: each.moves,
    "flaps": lambda each: each.flaps,
    "unfit_vms": lambda each: each.unfit_vms,
    "imbalance_percent": lambda each: 100 * each.imbalance,
    "spare_percent": lambda each: 100 * each.spare,
}
"""Name -> of one year."""


def standings(
    placement: str,
    policies: Sequence[Policy],
    table: Sequence[Sequence[Outcome]],
    assumptions: tuple[Assumption, ...],
    notes: tuple[str, ...],
) -> Standings:
    """Rank the policies, the first of which is the Placement's own; *table*: years of each."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, years in enumerate(table):
        groups.setdefault(tuple(_told(each) for each in years), []).append(i)
    down = [[each.down_vm_h for each in years] for years in table]
    first = [members[0] for members in groups.values()]

    def rank(i: int) -> tuple[bool, float, float, int]:
        restless = any(each.is_restless for each in table[i])
        moves = statistics.fmean(each.moves for each in table[i])
        return restless, statistics.fmean(down[i]), moves, i

    ordered = sorted(first, key=rank)
    best = ordered[0]
    scores = tuple(
        PolicyScore(
            policies[i],
            tuple(policies[j].name for j in _group(groups, i)[1:]),
            {name: statistics.fmean(map(of, table[i])) for name, of in _MEASURES.items()},
            paired(down[i], down[0], len(first) - 1),
            paired(down[i], down[best], len(first) - 1),
            _causes(table[i]),
            any(each.is_restless for each in table[i]),
        )
        for i in ordered
    )
    own = scores[ordered.index(0)]
    return Standings(placement, len(table[0]), scores, own, assumptions, notes)


def _group(groups: dict[tuple[object, ...], list[int]], first: int) -> list[int]:
    return next(members for members in groups.values() if members[0] == first)


def _told(each: Outcome) -> tuple[object, ...]:
    measured = tuple(of(each) for of in _MEASURES.values())
    return (*measured, each.is_restless, tuple(sorted(each.causes.items())))


def paired(values: Sequence[float], others: Sequence[float], intervals: int = 1) -> Interval:
    """Differences year by year: their mean, and where it lies; at least two years.

    With so many *intervals* all hold together with 95 % confidence (Bonferroni): the best of many
    policies is also the luckiest.
    """
    differences = [a - b for a, b in zip(values, others, strict=True)]
    mean = statistics.fmean(differences)
    error = statistics.stdev(differences, mean) / math.sqrt(len(differences))
    upper = 1 - _OUTSIDE / 2 / max(1, intervals)
    reach = float(stdtrit(len(differences) - 1, upper)) * error
    return Interval(mean, mean - reach, mean + reach)


def _causes(years: Sequence[Outcome]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for each in years:
        total += each.causes
    return {cause: total[cause] / len(years) for cause in sorted(total)}
