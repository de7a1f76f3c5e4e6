"""VMs of Kubernetes objects -> workloads: each VM once, those that are alike together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ove_capacity.ingest.machines import plain_name
from ove_capacity.ingest.odd_vms import UnitMissingError
from ove_capacity.ingest.sketch import Intake, Page, Value
from ove_capacity.ingest.vm_shapes import Shape, Shapes
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.hyperconverged import kubevirt_of_cluster
from ove_capacity.manifests.kubevirt import KINDS
from ove_capacity.manifests.kubevirt_config import network_attachment_of
from ove_capacity.manifests.objects import FoundVm, Objects
from ove_capacity.manifests.running import Surroundings, UnusableVmError
from ove_capacity.releases import Release

__all__ = ["AS_WRITTEN", "NEWEST_RELEASE", "shapes_of_vms", "surroundings", "write_workloads"]

AS_WRITTEN = "as-written"
"""Each VM keeps its own run strategy."""

NEWEST_RELEASE = "4.22"
"""Of OpenShift, where nothing says which one it is."""

_ALWAYS = "Always"
_NAMED = 6


def surroundings(objects: Objects, found: Release, problems: Problems) -> Surroundings:
    """What VMs refer to, by the objects read and by the release."""
    kubevirt = kubevirt_of_cluster(objects, found, problems).kubevirt
    networks = objects.kubevirt_parts.get("NetworkAttachmentDefinition", [])
    attachments = tuple(network_attachment_of(each, problems) for each in networks)
    kubevirt = replace(kubevirt, network_attachments=attachments)
    return Surroundings(found.kubevirt_rules, kubevirt, (objects,))


def _key(found: FoundVm) -> tuple[str, str]:
    return str(found.fields.get("kind")), found.vm.vmi.key


def _distinct(vms: Sequence[FoundVm], intake: Intake) -> list[FoundVm]:
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


def shapes_of_vms(
    vms: Sequence[FoundVm], grouping: Shapes, run_strategy: str, intake: Intake
) -> list[Shape]:
    """The VMs, each once, grouped; those that the cluster would refuse are told to *intake*.

    Args:
        vms: as they were found, with what they own and what owns them.
        grouping: to put them in.
        run_strategy: `AS_WRITTEN`, or the one that all get.
        intake: learns what becomes of each.
    """
    for found in _distinct(vms, intake):
        kind, written = _key(found)[0], found.vm.run_strategy or _ALWAYS
        try:
            strategy = written if run_strategy == AS_WRITTEN else run_strategy
            missing = grouping.add(found, strategy)
        except (UnusableVmError, UnitMissingError) as error:
            is_refused = isinstance(error, UnusableVmError)
            why = "the cluster would refuse it" if is_refused else "says bytes where MiB are meant"
            intake.set_aside(kind, why)
            line, column = found.fields.document.place(found.fields.path)
            place = f"{found.fields.document.file}:{line}:{column}"
            intake.notes.append(f"{place}: VM {found.vm.vmi.key} is left out: {error}")
            continue
        intake.use(kind)
        for network in missing:
            intake.set_aside("network of a VM", f"{network} is not among the objects")
    return grouping.shapes


def _names(shapes: Sequence[Shape]) -> list[str]:
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


def write_workloads(page: Page, shapes: Sequence[Shape], cluster: str) -> None:
    """The ``workloads`` of one cluster."""
    page.key("workloads")
    for name, shape in zip(_names(shapes), shapes, strict=True):
        listed = [found.vm.vmi.key for found in shape.vms[:_NAMED]]
        more = len(shape.vms) - len(listed)
        page.comment(", ".join(listed) + (f" and {more} more" if more else ""), 2, hanging=2)
        value: dict[str, Value] = {"name": name, "cluster": cluster, "count": shape.count}
        value.update(shape.said)
        if shape.run_strategy != _ALWAYS:
            value["runStrategy"] = shape.run_strategy
        page.item(value, indent=2, comment="by its size only" if shape.is_rough else "")
