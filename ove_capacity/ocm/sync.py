"""One turn of the placement controller: decide, write PlacementDecisions, tell the status."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ove_capacity.model.placement import Placement
from ove_capacity.ocm.candidates import ClusterNames
from ove_capacity.ocm.cluster_sets import eligible_sets, set_error, valid_bindings
from ove_capacity.ocm.conditions import MISCONFIGURED, SUCCESS, Status, conditions
from ove_capacity.ocm.decide import decide
from ove_capacity.ocm.decision import Decision
from ove_capacity.ocm.groups import decision_groups, group_error, pages, written
from ove_capacity.ocm.hub import Hub

__all__ = ["Synced", "sync"]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync decided, and the hub after it."""

    decision: Decision
    hub: Hub


def sync(hub: Hub, placement: Placement, now_ms: int = 0) -> Synced:
    """Decide a Placement and write its PlacementDecisions; a pure function of the hub and the time.

    A Placement that is misconfigured is decided too: for no cluster, so that its workload leaves.
    When only its groups are wrong, its PlacementDecisions are deleted, but for those of the groups
    before the first wrong one.

    Args:
        hub: its state before.
        placement: whose turn it is.
        now_ms: since 1970.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    syncPlacement.
    """
    if placement.is_disabled:
        return _untouched(hub, placement, Status(SUCCESS))
    broken = _broken_set(hub, placement)
    if broken:
        return _untouched(hub, placement, Status("Error", "", broken))
    decision = decide(placement, hub, now_ms)
    wanted = placement.number_of_clusters
    if wanted is not None and wanted < 0 and decision.status.code != MISCONFIGURED:
        message = f"slice bounds out of range [:{wanted}]: the controller crashes"
        return _untouched(hub, placement, Status("Panic", "", message))
    return _bound(hub, placement, decision)


def _broken_set(hub: Hub, placement: Placement) -> str:
    eligible = eligible_sets(placement, valid_bindings(hub, placement.namespace))
    errors = (set_error(each) for each in hub.cluster_sets if each.name in eligible)
    return next((error for error in errors if error), "")


def _untouched(hub: Hub, placement: Placement, status: Status) -> Synced:
    """What was decided before stands."""
    standing = hub.decisions.of(placement.key)
    decision = Decision(placement.key, standing, standing, status=status, error=status.message)
    return Synced(decision, hub)


def _chosen(decision: Decision) -> NDArray[np.int64]:
    """Which of the inventory's clusters it chose: the first of the ranking."""
    if isinstance(decision.ranking, ClusterNames):
        return decision.ranking.chosen[: len(decision.clusters)]
    return np.zeros(0, np.int64)


def _bound(hub: Hub, placement: Placement, decision: Decision) -> Synced:
    status = decision.status
    groups = decision_groups(placement, hub.inventory, _chosen(decision))
    wrong = group_error(placement)
    if wrong:
        status = Status(MISCONFIGURED, "", wrong)
    told = conditions(
        status,
        placement.cluster_sets,
        decision.bound,
        decision.eligible,
        len(decision.available),
        len(decision.clusters),
        decision.unscheduled,
    )
    left = written(pages(placement, groups), hub.decisions.objects)
    after = hub.decided(hub.decisions.replaced(placement.key, left))
    told_decision = replace(decision, groups=groups, conditions=told, error=status.message)
    return Synced(told_decision, after)
