"""How many machines the autoscaler adds for VMs of a shape that keep coming, and what stops it.

The autoscaler reckons with a machine like one that is there, or with what the provider foretells of
a pool that has none, which knows neither hugepages nor KVM devices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.analysis.fits import Fit
from ove_capacity.analysis.limit_room import LIMITS, GroupRoom
from ove_capacity.analysis.limit_stops import stops_of
from ove_capacity.analysis.scaled import Scaled, copies
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.sentence import not_triggered

__all__ = ["ShapeGrowth", "ShapeLimit", "grown_for"]

_VMS_MOST = 20_000
"""VMs that are tried of one shape; more are not counted."""


@dataclass(frozen=True, slots=True)
class ShapeGrowth:
    """What VMs of one shape, coming without end, make the autoscaler add."""

    added: Mapping[str, int] = field(default_factory=FrozenMap)
    """Group -> machines."""
    stops: Mapping[str, tuple[str, ...]] = field(default_factory=FrozenMap)
    """Group -> the limits, or else upstream's reasons, why it does not grow, or not any more."""
    message: str = ""
    """The autoscaler's sentence about the first VM for which it does nothing."""
    is_cut: bool = False
    """Whether it would go on: no more VMs were tried."""


@dataclass(frozen=True, slots=True)
class ShapeLimit:
    """How many VMs of one shape, alone, until nothing more is added."""

    now: Fit
    """As the machines stand."""
    then: Fit
    """With every machine that the autoscaler adds for them."""
    growth: ShapeGrowth = ShapeGrowth()

    @property
    def shape(self) -> str:
        """Its name."""
        return self.now.shape

    @property
    def binding(self) -> str:
        """What says no to the next VM: limits of the autoscaler, or what the VM itself meets."""
        if self.growth.is_cut:
            return f"nothing up to {_VMS_MOST:,} VMs"
        budgets = self.then.by_budget
        if budgets and self.then.count >= min(budgets.values()):
            return min(budgets, key=lambda name: budgets[name])
        stops = self.growth.stops
        limited = {g: each for g, each in stops.items() if set(each) <= set(LIMITS)}
        told: dict[str, list[str]] = {}
        for group, each in (limited or stops).items():
            told.setdefault(", ".join(each), []).append(group)
        if len(told) == 1 and (not limited or len(limited) == len(stops)):
            return next(iter(told))
        named = [f"{words} ({', '.join(groups)})" for words, groups in told.items()]
        return "; ".join(named) or self.then.binding

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "shape": self.shape,
            "fits_now": self.now.count,
            "added": dict(self.growth.added),
            "fits_then": self.then.count,
            "binding": self.binding,
            "stops": {group: list(stops) for group, stops in self.growth.stops.items()},
            "message": self.then.message,
            "autoscaler_message": self.growth.message,
            "is_cut": self.growth.is_cut,
        }


def grown_for(
    scaled: Scaled, pod: Pod, rooms: Sequence[GroupRoom], most: int | None = None
) -> ShapeGrowth:
    """Let VMs like this one come until no pool grows any more, or there are *most* of them."""
    enough = _enough(scaled, pod, rooms)
    limit = _VMS_MOST if most is None else min(most, _VMS_MOST)
    growth = scaled.grow(list(copies(pod, min(enough, limit))))
    added, since = FrozenMap(growth.added), growth.first
    if all(number < since for number in growth.last.pods.to_help):
        return ShapeGrowth(added, is_cut=limit == _VMS_MOST < enough)
    told = not_triggered(growth.last, scaled.options, growth.remaining(since))
    return ShapeGrowth(added, FrozenMap(stops_of(scaled, growth, since)), told)


def _enough(scaled: Scaled, pod: Pod, rooms: Sequence[GroupRoom]) -> int:
    """More VMs of this shape than can ever run: what fits, and every pool filled to its limit."""
    simulation = scaled.simulation([pod], {})
    snapshot, c = simulation.snapshot, simulation.classes[-1]
    known = len(snapshot.place_run(c, _VMS_MOST, snapshot.rows))
    for each in rooms:
        machines = each.room + scaled.coming.get(each.group, 0)
        if each.group in simulation.templates and machines:
            mark = snapshot.fork()
            new = np.array(snapshot.add_nodes(each.group, 1), np.int64)
            known += machines * max(1, len(snapshot.place_run(c, _VMS_MOST, new)))
            snapshot.revert(mark)
    return known + 1
