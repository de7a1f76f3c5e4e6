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
    objects = HubObjects(
        tuple(known.values()),
        tuple(hub.cluster_sets),
        tuple(hub.set_bindings),
        tuple(hub.add_on_scores),
        tuple(hub.placement_decisions),
    )
    if hub.placements and not objects.has_sets:
        source = "no ManagedClusterSet and no binding is listed; upstream would choose no cluster"
        value = "every cluster, for every namespace"
        context.assume("hub.cluster_sets", value, source, "", Evidence.ASSUMED)
    return objects
