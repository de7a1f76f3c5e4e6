"""Node truth: what NUMA cells have free, what is stranded, what another cut would free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.cell_changes import Change, changes, fits_of, spanning_vms
from ove_capacity.analysis.cell_room import NodeRoom, node_rooms
from ove_capacity.analysis.fragmentation_tables import (
    cells_table,
    changes_table,
    nodes_table,
    split_table,
)
from ove_capacity.analysis.pinned import Pattern, pattern_of, pinned_of, sized
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import Shape, check_shapes, shapes, workload_names
from ove_capacity.analysis.split import Split, split_curve
from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.pod import Pod
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus
from ove_capacity.tables import Table

__all__ = ["ClusterFragmentation", "Fragmentation", "fragmentation"]

_PROBES = (2, 4, 8, 16)
"""vCPUs of the pinned VMs that are counted where no workload is pinned."""

_ORDINARY = "u1.xlarge"
"""4 vCPUs and 16 GiB, where no workload of the case is without hugepages."""

_NO_CELLS = "its kubelets look at no cell: no policy of a CPU, memory or topology manager is set"

_PRESENT = (VmStatus.RUNNING, VmStatus.PENDING, VmStatus.LOST)


@dataclass(frozen=True, slots=True)
class ClusterFragmentation:
    """One cluster, cell by cell."""

    cluster: str
    pattern: Pattern
    """What the largest VMs are like."""
    rooms: tuple[NodeRoom, ...] = ()
    """Nodes whose kubelets look at cells."""
    fits: Mapping[str, int] = field(default_factory=FrozenMap)
    """Shape -> how many more fit as things are, each alone."""
    spanning: int = 0
    """VMs that hold CPUs or memory of more than one cell."""
    changes: tuple[Change, ...] = ()
    split: Split | None = None
    notes: tuple[str, ...] = ()
    """What could not be asked, in sentences."""

    @property
    def free_cpus(self) -> int:
        """For pinned VMs, over all cells."""
        return sum(each.free_cpus for each in self.rooms)

    @property
    def stranded_cpus(self) -> int:
        """Of these, left over whichever of the shapes comes."""
        return sum(each.stranded_cpus for each in self.rooms)

    @property
    def largest_vcpus(self) -> int | None:
        """Of the largest VM like the pattern that any node admits; None: nobody knows."""
        return max((each.largest.vcpus for each in self.rooms if each.largest), default=None)

    @property
    def current(self) -> Change | None:
        """Policy and cells as they are, with everything placed anew."""
        return next((each for each in self.changes if each.is_current), None)

    @property
    def best(self) -> Change | None:
        """The change that leaves the fewest VMs out, then frees most; None: none frees anything."""
        if self.current is None:
            return None
        chosen = max(self.changes, key=lambda each: each.rank)
        return chosen if chosen.rank[:3] > self.current.rank[:3] else None

    @property
    def answer(self) -> str:
        """In one sentence."""
        if not self.rooms:
            return f"{self.cluster}: {self.notes[0]}."
        if not any(cell.cpus is not None for room in self.rooms for cell in room.cells):
            return f"{self.cluster}: the CPU manager is off: nobody has CPUs alone; {self.advice}"
        largest = f"the largest pinned VM that still fits has {self.largest_vcpus} vCPUs"
        if not self.largest_vcpus:
            largest = "no pinned VM fits any more, however small"
        return (
            f"{self.cluster}: {self.stranded_cpus:,} of {self.free_cpus:,} free exclusive CPUs are "
            f"stranded; {largest}; {self.advice}"
        )

    @property
    def advice(self) -> str:
        """What would free most."""
        best, now = self.best, self.current
        if best is None or now is None:
            return "no other policy or cut into cells would free more"
        gains = [
            f"{best.fits[name] - count:+,} {name}{_spanning(best.fits_spanning[name])}"
            for name, count in now.fits.items()
            if best.fits[name] != count
        ]
        if best.not_placed != now.not_placed:
            gains.insert(0, f"{now.not_placed - best.not_placed:,} more of the VMs that exist")
        told = f"{best} would free most, all placed anew: {', '.join(gains)}"
        more = best.spanning - now.spanning
        return f"{told}; but {more:,} VMs that exist would span cells" if more > 0 else told

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        best = self.best
        return {
            "free_cpus": self.free_cpus,
            "stranded_cpus": self.stranded_cpus,
            "largest_vcpus": self.largest_vcpus,
            "pattern": self.pattern.to_dict(),
            "fits": dict(self.fits),
            "spanning": self.spanning,
            "nodes": [each.to_dict() for each in self.rooms],
            "changes": [each.to_dict() for each in self.changes],
            "best": best.to_dict() if best else None,
            "split": self.split.to_dict() if self.split else None,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Fragmentation:
    """Each cluster, cell by cell."""

    clusters: Mapping[str, ClusterFragmentation] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Nodes, their cells, what policies and cuts would change, and the split."""
        every = list(self.clusters.values())
        rooms = [(each.cluster, room) for each in every for room in each.rooms]
        changed = [(each.cluster, change) for each in every for change in each.changes]
        splits = [(each.cluster, each.split) for each in every if each.split]
        found = (
            nodes_table(rooms),
            cells_table(rooms),
            changes_table(changed),
            split_table(splits),
        )
        return tuple(table for table in found if table.rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> fragmentation."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        answers = "\n".join(each.answer for each in self.clusters.values())
        return "\n\n".join([answers, *(table.text() for table in self.tables)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def fragmentation(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Fragmentation:
    """What each NUMA cell has left, what of it is stranded, and what would free more.

    Of a case: when its listed workloads are placed. Of a run: as it ended. Other policies, other
    cells and other numbers of pages are answered by placing every VM anew, priority first.

    Args:
        subject: a case or a run.
        cluster: its name; empty: all.
        shapes: names of workloads or instancetypes to count; None: all workloads'.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    run = settle(subject)
    names = run.clusters(cluster)
    if shapes is not None:
        check_shapes(run.case, [run.case.fleet.cluster(name) for name in names], shapes)
    return Fragmentation({name: _of_cluster(run, name, shapes) for name in names})


def _of_cluster(run: Run, name: str, wanted: Sequence[str] | None) -> ClusterFragmentation:
    cluster, case = run.case.fleet.cluster(name), run.case
    asked = shapes(case, cluster, workload_names(case) if wanted is None else wanted)
    pattern = pattern_of([each.workload for each in asked if each.workload and each.pod])
    vms = _vms(run, name)
    notes: list[str] = []
    split = _split(run, cluster, asked, vms, notes)
    kubelets = run.states[name].admitting
    if not isinstance(kubelets, Kubelets):
        notes.insert(0, _NO_CELLS)
        return ClusterFragmentation(name, pattern, split=split, notes=tuple(notes))
    state = run.states[name]
    pins = any(each.cpus for each in kubelets.started if each)
    sizes = sized(pattern, cluster, _most_cpus(kubelets)) if pins else {}
    pinned = pinned_of(asked) or tuple(sizes[each] for each in _PROBES if each in sizes)
    workloads = {vm.row: vm.workload or vm.name for vm in run.vms_of(name) if vm.row >= 0}
    return ClusterFragmentation(
        name,
        pattern,
        node_rooms(state, kubelets, pinned, sizes, workloads),
        FrozenMap(fits_of(state, pinned, case.policy)[0]),
        spanning_vms(state),
        changes(cluster, vms, pinned, case.policy),
        split,
        tuple(notes),
    )


def _spanning(count: int) -> str:
    return f" ({count:,} would span cells)" if count else ""


def _vms(run: Run, cluster: str) -> list[Pod]:
    """Pods of the VMs that want to run and do not stand on their node by the input."""
    present = [vm for vm in run.vms_of(cluster) if vm.workload and vm.status in _PRESENT]
    return [vm.pod for vm in sorted(present, key=lambda vm: -vm.pod.spec.priority)]


def _most_cpus(kubelets: Kubelets) -> int:
    return max(each.topology.cpus.bit_count() for each in kubelets.started if each)


def _split(
    run: Run, cluster: Cluster, asked: Sequence[Shape], vms: Sequence[Pod], notes: list[str]
) -> Split | None:
    """The curve, when there is a VM with hugepages and one without to draw it of."""
    sizes = {each.name: _page_size(each) for each in asked}
    huge = _commonest([each for each in asked if sizes[each.name]])
    if huge is None:
        notes.append("no shape has hugepages, so there is no split to show")
        return None
    if not cluster.workers:
        return None
    ordinary = _commonest([each for each in asked if sizes[each.name] == ""])
    if ordinary is None and _ORDINARY in cluster.instancetypes:
        ordinary = _commonest(shapes(run.case, cluster, [_ORDINARY]))
    if ordinary is None:
        notes.append("no shape is without hugepages, so there is no split to show")
        return None
    assert huge.pod is not None
    assert ordinary.pod is not None
    pair, size = ((huge.name, huge.pod), (ordinary.name, ordinary.pod)), sizes[huge.name]
    assert size
    found = split_curve(cluster, size, *pair, vms, run.case.policy)
    if not any(point.hugepage_vms for point in found.points):
        notes.append(f"no worker takes {huge.name}, however many pages it has")
        return None
    return found


def _commonest(shapes: Sequence[Shape]) -> Shape | None:
    """The one of which there are most VMs."""
    known = [each for each in shapes if each.pod is not None and each.workload is not None]
    return max(known, key=lambda each: each.workload.count if each.workload else 0, default=None)


def _page_size(shape: Shape) -> str | None:
    """Of its hugepages; empty: it has none; None: it has no pod or is not of the case."""
    if shape.pod is None or shape.workload is None:
        return None
    return shape.workload.vmi.spec.domain.memory.hugepages_page_size
