"""VMs that wait for a machine now: for whom the autoscaler adds one, and who waits on, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.limit_room import LIMITS
from ove_capacity.analysis.limit_stops import stops_of
from ove_capacity.analysis.scaled import WAITING, Growth, Scaled
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.openshift.autoscaler.sentence import not_triggered
from ove_capacity.sim.run import Run, VmRecord

__all__ = ["NOBODY", "Refusal", "Waiting", "waiting_of"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """VMs of one workload that wait on, for one reason."""

    workload: str
    vms: int
    message: str
    """The scheduler's sentence."""
    autoscaler_message: str
    """The autoscaler's; empty: nothing scales."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "workload": self.workload,
            "vms": self.vms,
            "message": self.message,
            "autoscaler_message": self.autoscaler_message,
        }


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits."""

    vms: int = 0
    added: Mapping[str, int] = field(default_factory=FrozenMap)
    """Group -> machines that are added for them."""
    helped: int = 0
    """VMs that find a place on these, or on what is there, as the autoscaler reckons."""
    pending: tuple[Refusal, ...] = ()
    """Those that wait on."""
    stops: Mapping[str, tuple[str, ...]] = field(default_factory=FrozenMap)
    """Group -> why it grows no further for the first of these."""

    @property
    def limits(self) -> dict[str, list[str]]:
        """Limit that keeps some waiting -> groups that met it."""
        found: dict[str, list[str]] = {}
        for group, stops in self.stops.items():
            for stop in stops:
                if stop in LIMITS:
                    found.setdefault(stop, []).append(group)
        return found

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "vms": self.vms,
            "added": dict(self.added),
            "helped": self.helped,
            "pending": [each.to_dict() for each in self.pending],
            "stops": {group: list(stops) for group, stops in self.stops.items()},
        }


NOBODY = Waiting()


def waiting_of(run: Run, name: str, scaled: Scaled | None) -> Waiting:
    """VMs of a cluster that wait for a node; *scaled*: None: nothing grows for them."""
    vms = [vm for vm in run.vms_of(name) if vm.status in WAITING]
    if not vms:
        return NOBODY
    if scaled is None:
        return Waiting(len(vms), pending=_refusals(vms, {}))
    growth = scaled.grow()
    first = growth.simulation.running
    told = _sentences(scaled, growth)
    helped = {number - first for number in growth.last.pods.fitting}
    left = {i: told.get(first + i, "") for i in range(len(vms)) if i not in helped}
    return Waiting(
        len(vms),
        FrozenMap(growth.added),
        len(helped),
        _refusals([vms[i] for i in left], dict(enumerate(left.values()))),
        FrozenMap(stops_of(scaled, growth, first) if left else {}),
    )


def _sentences(scaled: Scaled, growth: Growth) -> dict[int, str]:
    """Pod, by number -> why nothing is added for it."""
    last, options = growth.last, scaled.options
    told = dict.fromkeys(last.pods.to_help, not_triggered(last, options))
    for group in last.remaining:
        told |= dict.fromkeys(group.pods, not_triggered(last, options, group))
    return told


def _refusals(vms: Sequence[VmRecord], told: Mapping[int, str]) -> tuple[Refusal, ...]:
    counts = Counter((vm.workload, vm.reason, told.get(i, "")) for i, vm in enumerate(vms))
    return tuple(
        Refusal(workload, count, reason, why) for (workload, reason, why), count in counts.items()
    )
