"""What the status of a Placement says, in upstream's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MISCONFIGURED", "SUCCESS", "WARNING", "Condition", "Status", "conditions"]

SUCCESS = "Success"
WARNING = "Warning"
MISCONFIGURED = "Misconfigured"


@dataclass(frozen=True, slots=True)
class Status:
    """How the scheduling of one sync ended."""

    code: str = SUCCESS
    """Success, Warning (decided all the same), Misconfigured (nothing chosen), Error, or Panic."""
    plugin: str = ""
    """Who says so; upstream names none for prioritizers that cannot run, nor for groups."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a Placement's status."""

    type: str
    is_true: bool
    reason: str
    message: str


def conditions(
    status: Status,
    named_sets: Sequence[str],
    bound: Sequence[str],
    eligible: Sequence[str],
    available: int,
    chosen: int,
    unscheduled: int,
) -> tuple[Condition, Condition]:
    """PlacementMisconfigured and PlacementSatisfied.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    newMisconfiguredCondition, newSatisfiedCondition.
    """
    satisfied = _satisfied(named_sets, bound, eligible, available, chosen, unscheduled)
    return _misconfigured(status), Condition("PlacementSatisfied", *satisfied)


def _misconfigured(status: Status) -> Condition:
    kind = "PlacementMisconfigured"
    if status.code == MISCONFIGURED:
        return Condition(kind, True, "Misconfigured", f"{status.plugin}:{status.message}")
    return Condition(kind, False, "Succeedconfigured", "Placement configurations check pass")


def _satisfied(
    named_sets: Sequence[str],
    bound: Sequence[str],
    eligible: Sequence[str],
    available: int,
    chosen: int,
    unscheduled: int,
) -> tuple[bool, str, str]:
    if not bound:
        message = "No valid ManagedClusterSetBindings found in placement namespace"
        return False, "NoManagedClusterSetBindings", message
    if not eligible:
        listed = ",".join(named_sets)
        message = f"None of ManagedClusterSets [{listed}] is bound to placement namespace"
        return False, "NoIntersection", message
    if not available:
        message = f"All ManagedClusterSets [{','.join(eligible)}] have no member ManagedCluster"
        return False, "AllManagedClusterSetsEmpty", message
    if not chosen:
        message = "No ManagedCluster matches any of the cluster predicate"
        return False, "NoManagedClusterMatched", message
    if not unscheduled:
        return True, "AllDecisionsScheduled", "All cluster decisions scheduled"
    return False, "NotAllDecisionsScheduled", f"{unscheduled} cluster decisions unscheduled"
