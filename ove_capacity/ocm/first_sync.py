"""All Placements of a fleet, decided for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ove_capacity.model.cluster import Fleet
from ove_capacity.model.managed_cluster import ManagedCluster, ManagedClusterSetBinding
from ove_capacity.model.placement import Placement
from ove_capacity.ocm.cluster_document import reported
from ove_capacity.ocm.cluster_sets import DEFAULT_SET, GLOBAL_SET, with_default_set
from ove_capacity.ocm.decision import Decision
from ove_capacity.ocm.decisions import Decisions
from ove_capacity.ocm.hub import Hub
from ove_capacity.ocm.inventory import Inventory
from ove_capacity.ocm.status import managed_cluster
from ove_capacity.ocm.sync import sync

__all__ = ["Opened", "first_sync", "opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A hub at the start of a run."""

    hub: Hub
    """After its first decisions."""
    placements: tuple[Placement, ...]
    """By key; as the hub decides them, which may differ from what was written."""
    decisions: dict[str, Decision]
    """By ``namespace/name``."""


def first_sync(fleet: Fleet) -> dict[str, Decision]:
    """Each Placement once, by ``namespace/name`` and in that order.

    A later one sees what the earlier ones chose, which is all that Balance reads.

    Source: ours: upstream's order is that of its events, so one had to be chosen.
    """
    return opened(fleet).decisions


def opened(fleet: Fleet) -> Opened:
    """A fleet's hub after the first sync of each Placement.

    Where the hub `binds_all`, the global set is bound to every namespace that has a Placement.

    Source: ours: see `first_sync`.
    """
    asked = {each.key: each for each in sorted(fleet.placements, key=lambda each: each.key)}
    placements = tuple(asked.values())
    hub = _hub(fleet)
    if fleet.hub.binds_all:
        spaces = sorted({each.namespace for each in placements})
        bindings = tuple(ManagedClusterSetBinding(GLOBAL_SET.name, space) for space in spaces)
        hub = replace(hub, bindings=bindings)
        placements = tuple(replace(each, cluster_sets=()) for each in placements)
    decided: dict[str, Decision] = {}
    for placement in placements:
        synced = sync(hub, placement, fleet.hub.latest_ms)
        hub = synced.hub
        warnings = (*synced.decision.warnings, *_missing(fleet, asked[placement.key]))
        decided[placement.key] = replace(synced.decision, warnings=warnings)
    return Opened(hub, placements, decided)


def _missing(fleet: Fleet, placement: Placement) -> Iterator[str]:
    """What a Placement names and nobody handed in."""
    if placement.cluster_sets and fleet.hub.binds_all:
        named = ", ".join(placement.cluster_sets)
        yield f"Placement {placement.key}: every cluster is assumed to be bound; {named} ignored"
    measured = {each.name for each in fleet.hub.add_on_scores}
    for each in placement.prioritizers:
        if each.weight and each.add_on and each.add_on.resource not in measured:
            what = f"{each.name} counts 0, no AddOnPlacementScore {each.add_on.resource} is listed"
            yield f"Placement {placement.key}: {what}"


def _hub(fleet: Fleet) -> Hub:
    """The hub's objects, with the two sets that every hub has."""
    given = {each.name for each in fleet.hub.cluster_sets}
    standing = (each for each in (DEFAULT_SET, GLOBAL_SET) if each.name not in given)
    return Hub(
        Inventory(_seen(fleet), fleet.hub.add_on_scores),
        (*fleet.hub.cluster_sets, *standing),
        fleet.hub.bindings,
        Decisions(fleet.hub.decisions),
    )


def _seen(fleet: Fleet) -> Iterator[ManagedCluster]:
    """Claims and taints as the hub has them, totals as the clusters' agents report them."""
    known = {each.name: each for each in fleet.hub.managed_clusters}
    for cluster in fleet.clusters:
        seen = managed_cluster(cluster)
        seen = replace(seen, labels=with_default_set(seen.labels))
        yield reported(known[cluster.name], seen) if cluster.name in known else seen
