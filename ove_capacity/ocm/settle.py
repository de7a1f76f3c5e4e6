"""Placements decided again and again until they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ove_capacity.model.placement import Placement
from ove_capacity.ocm.decision import Decision
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.sync import sync

__all__ = ["Settled", "settle"]

_SYNCS = 10


@dataclass(frozen=True, slots=True)
class Settled:
    """What Placements stand at."""

    hub: Hub
    decisions: dict[str, Decision]
    """The last of each, by ``namespace/name``."""
    restless: tuple[str, ...] = ()
    """Placements that never stand: each sync undoes the one before."""

    @property
    def requeue_ms(self) -> int | None:
        """From now until a toleration expires; None: never."""
        timers = (each.requeue_ms for each in self.decisions.values())
        return min((timer for timer in timers if timer is not None), default=None)


def settle(hub: Hub, placements: Iterable[Placement], now_ms: int = 0) -> Settled:
    """Sync each Placement until its decision stands, in the order given.

    Its own PlacementDecisions are what triggers the next sync. Those of others are not: a Placement
    that weighs them by Balance hears of them with the next change of a cluster, or the resync.

    Args:
        hub: its state before.
        placements: all that the event concerns.
        now_ms: since 1970.

    Source: ocm v1.3.0-78 pkg/placement/controllers/scheduling/scheduling_controller.go,
    NewSchedulingController. Ours: a Placement that has not come to rest after ten syncs is left
    where it is, as with a negative weight of Steady.
    """
    decisions: dict[str, Decision] = {}
    restless = []
    for placement in placements:
        for _ in range(_SYNCS):
            synced = sync(hub, placement, now_ms)
            stands = synced.hub.decisions is hub.decisions
            hub = synced.hub
            if stands:
                break
        else:
            restless.append(placement.key)
        decisions[placement.key] = synced.decision
    return Settled(hub, decisions, tuple(restless))
