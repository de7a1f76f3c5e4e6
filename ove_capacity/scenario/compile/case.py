"""Scenario -> Case: read what it names, make nouns of it, and say what was left aside."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from pydantic import BaseModel

from ove_capacity.errors import Problem
from ove_capacity.manifests.document import FieldPath, path_text, plain
from ove_capacity.manifests.objects import unmodelled_warning
from ove_capacity.model.case import Case, Provenance
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.plan import Plan, Workload
from ove_capacity.model.policy import Policy
from ove_capacity.scenario.compile.admission import warn_of_policies
from ove_capacity.scenario.compile.cluster import Compiled, compile_clusters
from ove_capacity.scenario.compile.context import Context, merged_assumptions
from ove_capacity.scenario.compile.events import with_events
from ove_capacity.scenario.compile.hub import hub_objects
from ove_capacity.scenario.compile.joining import clusters_to_join
from ove_capacity.scenario.compile.management import with_services
from ove_capacity.scenario.compile.misplaced import warn_of_hub
from ove_capacity.scenario.compile.unadmitted import warn_of_unadmitted
from ove_capacity.scenario.compile.workloads import listed_vms, workload_of
from ove_capacity.scenario.schema.event import ArrivalsSection
from ove_capacity.scenario.schema.section import Section

__all__ = ["compile_case"]


def _not_modelled(section: BaseModel, path: FieldPath) -> Iterator[str]:
    """Fields in use that are read for capabilities to come."""
    ahead = section.not_modelled if isinstance(section, Section) else frozenset()
    if "*" in ahead:
        yield f"{path_text(path)} ({getattr(section, 'kind', '')})"
        return
    for name in type(section).model_fields:
        if name not in section.model_fields_set:
            continue
        alias = type(section).model_fields[name].alias or name
        value = getattr(section, name)
        if alias in ahead:
            yield path_text((*path, alias))
        else:
            yield from _within(value, (*path, alias))


def _within(value: Any, path: FieldPath) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from _not_modelled(value, path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _within(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _within(item, (*path, index))


def _read_hub(context: Context) -> None:
    scenario = context.scenario
    context.hub = context.inputs.read(
        context.named(("manifests",), scenario.manifests), scenario.values
    )
    for kind, fields in context.hub.per_cluster:
        fields.error(f"a {kind} belongs to one cluster: list it under that cluster's manifests")
    warn_of_hub(context)


def _plan(context: Context, clusters: Mapping[str, Compiled]) -> Plan:
    workloads: list[Workload] = []
    for compiled in clusters.values():
        workloads += listed_vms(context, compiled)
    for index, section in enumerate(context.scenario.workloads):
        workload = workload_of(context, ("workloads", index), section, clusters)
        if workload is not None:
            workloads.append(workload)
    _check_names(context)
    plan = Plan(tuple(workloads), until_ms=context.scenario.until)
    return with_events(context, plan, clusters)


def _check_names(context: Context) -> None:
    """No two workloads may have one name: their VMs would, too."""
    scenario = context.scenario
    named_at: dict[str, FieldPath] = {}
    places = [(each.name, ("workloads", i)) for i, each in enumerate(scenario.workloads)]
    places += [
        (each.name, ("events", i))
        for i, each in enumerate(scenario.events)
        if isinstance(each, ArrivalsSection)
    ]
    for name, path in places:
        if name in named_at:
            first = path_text(named_at[name])
            context.error((*path, "name"), f"{first} has the name {name!r} already")
        named_at.setdefault(name, path)


def _unmodelled(context: Context, clusters: Mapping[str, Compiled]) -> None:
    kinds, by_shape = Counter(context.hub.unmodelled), Counter(context.hub.by_shape)
    for compiled in clusters.values():
        kinds += compiled.objects.unmodelled + compiled.vms.unmodelled
        by_shape += compiled.objects.by_shape + compiled.vms.by_shape
    warning = unmodelled_warning(kinds, context.problems.unmodelled, by_shape)
    if warning is not None:
        context.problems.warnings.append(warning)
    fields = list(_not_modelled(context.scenario, ()))
    if fields:
        file = context.changed.document.file
        message = f"read, not modelled yet: {', '.join(fields)}"
        context.problems.warnings.append(Problem(message, file))
    known = context.scenario.clusters
    aside = [name for name in sorted(context.hub.managed_clusters) if name not in known]
    if aside:
        message = f"ManagedClusters that the scenario has no cluster for: {', '.join(aside)}"
        context.problems.warnings.append(Problem(message))


def _sha256(context: Context) -> str:
    """Of the scenario after variants and settings, with the contents of all files it names."""
    resolved = plain(context.changed.document.value)
    resolved.pop("variants", None)
    whole = {"scenario": resolved, "files": context.inputs.digests}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def compile_case(context: Context, seed: int | None) -> Case:
    """The case of a scenario; of what could be read, when a file that it names is wrong.

    Raises:
        ScenarioError: with everything that is wrong, when something is in the scenario itself.
    """
    scenario = context.scenario
    _read_hub(context)
    clusters = with_services(context, compile_clusters(context))
    joinings = clusters_to_join(context, clusters)
    plan = _plan(context, clusters)
    warn_of_unadmitted(context, plan, clusters)
    _unmodelled(context, clusters)
    warn_of_policies(context, clusters.values())
    if any(each.file == context.changed.document.file for each in context.problems.errors):
        context.problems.raise_if_any()
    chosen = scenario.seed if seed is None else seed
    fleet = tuple(compiled.cluster for compiled in clusters.values())
    provenance = Provenance(
        package_version=metadata.version("ove-capacity"),
        scenario_sha256=_sha256(context),
        seed=chosen,
        releases=tuple((cluster.name, str(cluster.release)) for cluster in fleet),
    )
    return Case(
        name=scenario.name,
        fleet=Fleet(
            fleet,
            tuple(context.hub.placements),
            hub_objects(context, clusters),
            context.management,
        ),
        plan=plan,
        policy=Policy(scenario.policies.tie, scenario.policies.nodes_scored),
        seed=chosen,
        provenance=provenance,
        assumptions=merged_assumptions(context.assumptions),
        warnings=context.problems.warning_texts(),
        joinings=joinings,
        origins=tuple(context.origins),
    )
