"""VirtualMachine objects and their kin -> the workloads of a scenario."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.ingest.cluster_dump import ClusterDump, files_read
from ove_capacity.ingest.machines import Machines, plain_name
from ove_capacity.ingest.sketch import Intake, Page, Sketch, Value
from ove_capacity.ingest.vm_shapes import Shape, Shapes
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.kubevirt import KINDS
from ove_capacity.manifests.kubevirt_config import kubevirt_of, network_attachment_of
from ove_capacity.manifests.objects import FoundVm, Objects, objects_of
from ove_capacity.manifests.running import Surroundings, UnusableVmError
from ove_capacity.openshift.virtualization import default_kubevirt
from ove_capacity.releases import Release, release

__all__ = ["ingest_vms"]

_NEWEST_RELEASE = "4.22"
_NAMED = 6
_PLACEHOLDER: Value = {"count": 3, "node": {"cpu": 32, "memory": "256Gi"}}
_AS_WRITTEN, _ALWAYS, _HALTED = "as-written", "Always", "Halted"


@dataclass(slots=True)
class _Read:
    """What the files hold, and which file holds what the scenario must refer to."""

    objects: Objects = field(default_factory=Objects)
    supporting: set[str] = field(default_factory=set)
    """Files of instancetypes, preferences, networks, priorities and KubeVirt's configuration."""


def _read(source: Path, intake: Intake, problems: Problems) -> _Read:
    found = _Read()
    for documents in files_read(source, intake, problems):
        own = _own_objects(documents, intake, problems, lenient=source.is_dir())
        if own is None:
            continue
        if own.kubevirt_parts or own.priority_classes:
            found.supporting.add(documents[0].file)
        _merge(found.objects, own)
    for kind, number in sorted(found.objects.read.items()):
        if kind in found.objects.kubevirt_parts or kind == "PriorityClass":
            intake.use(kind, number)
        elif kind not in KINDS:
            intake.set_aside(kind, "says nothing of what VMs ask for", number)
    for kind, number in sorted(found.objects.unmodelled.items()):
        intake.set_aside(kind, "not modelled", number)
    return found


def _own_objects(
    documents: list[Document], intake: Intake, problems: Problems, *, lenient: bool
) -> Objects | None:
    """The objects of one file; None when it is wrong and others can do without it."""
    own = Problems()
    objects = objects_of(documents, own)
    problems.warnings += own.warnings
    if not own.errors:
        return objects
    if not lenient:
        own.raise_if_any()
    intake.set_aside("file", "an object in it is wrong")
    intake.notes.append(f"set aside: {own.errors[0]}")
    return None


def _merge(into: Objects, own: Objects) -> None:
    into.vms += own.vms
    into.read += own.read
    into.unmodelled += own.unmodelled
    into.priority_classes |= own.priority_classes
    into.default_priority = into.default_priority or own.default_priority
    for kind, parts in own.kubevirt_parts.items():
        into.kubevirt_parts.setdefault(kind, []).extend(parts)


def _surroundings(objects: Objects, found: Release, problems: Problems) -> Surroundings:
    written = objects.kubevirt_parts.get("KubeVirt")
    kubevirt = kubevirt_of(written[-1], problems) if written else default_kubevirt(found)
    networks = objects.kubevirt_parts.get("NetworkAttachmentDefinition", [])
    attachments = tuple(network_attachment_of(each, problems) for each in networks)
    kubevirt = replace(kubevirt, network_attachments=attachments)
    return Surroundings(found.kubevirt_rules, kubevirt, (objects,))


def _key(found: FoundVm) -> tuple[str, str]:
    return str(found.fields.get("kind")), found.vm.vmi.key


def _distinct(vms: list[FoundVm], intake: Intake) -> list[FoundVm]:
    """Each VM once: a running VM has a VMI of its name, a pool has VMs, a replica set VMIs."""
    order = {kind: index for index, kind in enumerate(KINDS)}
    there = {_key(found) for found in vms}
    kept: dict[str, FoundVm] = {}
    for found in sorted(vms, key=lambda each: order.get(_key(each)[0], len(order))):
        kind, key = _key(found)
        owners = found.fields.fields("metadata").each("ownerReferences")
        namespace = found.vm.vmi.namespace
        owner = next(
            (
                f"{each.text('kind')} {each.text('name')}"
                for each in owners
                if (each.text("kind"), f"{namespace}/{each.text('name')}") in there
            ),
            "",
        )
        if owner:
            intake.set_aside(kind, "counted with the object that owns it")
        elif key in kept:
            intake.set_aside(kind, "listed a second time")
        else:
            kept[key] = found
    return [found for found in vms if kept.get(found.vm.vmi.key) is found]


def _grouped(
    vms: list[FoundVm], around: Surroundings, run_strategy: str, intake: Intake
) -> list[Shape]:
    grouping = Shapes.of(around, vms)
    for found in vms:
        kind, written = _key(found)[0], found.vm.run_strategy or _ALWAYS
        try:
            strategy = written if run_strategy == _AS_WRITTEN else run_strategy
            missing = grouping.add(found, strategy)
        except UnusableVmError as error:
            intake.set_aside(kind, "the cluster would refuse it")
            line, column = found.fields.document.place(found.fields.path)
            place = f"{found.fields.document.file}:{line}:{column}"
            intake.notes.append(f"{place}: VM {found.vm.vmi.key} is left out: {error}")
            continue
        intake.use(kind)
        for network in missing:
            intake.set_aside("network of a VM", f"{network} is not among the objects")
    return grouping.shapes


def _names(shapes: list[Shape]) -> list[str]:
    taken: Counter[str] = Counter()
    names = []
    for shape in shapes:
        name = plain_name(shape.title, "vm")
        taken[name] += 1
        while taken[name] > 1:
            base = name
            name = f"{base}-{taken[base]}"
            taken[name] += 1
        names.append(name)
    return names


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
            "workload has cpu and memory. Disks, networks and machine types are not carried over."
        )
    if like:
        said.append(
            f"More than a size says (devices, requests, affinity …) is asked for by {like} of the "
            "workloads: they name an object, template, which is read from its file each time."
        )
    halted = sum(shape.count for shape in shapes if shape.run_strategy == _HALTED)
    if halted:
        said.append(f"Halted, and left so: {halted} of the VMs; --run-strategy Always starts them.")
    if run_strategy != _AS_WRITTEN:
        said.append("All VMs run, whatever is written: --run-strategy Always.")
    if any(file.startswith("../") for file in files):
        said.append("Files outside this file's folder are named: load it with --allow-outside.")
    if machines is None:
        said.append("No machines were handed in: the pool is a placeholder; --nodes reads yours.")
    else:
        said += machines.decisions
    return said


def _write_workloads(page: Page, shapes: list[Shape], cluster: str) -> None:
    page.key("workloads")
    for name, shape in zip(_names(shapes), shapes, strict=True):
        listed = [found.vm.vmi.key for found in shape.vms[:_NAMED]]
        more = len(shape.vms) - len(listed)
        page.comment(", ".join(listed) + (f" and {more} more" if more else ""), 2, hanging=2)
        value: dict[str, Value] = {"name": name, "cluster": cluster, "count": shape.count}
        value.update(shape.said)
        if shape.run_strategy != _ALWAYS:
            value["runStrategy"] = shape.run_strategy
        page.item(value, indent=2)


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
    for documents in files_read(nodes, intake, dump.problems):
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
    run_strategy: str = _AS_WRITTEN,
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
    openshift = (machines.openshift if machines else "") or _NEWEST_RELEASE
    around = _surroundings(found.objects, release(openshift), problems)
    shapes = _grouped(_distinct(found.objects.vms, intake), around, run_strategy, intake)
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
        _write_workloads(page, shapes, name)
    return Sketch(page.text(), tuple(decisions), intake.table())
