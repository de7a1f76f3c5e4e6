"""VMs of a must-gather -> workloads that need none of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ingest.sketch import Intake
from ove_capacity.ingest.vm_shapes import Shape, Shapes
from ove_capacity.ingest.vm_workloads import AS_WRITTEN, shapes_of_vms
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.kubevirt import KINDS
from ove_capacity.manifests.objects import Objects, objects_of
from ove_capacity.manifests.running import Surroundings
from ove_capacity.openshift.virtualization import default_kubevirt
from ove_capacity.releases import Release

__all__ = ["GatheredVms"]

_SUPPORTING = frozenset(
    (
        *("VirtualMachineClusterInstancetype", "VirtualMachineInstancetype"),
        *("VirtualMachineClusterPreference", "VirtualMachinePreference", "PriorityClass"),
    )
)
_CONFIGURATION = ("HyperConverged", "KubeVirt")


@dataclass(slots=True)
class GatheredVms:
    """VM objects, as they are found, and what they refer to."""

    objects: Objects = field(default_factory=Objects)

    def take(self, document: Document, intake: Intake) -> bool:
        """Read an object; False for one that is nothing of VMs, one that is wrong is set aside."""
        value = document.value
        kind = str(value.get("kind")) if isinstance(value, Mapping) else ""
        kind = kind.removesuffix("List")
        if kind in _CONFIGURATION:
            intake.set_aside(kind, "name its file under manifests of the cluster, if it matters")
            return True
        if kind not in KINDS and kind not in _SUPPORTING:
            return False
        own = Problems()
        found = objects_of([document], own)
        if own.errors:
            intake.set_aside(kind, "it is wrong")
            intake.notes.append(f"set aside: {own.errors[0]}")
            return True
        self.objects.vms += found.vms
        self.objects.priority_classes |= found.priority_classes
        self.objects.default_priority = self.objects.default_priority or found.default_priority
        for name, parts in found.kubevirt_parts.items():
            self.objects.kubevirt_parts.setdefault(name, []).extend(parts)
        if kind in _SUPPORTING:
            intake.use(kind)
        return True

    def shapes(self, release: Release, intake: Intake) -> list[Shape]:
        """The VMs, grouped; what became of each is told to *intake*."""
        around = Surroundings(release.kubevirt_rules, default_kubevirt(release), (self.objects,))
        grouping = Shapes.of(around, self.objects.vms, is_alone=True)
        return shapes_of_vms(self.objects.vms, grouping, AS_WRITTEN, intake)

    @staticmethod
    def decisions(shapes: Sequence[Shape], launchers: int) -> list[str]:
        """What was decided for the VMs, in sentences."""
        if not shapes:
            if not launchers:
                return []
            return [
                f"VMs that ran there: {launchers}, of which no object is here: the must-gather of "
                "OpenShift Virtualization has them (`ingest vms` reads `oc get vm -A -o yaml`)."
            ]
        total = sum(shape.count for shape in shapes)
        said = [
            f"VMs: {total}, workloads: {len(shapes)}, by what they ask for. Their networks are not "
            "carried over, nor their disks: volumes that exist count as held where Ceph has them."
        ]
        rough = sum(shape.is_rough for shape in shapes)
        if rough:
            said.append(
                f"More than a size says (devices, requests, affinity …) is asked for by {rough} of "
                "the workloads, which have their size only; `ingest vms` refers to the objects."
            )
        halted = sum(shape.count for shape in shapes if shape.run_strategy == "Halted")
        return [*said, f"Halted, and left so: {halted} of the VMs."] if halted else said
