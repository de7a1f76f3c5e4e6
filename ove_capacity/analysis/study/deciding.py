"""A Placement's decision in a study: the controller's own, each question asked of it once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ove_capacity.model.placement import Placement
from ove_capacity.ocm import Decisions, Hub, Inventory, settle
from ove_capacity.ocm.tolerations import requeue_ms, tolerated

__all__ = ["Decider", "Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is decided."""

    decisions: Decisions
    names: tuple[tuple[str, ...], ...]
    """Of each Placement, in their order: the clusters chosen, best first."""
    is_restless: bool = False


@dataclass(slots=True)
class Decider:
    """Decides all Placements of a hub, one of them by a candidate policy."""

    hub: Hub
    placements: tuple[Placement, ...]
    """By key, the studied one with its policy."""
    known: dict[tuple[object, ...], Standing] = field(default_factory=dict)
    """What was asked before. Placements that differ in their tolerations alone may share it."""

    @property
    def is_plain(self) -> bool:
        """Whether nothing counts that a question is not known by, as CEL's view of an object."""
        return not any(
            any(each.cel for each in placement.predicates)
            or any(each.add_on for each in placement.prioritizers)
            for placement in self.placements
        )

    def first(self, inventory: Inventory, sizes: int, now_ms: int) -> Standing:
        """The decision at the start."""
        nothing = Standing(self.hub.decisions, ((),) * len(self.placements))
        return self.decide(nothing, inventory, sizes, now_ms)

    def decide(self, before: Standing, inventory: Inventory, sizes: int, now_ms: int) -> Standing:
        """The decision after *before*.

        Args:
            before: what is decided.
            inventory: the clusters as the hub knows them.
            sizes: stands for their names and totals.
            now_ms: since 1970.
        """
        key: tuple[object, ...] = (sizes, before.names, *self._masks(inventory, now_ms))
        if key in self.known:
            return self.known[key]
        hub = replace(self.hub, inventory=inventory, decisions=before.decisions)
        settled = settle(hub, self.placements, now_ms)
        names = tuple(each.clusters for each in settled.decisions.values())
        after = Standing(settled.hub.decisions, names, bool(settled.restless))
        if self.is_plain:
            self.known[key] = after
        return after

    def timer_ms(self, standing: Standing, inventory: Inventory, now_ms: int) -> int | None:
        """When a toleration of a chosen cluster expires, from now; None: never."""
        timers: list[int | None] = []
        if not _tainted(inventory):
            return None
        for placement in self.placements:
            if placement.tolerations:
                decided = standing.decisions.tally(inventory, placement.key).counts > 0
                timers.append(requeue_ms(placement, inventory, decided, now_ms))
        return min((each for each in timers if each is not None), default=None)

    def _masks(self, inventory: Inventory, now_ms: int) -> list[bytes]:
        """Which clusters each Placement tolerates now, chosen before or not."""
        if not _tainted(inventory):
            return []
        every = np.ones(len(inventory), np.bool_)
        return [
            tolerated(placement, inventory, decided, now_ms).tobytes()
            for placement in self.placements
            for decided in (every, ~every)
        ]


def _tainted(inventory: Inventory) -> bool:
    found = inventory.column("tainted", np.bool_, lambda _, cluster: bool(cluster.taints))
    return bool(found.any())
