"""What befalls clusters in a year of a study: the scenario's own rates, else assumed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.case import Case
from ove_capacity.model.plan import ClusterLoss, Duration, Growth, Partition
from ove_capacity.simtime import DAY_MS, HOUR_MS, MINUTE_MS, format_duration

__all__ = ["Hazard", "Hazards", "assumptions_of", "hazards_of"]


@dataclass(frozen=True, slots=True)
class Hazard:
    """Something that begins from time to time and lasts for a while."""

    every: Duration
    lasting: Duration | None
    """None: for good."""


_LOSS = Hazard(Duration("exponential", 730 * DAY_MS), Duration("lognormal", 8 * HOUR_MS, 1.0))
_PARTITION = Hazard(
    Duration("exponential", 60 * DAY_MS), Duration("lognormal", 20 * MINUTE_MS, 1.2)
)
_MACHINE = Duration("exponential", 180 * DAY_MS)
_CLUSTER = Duration("exponential", 365 * DAY_MS)


@dataclass(frozen=True, slots=True)
class Hazards:
    """Rates of all that happens, and how long things take."""

    losses: dict[str, tuple[Hazard, ...]]
    """Cluster -> how it is lost."""
    partitions: dict[str, tuple[Hazard, ...]]
    growth_every_ms: int
    growth_basis_points: int
    """VMs that a step adds, in hundredths of a percent of those at the start."""
    upgrade_every_ms: int = 90 * DAY_MS
    """Between upgrades of a cluster; the first at a random moment."""
    drain_ms: int = 15 * MINUTE_MS
    """How long each worker is closed in an upgrade, one after the other."""
    machine_every: Duration = _MACHINE
    """Between machines that a cluster gets."""
    machines_most: int = 3
    """That it gets in a year."""
    cluster_every: Duration = _CLUSTER
    """Until one more cluster joins that may be chosen."""
    start_ms: int = 10 * MINUTE_MS
    """From GitOps' decision, or a cluster's return, until its VMs run."""
    assumed: tuple[str, ...] = ()
    """Which of the rates are not the scenario's."""


def hazards_of(case: Case, workloads: Iterable[str]) -> Hazards:
    """The rates that the scenario gives for losses, partitions and growth; the rest is assumed.

    Its events at a moment are not repeated each year: they are left out.

    Args:
        case: what is asked about.
        workloads: names of those whose growth counts.
    """
    names = [each.name for each in case.fleet.clusters]
    plan, assumed = case.plan, []
    lost = _by_cluster(plan.cluster_losses, lambda each: each.repair)
    cut = _by_cluster(plan.partitions, lambda each: each.lasting)
    if not lost:
        assumed.append("loss")
        lost = dict.fromkeys(names, (_LOSS,))
    if not cut:
        assumed.append("partition")
        cut = dict.fromkeys(names, (_PARTITION,))
    wanted = set(workloads)
    growths = [each for each in plan.growths if each.workload.name in wanted]
    if not growths:
        assumed.append("growth")
    every_ms, points = _growth(growths[0]) if growths else (90 * DAY_MS, 500)
    return Hazards(lost, cut, every_ms, points, assumed=tuple(assumed))


def _growth(growth: Growth) -> tuple[int, int]:
    """(step, basis points) of the first growth; VMs a step as a share of those at the start."""
    share = 10_000 * growth.vms // max(1, growth.workload.count)
    return growth.every_ms, growth.basis_points or share


def _by_cluster(
    events: Iterable[ClusterLoss | Partition], lasting: Callable[..., Duration | None]
) -> dict[str, tuple[Hazard, ...]]:
    found: dict[str, tuple[Hazard, ...]] = {}
    for each in events:
        if each.every is not None:
            hazard = Hazard(each.every, lasting(each))
            found[each.cluster] = (*found.get(each.cluster, ()), hazard)
    return found


def assumptions_of(hazards: Hazards) -> tuple[Assumption, ...]:
    """Every rate that the scenario does not give."""
    told = {
        "loss": ("study.cluster_loss", _words(_LOSS), "cluster-loss"),
        "partition": ("study.partition", _words(_PARTITION), "partition"),
        "growth": (
            "study.growth",
            f"{hazards.growth_basis_points / 100:g}% of the first VMs every "
            f"{format_duration(hazards.growth_every_ms)}",
            "growth",
        ),
    }
    rows = [
        (name, value, f"an event of kind {kind} with a rate sets it")
        for name, value, kind in (told[each] for each in hazards.assumed)
    ]
    rows += [
        (
            "study.upgrade",
            f"every {format_duration(hazards.upgrade_every_ms)}, one worker closed for "
            f"{format_duration(hazards.drain_ms)} after the other",
            "a round number",
        ),
        (
            "study.machine",
            f"one more every {format_duration(hazards.machine_every.mean_ms)}, at most "
            f"{hazards.machines_most} a year",
            "a round number",
        ),
        (
            "study.new_cluster",
            f"one after {format_duration(hazards.cluster_every.mean_ms)} on average, like the "
            "largest that may be chosen, one machine larger",
            "a round number",
        ),
        ("study.start", format_duration(hazards.start_ms), "until VMs run where they are sent"),
    ]
    return tuple(Assumption(*row, Evidence.ASSUMED) for row in rows)


def _words(hazard: Hazard) -> str:
    every = format_duration(hazard.every.mean_ms)
    assert hazard.lasting is not None, "assumed hazards end"
    lasting = hazard.lasting
    return f"every {every}, for {format_duration(lasting.mean_ms)} ({lasting.distribution})"
