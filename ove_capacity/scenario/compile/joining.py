"""``add-cluster`` events -> clusters that are asked for while time goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.joining import Joining
from ove_capacity.model.plan import Duration
from ove_capacity.openshift.provisioning import assumptions
from ove_capacity.scenario.compile.cluster import Compiled, compiled_cluster
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.duration import duration_of
from ove_capacity.scenario.compile.management import joining_services
from ove_capacity.scenario.schema.cluster import ClusterSection
from ove_capacity.scenario.schema.event import AddClusterSection

__all__ = ["clusters_to_join"]


def clusters_to_join(context: Context, clusters: Mapping[str, Compiled]) -> tuple[Joining, ...]:
    """One for each event that adds a cluster; what is wrong is noted."""
    found: dict[str, Joining] = {}
    for index, event in enumerate(context.scenario.events):
        if not isinstance(event, AddClusterSection):
            continue
        path: FieldPath = ("events", index)
        if event.cluster in clusters or event.cluster in found:
            context.error((*path, "cluster"), f"there is a cluster {event.cluster!r} already")
            continue
        joining = _joining(context, path, event)
        if joining is not None:
            found[event.cluster] = joining
    return tuple(found.values())


def _joining(context: Context, path: FieldPath, event: AddClusterSection) -> Joining | None:
    name = event.cluster
    values = {**context.scenario.values, **event.values}
    named = context.named((*path, "manifests"), event.manifests)
    objects = context.inputs.read(named, values)
    known = {**context.built_in, **context.hub.profiles, **objects.profiles}
    if event.profile not in known:
        context.unknown((*path, "profile"), "profile", event.profile, sorted(known))
        return None
    compiled = compiled_cluster(_with(context, event), name, objects, Objects(), True)
    stages = _stages(event)
    context.assumptions += assumptions(stages, name)
    written = [*objects.managed_clusters.values()]
    own = context.hub.managed_clusters.get(name)
    managed = replace(written[-1], name=name) if written else own
    return Joining(joining_services(context, name, compiled), event.at, stages, managed)


def _with(context: Context, event: AddClusterSection) -> Context:
    """The same as if the scenario had the cluster from the start."""
    section = ClusterSection(
        profile=event.profile, labels=event.labels, remediation=event.remediation
    )
    clusters = {**context.scenario.clusters, event.cluster: section}
    return replace(context, scenario=context.scenario.model_copy(update={"clusters": clusters}))


def _stages(event: AddClusterSection) -> dict[str, Duration]:
    every = {
        field.alias or name: duration_of(getattr(event.stages, name))
        for name, field in type(event.stages).model_fields.items()
    }
    return {name: length for name, length in every.items() if length is not None}
