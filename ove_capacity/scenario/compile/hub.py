"""What the Placements of a scenario choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.scenario.compile.cluster import Compiled
from ove_capacity.scenario.compile.context import Context

__all__ = ["hub_objects"]

_OF_HUB = (
    "AddOnPlacementScore",
    "ManagedClusterSet",
    "ManagedClusterSetBinding",
    "Placement",
    "PlacementDecision",
)


def hub_objects(context: Context, clusters: Mapping[str, Compiled]) -> HubObjects:
    """What Placements choose from: the hub's own objects, and each cluster's ManagedCluster."""
    hub = context.hub
    known = {name: each for name, each in hub.managed_clusters.items() if name in clusters}
    for name, compiled in clusters.items():
        for own in compiled.objects.managed_clusters.values():
            known[name] = replace(own, name=name)
        of_hub = [kind for kind in _OF_HUB if compiled.objects.read[kind]]
        if of_hub:
            what = f"{', '.join(of_hub)} of the hub, not of a cluster: list them under manifests"
            context.warn(compiled.path, what)
    return HubObjects(
        tuple(known.values()),
        tuple(hub.cluster_sets),
        tuple(hub.set_bindings),
        tuple(hub.add_on_scores),
        tuple(hub.placement_decisions),
        _binds_all(context),
    )


def _binds_all(context: Context) -> bool:
    """Whether the scenario assumes so; what then differs from upstream is told."""
    hub = context.hub
    if context.scenario.assume.placement_binding != "all":
        return False
    if not hub.placements:
        context.warn(("assume", "placementBinding"), "changes nothing: there is no Placement")
        return False
    bound = {each.namespace for each in hub.set_bindings}
    bare = sorted({each.namespace for each in hub.placements} - bound)
    source = "the scenario's assume.placementBinding"
    if bare:
        source += f": no ManagedClusterSetBinding in {', '.join(bare)}; upstream chooses no cluster"
    value = "every cluster, for every namespace"
    context.assume("hub.cluster_sets", value, source, "", Evidence.ASSUMED)
    return True
