"""Why no machine is added for VMs that wait, and why nodes are not given back, in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ove_capacity.openshift.autoscaler.loop import Loop
from ove_capacity.openshift.autoscaler.removal import Unremovable
from ove_capacity.openshift.autoscaler.scale_down import RECENTLY_UNREMOVABLE
from ove_capacity.openshift.autoscaler.scale_up import IN_COOLDOWN, NOT_RUN, SUCCESSFUL
from ove_capacity.openshift.autoscaler.sentence import is_at_total, not_triggered
from ove_capacity.sim.machines import Scaler
from ove_capacity.sim.world import Site, World

__all__ = ["tell_reasons", "tell_staying", "words_of"]


def tell_reasons(world: World, site: Site, scaler: Scaler, found: Loop) -> None:
    """Write down the reasons that are new: of VMs as kinds of reasons, of nodes one by one."""
    if found.scale_up.result not in (SUCCESSFUL, IN_COOLDOWN, NOT_RUN):
        waiting = _waiting(scaler, found)
        if waiting.keys() != scaler.waiting.keys():
            for reason, vms in waiting.items():
                world.record("not-scaled-up", site, site.name, detail=f"{vms} VMs: {reason}")
        scaler.waiting = waiting
    if found.assessment is None:
        return
    staying = {
        name: words_of(each)
        for name, each in found.assessment.unremovable.items()
        if each.reason != RECENTLY_UNREMOVABLE
    }
    tell_staying(world, site, scaler, {**staying, **found.deletions.refused})
    for each in found.assessment.removable:
        if each.node not in found.deletions.refused:
            scaler.staying.pop(each.node, None)


def tell_staying(world: World, site: Site, scaler: Scaler, staying: Mapping[str, str]) -> None:
    """Write down why nodes are not given back, where that is new."""
    for name, reason in staying.items():
        if scaler.staying.get(name) != reason and reason not in _PASSING:
            world.record("not-scaled-down", site, scaler.group_of[name], name, reason)
        scaler.staying[name] = reason


_PASSING = ("NotUnneededLongEnough", "NotUnreadyLongEnough", "NotUnderutilized")
"""Reasons that the log does without: they go, or are no obstacle."""


def _waiting(scaler: Scaler, found: Loop) -> dict[str, int]:
    """Upstream's sentence -> VMs that it was said of."""
    grown = found.scale_up
    told: Counter[str] = Counter()
    if is_at_total(grown, scaler.options):
        told[not_triggered(grown, scaler.options)] = _count(grown.pods.to_help, found)
    else:
        for group in grown.remaining:
            told[not_triggered(grown, scaler.options, group)] += _count(group.pods, found)
    return {reason: count for reason, count in sorted(told.items()) if count}


def _count(numbers: Iterable[int], found: Loop) -> int:
    """Of the pods, those that wait; others stand on a node that is being drained."""
    return sum(number in found.pending for number in numbers)


def words_of(each: Unremovable) -> str:
    """``BlockedByPod (NotReplicated)``."""
    return f"{each.reason} ({each.why})" if each.why else each.reason
