"""VirtualMachine objects and their kin -> the workloads of a scenario."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.cluster_dump import ClusterDump, files_read
from ove_capacity.ingest.machines import Machines, plain_name
from ove_capacity.ingest.sketch import Intake, Page, Sketch, Value
from ove_capacity.ingest.vm_shapes import Shape, Shapes
from ove_capacity.ingest.vm_workloads import (
    AS_WRITTEN,
    NEWEST_RELEASE,
    shapes_of_vms,
    surroundings,
    write_workloads,
)
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.kubevirt import KINDS
from ove_capacity.manifests.objects import Objects, objects_of
from ove_capacity.manifests.parts import check_parts
from ove_capacity.releases import release

__all__ = ["ingest_vms"]

_PLACEHOLDER: Value = {"count": 3, "node": {"cpu": 32, "memory": "256Gi"}}
_HALTED = "Halted"
_SHOWN = 5
_OF_VMS = ("DataVolume", "PersistentVolumeClaim", "PriorityClass")


@dataclass(slots=True)
class _Read:
    """What the files hold, and which file holds what the scenario must refer to."""

    objects: Objects = field(default_factory=Objects)
    supporting: set[str] = field(default_factory=set)
    """Files of instancetypes, preferences, networks, priorities and KubeVirt's configuration."""


def _read(source: Path, intake: Intake, problems: Problems) -> _Read:
    found = _Read()
    for file, documents in files_read(source, intake, problems):
        own = _own_objects(file, documents, intake, problems, lenient=source.is_dir())
        if own is None:
            continue
        if own.kubevirt_parts or own.priority_classes:
            found.supporting.add(file)
        _merge(found.objects, own)
    for kind, number in sorted(found.objects.read.items()):
        if kind in found.objects.kubevirt_parts or kind in _OF_VMS:
            intake.use(kind, number)
        elif kind not in KINDS:
            intake.set_aside(kind, "says nothing of what VMs ask for", number)
    for kind, number in sorted(found.objects.unmodelled.items()):
        intake.set_aside(kind, "not modelled", number)
    return found


def _own_objects(
    file: str, documents: Iterable[Document], intake: Intake, problems: Problems, *, lenient: bool
) -> Objects | None:
    """The objects of one file; None when it is wrong and others can do without it."""
    own = Problems()
    objects = objects_of(documents, own)
    check_parts(objects, own)
    names = Counter(node.name for node in objects.nodes)
    twice = [name for name, number in names.items() if number > 1]
    own.errors += [Problem(f"has two nodes named {name!r}", file, 1, 1) for name in twice]
    problems.warnings += own.warnings
    if not own.errors:
        return objects
    if not lenient:
        own.raise_if_any()
    intake.take_back("file", "an object in it is wrong")
    intake.notes.append(f"set aside: {own.errors[0]}")
    return None


def _merge(into: Objects, own: Objects) -> None:
    into.vms += own.vms
    into.read += own.read
    into.unmodelled += own.unmodelled
    into.by_shape += own.by_shape
    into.claims |= own.claims
    into.priority_classes |= own.priority_classes
    into.default_priority = into.default_priority or own.default_priority
    for kind, parts in own.kubevirt_parts.items():
        into.kubevirt_parts.setdefault(kind, []).extend(parts)


def _decisions(
    shapes: list[Shape], run_strategy: str, machines: Machines | None, files: list[str]
) -> list[str]:
    total, objects = sum(shape.count for shape in shapes), sum(len(each.vms) for each in shapes)
    said = [
        f"{total} VMs of {objects} objects make {len(shapes)} workloads: VMs of a workload ask for "
        "the same, run in one namespace and are started alike."
    ]
    like = sum(shape.template is not None for shape in shapes)
    if like < len(shapes):
        said.append(
            "Size alone says what a launcher pod asks for, to within 0.5 % of its memory, where a "
            "workload has cpu and memory. Networks and machine types are not carried over."
        )
    if like:
        said.append(
            f"More than a size says (devices, requests, affinity …) is asked for by {like} of the "
            "workloads: they name an object, template, which is read from its file each time."
        )
    halted = sum(shape.count for shape in shapes if shape.run_strategy == _HALTED)
    if halted:
        said.append(f"Halted, and left so: {halted} of the VMs; --run-strategy Always starts them.")
    if run_strategy != AS_WRITTEN:
        said.append("All VMs run, whatever is written: --run-strategy Always.")
    if any(file.startswith("../") for file in files):
        said.append("Files outside this file's folder are named: load it with --allow-outside.")
    if machines is None:
        said.append("No machines were handed in: the pool is a placeholder; --nodes reads yours.")
    else:
        said += machines.decisions
    return said


def _files(found: _Read, shapes: list[Shape], base: Path) -> list[str]:
    """Files that the scenario must name, as seen from where it will stand."""
    named = set(found.supporting)
    named |= {each.template.fields.document.file for each in shapes if each.template is not None}
    return sorted(
        Path(os.path.relpath(Path(file).resolve(), base.resolve())).as_posix() for file in named
    )


def _machines(nodes: Path | None, intake: Intake) -> Machines | None:
    if nodes is None:
        return None
    dump = ClusterDump(intake=intake)
    for _, documents in files_read(nodes, intake, dump.problems):
        dump.take_documents(documents)
    dump.settle()
    if not dump.nodes:
        raise ScenarioError(Problem("holds no Node that offers CPU and memory", str(nodes), 1, 1))
    return Machines.of(dump)


def ingest_vms(
    source: Path,
    *,
    name: str = "",
    nodes: Path | None = None,
    run_strategy: str = AS_WRITTEN,
    base: Path = Path(),
) -> Sketch:
    """A scenario of the VMs that objects describe.

    Args:
        source: a file or a folder of VirtualMachines, VMIs, replica sets and pools, and of the
            instancetypes, preferences and priorities they name.
        name: of the scenario and its cluster.
        nodes: a file or a folder of Node objects for them to run on.
        run_strategy: ``as-written``, or ``Always`` to start what is written as halted.
        base: the folder in which the scenario will stand.

    Raises:
        ScenarioError: a source cannot be read, is wrong, or holds none of what it is for.
    """
    intake, problems = Intake(), Problems()
    found = _read(source, intake, problems)
    if not found.objects.vms:
        raise ScenarioError(Problem(f"holds no VM ({intake.gist()})", str(source), 1, 1))
    machines = _machines(nodes, intake)
    openshift = (machines.openshift if machines else "") or NEWEST_RELEASE
    around = surroundings(found.objects, release(openshift), problems)
    grouping = Shapes.of(around, found.objects.vms)
    shapes = shapes_of_vms(found.objects.vms, grouping, run_strategy, intake)
    if grouping.unsized:
        intake.set_aside("volume of a VM", "no object says its size", len(grouping.unsized))
        shown = ", ".join(grouping.unsized[:_SHOWN]) + " …" * (len(grouping.unsized) > _SHOWN)
        intake.notes.append(f"volumes of unknown size: {shown}")
    problems.raise_if_any()
    files = _files(found, shapes, base)
    decisions = _decisions(shapes, run_strategy, machines, files)
    page, name = Page(), plain_name(name, "imported")
    page.head(str(source), name, decisions)
    page.key("clusters")
    if machines is not None:
        machines.write(page, name)
    else:
        page.key(name, indent=2)
        page.key("platform", {"openshift": openshift}, indent=4)
        page.key("pools", indent=4)
        page.key("worker", _PLACEHOLDER, indent=6, comment="PLACEHOLDER")
    if files:
        page.key("manifests", indent=4)
        for file in files:
            page.item(file, indent=6)
    if shapes:
        write_workloads(page, shapes, name)
    return Sketch(page.text(), tuple(decisions), intake.table())
