"""The VM objects that a scenario creates, as an API server would be handed them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import Problem
from ove_capacity.manifests.document import FieldPath
from ove_capacity.scenario.compile.vm_object import created_object
from ove_capacity.scenario.schema.event import ArrivalsSection
from ove_capacity.scenario.schema.workload import WorkloadSection

__all__ = ["CreatedVm", "created_vms"]

_KINDS = ("VirtualMachine", "VirtualMachineInstance")
_OF_MANY = ("VirtualMachineInstanceReplicaSet", "VirtualMachinePool")


@dataclass(frozen=True, slots=True)
class CreatedVm:
    """VMs that are alike, and where they are written."""

    name: str
    """Of the workload, or ``namespace/name`` of the object."""
    resource: Mapping[str, Any]
    """The object; of a workload that the scenario sizes itself, what that size stands for."""
    counts: tuple[tuple[str, int], ...]
    """(cluster, how many VMs); 0 of a stream that arrives, or of a template that nothing uses."""
    manifest: Manifest | None = None
    """What it is made from, when an object is."""
    path: FieldPath = ()
    """Of the workload or the event in the scenario."""

    def problem(self, subject: Subject, message: str, *keys: str | int) -> Problem:
        """What is wrong with it: at the object, else at the scenario's own lines."""
        if self.manifest is not None:
            return self.manifest.problem(message, *keys)
        return subject.problem(message, *self.path)


def created_vms(subject: Subject) -> tuple[CreatedVm, ...]:
    """Every sort of VM: of workloads, of streams that arrive, listed, and of unused templates."""
    return subject.once(_created)


def _created(subject: Subject) -> tuple[CreatedVm, ...]:
    made = list(_of_scenario(subject))
    used = {_identity(each.manifest) for each in made if each.manifest}
    made += _of_manifests(subject, used)
    return tuple(made)


def _of_scenario(subject: Subject) -> Iterator[CreatedVm]:
    if subject.scenario is None:
        return
    sections: list[tuple[FieldPath, WorkloadSection | ArrivalsSection]] = [
        (("workloads", index), each) for index, each in enumerate(subject.scenario.workloads)
    ]
    sections += [
        (("events", index), each)
        for index, each in enumerate(subject.scenario.events)
        if isinstance(each, ArrivalsSection)
    ]
    known = {each.name: each for each in subject.workloads}
    for path, section in sections:
        workload = known.get(section.name)
        clusters = subject.clusters_of(workload) if workload else ()
        if not clusters and section.cluster:
            clusters = (section.cluster,)
        yield from _of_section(subject, path, section, clusters)


def _of_section(
    subject: Subject,
    path: FieldPath,
    section: WorkloadSection | ArrivalsSection,
    clusters: tuple[str, ...],
) -> Iterator[CreatedVm]:
    listed = isinstance(section, WorkloadSection)
    count = (1 if section.count is None else section.count) if listed else 0
    total = section.total if isinstance(section, WorkloadSection) else None
    shares = dict.fromkeys(clusters, count)
    if total is not None and clusters:
        each, more = divmod(total, len(clusters))
        shares = {name: each + (index < more) for index, name in enumerate(clusters)}
    by_template: dict[
        tuple[int, FieldPath] | None, tuple[Manifest | None, list[tuple[str, int]]]
    ] = {}
    for name, number in shares.items():
        manifest = _template(subject, section.template, name) if section.template else None
        key = _identity(manifest) if manifest else None
        by_template.setdefault(key, (manifest, []))[1].append((name, number))
    for manifest, counts in by_template.values():
        if section.template is None or manifest is not None:
            resource = created_object(section, manifest.value if manifest else None)
            yield CreatedVm(section.name, resource, tuple(counts), manifest, path)


def _template(subject: Subject, name: str, cluster: str) -> Manifest | None:
    """The object a workload names: the cluster's own before the hub's."""
    found = None
    for each in subject.manifests:
        key = f"{each.namespace or 'default'}/{each.name}"
        if each.kind in (*_KINDS, *_OF_MANY) and name in (each.name, key):
            if each.cluster == cluster:
                return each
            found = each if each.cluster == "" else found
    return found


def _identity(manifest: Manifest) -> tuple[int, FieldPath]:
    return id(manifest.document), manifest.path


def _of_manifests(subject: Subject, used: set[tuple[int, FieldPath]]) -> Iterator[CreatedVm]:
    for each in subject.manifests:
        if each.kind not in (*_KINDS, *_OF_MANY) or _identity(each) in used:
            continue
        number = 1 if each.runs else 0
        if each.runs and each.kind in _OF_MANY:
            replicas = each.get("spec", "replicas")
            number = replicas if isinstance(replicas, int) and replicas >= 0 else 1
        clusters = (each.cluster,) if each.cluster else subject.clusters or ("",)
        counts = tuple((name, number) for name in clusters)
        name = f"{each.namespace or 'default'}/{each.name}"
        yield CreatedVm(name, each.value, counts, each)
