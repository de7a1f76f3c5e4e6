"""Why pools grow no further: limits of the autoscaler, or else upstream's reasons."""

from __future__ import annotations

from ove_capacity.analysis.limit_room import (
    CORES,
    GPUS,
    LIMITS,
    MAX_NODES_TOTAL,
    MAX_REPLICAS,
    MEMORY_LIMIT,
    group_rooms,
)
from ove_capacity.analysis.scaled import Growth, Scaled
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.scale_up import AT_MAX
from ove_capacity.openshift.autoscaler.sentence import is_at_total

__all__ = ["stops_of"]

_WORDS = {CPU: CORES, MEMORY: MEMORY_LIMIT}
"""Of resources; whatever else is limited is a type of GPUs."""


def stops_of(scaled: Scaled, growth: Growth, since: int) -> dict[str, tuple[str, ...]]:
    """Group -> why it grows no further for the first pod that is left, from that number on."""
    last, remaining = growth.last, growth.remaining(since)
    skipped = dict(last.skipped)
    rejected = remaining.rejected_by if remaining else {}
    found: dict[str, tuple[str, ...]] = {}
    for group in scaled.groups:
        if group.name in rejected:
            found[group.name] = rejected[group.name]
        elif group.name in skipped:
            found[group.name] = _limits_of(skipped[group.name])
        elif is_at_total(last, scaled.options):
            found[group.name] = (MAX_NODES_TOTAL,)
    return _with_all_that_are_met(found, scaled, growth)


def _with_all_that_are_met(
    found: dict[str, tuple[str, ...]], scaled: Scaled, growth: Growth
) -> dict[str, tuple[str, ...]]:
    """Upstream names the first limit that it comes to; others may be met at once."""
    limited = {name for name, stops in found.items() if set(stops) <= set(LIMITS)}
    if not limited:
        return found
    for room in group_rooms(scaled.expecting(growth.added)):
        if room.group in limited:
            named = {*found[room.group], *(name for name, left in room.rooms.items() if left == 0)}
            found[room.group] = tuple(name for name in LIMITS if name in named)
    return found


def _limits_of(reason: str) -> tuple[str, ...]:
    """The limits that upstream's reason for skipping a group names; else the reason itself."""
    if reason == AT_MAX:
        return (MAX_REPLICAS,)
    if not reason.startswith(("exceeded quota", "max cluster")):
        return (reason,)
    short = reason.rpartition("resources: ")[2].removeprefix("max cluster ")
    named = {_WORDS.get(word, GPUS) for word in short.removesuffix(" limit reached").split(", ")}
    return tuple(limit for limit in LIMITS if limit in named)
