"""Candidate policies: a Placement with other weights and tolerations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ove_capacity.errors import OveCapacityError
from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm.health import UNAVAILABLE, UNREACHABLE
from ove_capacity.ocm.prioritizers import PRIORITIZERS
from ove_capacity.ocm.weights import weights
from ove_capacity.simtime import SECOND_MS, format_duration, parse_duration

__all__ = ["Policy", "all_policies", "default_grid", "policy_of", "written"]

_LEAST, _MOST = -10, 10
_CPU, _MEMORY = "ResourceAllocatableCPU", "ResourceAllocatableMemory"
_TOLERATED_S = (None, 300, 900, 3600, 14_400)
"""Of the grid; None: as the Placement has it. Beside them: for ever."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to decide."""

    name: str
    placement: Placement

    @property
    def weighs(self) -> str:
        """``Balance 1, Steady 1``: all that counts, the implied too."""
        running = weights(self.placement)
        return ", ".join(f"{each.name} {each.weight}" for each in running) or "nothing"


def written(placement: Placement) -> Policy:
    """The Placement's own policy."""
    return Policy("as written", placement)


def default_grid(placement: Placement) -> Iterator[Policy]:
    """About fifty policies around a Placement's own: eight ways to weigh, six to tolerate, more.

    What it lists stays, where nothing else is said.
    """
    ways: tuple[dict[str, int], ...] = (
        {},
        {"Steady": 3},
        {"Steady": 10},
        {"Balance": 0},
        {_CPU: 0},
        {_CPU: 0, _MEMORY: 1},
        {_CPU: -1},
        {_CPU: 0, "Balance": 0, "Steady": 1},
    )
    for way in ways:
        weighed = _weighed(placement, way)
        for seconds in (*_TOLERATED_S, -1):
            policy = _tolerant(weighed, seconds)
            yield Policy(_name(way, seconds), policy)
    yield Policy("Exact, as listed", replace(placement, mode="Exact"))
    for weight in (-1, 2, 5):
        yield Policy(f"Steady {weight}", _weighed(placement, {"Steady": weight}))


def policy_of(placement: Placement, text: str) -> Policy:
    """A policy from words: ``Steady=3, ResourceAllocatableCPU=0, mode=Exact, tolerate=15m``.

    Prioritizers that are not named weigh what the Placement says. ``tolerate`` is how long an
    unreachable or unavailable cluster is tolerated, ``forever``, or ``0s`` for not at all.

    Raises:
        OveCapacityError: it is not written so.
        UnknownNameError: there is no such prioritizer.
    """
    named: dict[str, int] = {}
    changed, seconds = placement, None
    for part in text.split(","):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not key or not value:
            raise OveCapacityError(f"policy {text!r}: write it as Steady=3, tolerate=15m")
        if key == "mode":
            if value not in ("Additive", "Exact"):
                raise OveCapacityError(f"policy {text!r}: mode is Additive or Exact")
            changed = replace(changed, mode=value)
        elif key == "tolerate":
            seconds = _seconds(text, value)
        else:
            named[key] = _weight(text, key, value)
    return Policy(text.strip(), _tolerant(_weighed(changed, named), seconds))


def _weight(text: str, name: str, value: str) -> int:
    PRIORITIZERS.get(name)
    try:
        weight = int(value)
    except ValueError:
        weight = _MOST + 1
    if not _LEAST <= weight <= _MOST:
        message = f"policy {text!r}: a weight is a whole number from {_LEAST} to {_MOST}"
        raise OveCapacityError(message)
    return weight


def _seconds(text: str, value: str) -> int:
    if value == "forever":
        return -1
    try:
        return parse_duration(value) // SECOND_MS
    except ValueError as error:
        raise OveCapacityError(f"policy {text!r}: {error}") from None


def _weighed(placement: Placement, named: dict[str, int]) -> Placement:
    listed = {each.name: each for each in placement.prioritizers if each.add_on is None}
    rest = [each for each in placement.prioritizers if each.name not in named]
    new = [replace(listed.get(n, PrioritizerWeight(n)), weight=w) for n, w in named.items()]
    return replace(placement, prioritizers=(*rest, *new))


def _tolerant(placement: Placement, seconds: int | None) -> Placement:
    """Tolerate lost clusters for so long; None: as it is, -1: for ever, 0: not at all."""
    if seconds is None:
        return placement
    keys = (UNREACHABLE, UNAVAILABLE)
    rest = [each for each in placement.tolerations if each.key not in ("", *keys)]
    new = [Toleration(key, "Exists", seconds=None if seconds < 0 else seconds) for key in keys]
    return replace(placement, tolerations=(*rest, *(new if seconds else ())))


def _name(way: dict[str, int], seconds: int | None) -> str:
    told = [f"{name} {weight}" for name, weight in way.items()]
    if seconds is not None:
        lasting = "for ever" if seconds < 0 else format_duration(seconds * SECOND_MS)
        told.append(f"tolerate {lasting}")
    return ", ".join(told) or "as written"


def all_policies(placement: Placement, given: Iterable[str], grid: bool) -> Sequence[Policy]:
    """Its own first, then those given, then the grid; none that weighs and tolerates the same."""
    every = [written(placement), *(policy_of(placement, text) for text in given)]
    if grid:
        every += default_grid(placement)
    found: dict[object, Policy] = {}
    for each in every:
        found.setdefault((weights(each.placement), each.placement.tolerations), each)
    return list(found.values())
