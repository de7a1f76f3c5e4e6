"""Budgets of a cluster beside those of its nodes: storage, addresses, what the vendor tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.plan import Workload
from ove_capacity.model.resources import PODS
from ove_capacity.model.storage import Disk, StorageSystem
from ove_capacity.openshift.tested_maximums import TESTED_MAXIMUMS
from ove_capacity.sim.run import Run
from ove_capacity.tables import Cell

__all__ = [
    "BUDGET_COLUMNS",
    "LIMIT_COLUMNS",
    "Budget",
    "TestedLimit",
    "budget_notes",
    "budgets_of",
    "needs_of",
    "tested_limits",
]

BUDGET_COLUMNS = ("cluster", "budget", "unit", "limit", "held", "left", "what")
LIMIT_COLUMNS = ("cluster", "tested maximum", "limit", "have", "within", "source")

_GIB = 1 << 30
_STORAGE, _ADDRESSES = "storage:", "addresses:"


@dataclass(frozen=True, slots=True)
class Budget:
    """Something that all VMs of a cluster share, wherever they run."""

    name: str
    """``storage:<system>`` or ``addresses:<network>``."""
    unit: str
    """bytes or addresses."""
    limit: int
    held: int
    """By what exists already, and by every VM that exists, whether it runs or not."""
    what: str
    """How the limit came about."""
    medium: str = ""
    """Of storage: SSD, NVMe …, as written."""
    classes: tuple[str, ...] = ()
    """Of storage: the classes it serves; empty: every class."""

    @property
    def left(self) -> int:
        """Negative when more is promised than there is."""
        return self.limit - self.held

    def row(self, cluster: str) -> tuple[Cell, ...]:
        """Under `BUDGET_COLUMNS`; bytes as GiB."""
        if self.unit == "bytes":
            amounts = [round(each / _GIB, 1) for each in (self.limit, self.held, self.left)]
            return (cluster, self.name, "GiB", *amounts, self.what)
        return (cluster, self.name, self.unit, self.limit, self.held, self.left, self.what)

    def refusal(self, need: int) -> str:
        """Why a VM that asks for *need* of it does not fit."""
        if self.unit == "bytes":
            left, asked = f"{self.left / _GIB:,.1f} GiB", f"{need / _GIB:,.1f} GiB"
        else:
            left, asked = f"{self.left:,} {self.unit}", f"{need}"
        return f"{self.name}: a VM asks for {asked}, and {left} are left ({self.what})"

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "budget": self.name,
            "unit": self.unit,
            "limit": self.limit,
            "held": self.held,
            "left": self.left,
            "what": self.what,
            "medium": self.medium,
            "classes": list(self.classes),
        }


@dataclass(frozen=True, slots=True)
class TestedLimit:
    """What a cluster has of something that the vendor has tested up to a limit."""

    name: str
    words: str
    limit: int
    have: int
    source: str

    __test__ = False  # pytest must not take it for a test

    @property
    def is_within(self) -> bool:
        """Whether anybody has tried as much."""
        return self.have <= self.limit

    def row(self, cluster: str) -> tuple[Cell, ...]:
        """Under `LIMIT_COLUMNS`."""
        return (cluster, self.words, self.limit, self.have, self.is_within, self.source)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "limit": self.name,
            "tested": self.limit,
            "have": self.have,
            "within": self.is_within,
            "source": self.source,
        }


def budgets_of(run: Run, cluster: Cluster) -> tuple[Budget, ...]:
    """The budgets that are known, with what is held of each as the run ended."""
    held: Counter[str] = Counter()
    for workload, count in _existing(run, cluster):
        for name, need in needs_of(cluster, workload).items():
            held[name] += need * count
    found = []
    for system in cluster.storage:
        name = _STORAGE + system.name
        taken = system.held_bytes + held[name]
        where = (_usable(system), system.medium, system.classes)
        found.append(Budget(name, "bytes", system.usable_bytes, taken, *where))
    for network in cluster.vm_networks:
        if network.addresses is not None:
            name = _ADDRESSES + network.name
            taken = network.held + held[name]
            found.append(Budget(name, "addresses", network.addresses, taken, "addresses for VMs"))
    return tuple(found)


def needs_of(cluster: Cluster, workload: Workload) -> Mapping[str, int]:
    """What one VM takes of each budget that it touches: bytes, or addresses."""
    needs: Counter[str] = Counter()
    for disk in workload.disks:
        system = _system_of(cluster, disk)
        if system is not None:
            needs[_STORAGE + system.name] += disk.size_bytes
    known = {network.name for network in cluster.vm_networks if network.addresses is not None}
    for network in workload.networks:
        if network in known:
            needs[_ADDRESSES + network] += 1
    return needs


def budget_notes(run: Run, cluster: Cluster) -> tuple[str, ...]:
    """What the budgets of a cluster leave out, in sentences."""
    existing = _existing(run, cluster)
    notes: dict[str, None] = {}
    if cluster.storage:
        bare = sum(count for workload, count in existing if not workload.disks)
        if bare:
            notes[f"{cluster.name}: {bare} VMs name no disks and hold no storage"] = None
    elif any(workload.disks for workload, _ in existing):
        notes[f"{cluster.name}: disks are named but no storage: they have no budget"] = None
    for workload, _ in existing:
        for disk in workload.disks:
            if cluster.storage and _system_of(cluster, disk) is None:
                where = f"no storage of {cluster.name} serves class {disk.storage_class}"
                notes[f"{where}: disks of {workload.name} are not counted"] = None
    slices = cluster.network.max_nodes if cluster.network else len(cluster.nodes)
    if len(cluster.nodes) > slices:
        told = f"{len(cluster.nodes)} nodes, and slices of the pod network for {slices}"
        notes[f"{cluster.name}: {told}; all are counted"] = None
    for network in cluster.vm_networks:
        if network.addresses is None:
            notes[f"{cluster.name}: how many addresses {network.name} has is not known"] = None
    return tuple(notes)


def tested_limits(run: Run, cluster: Cluster) -> tuple[TestedLimit, ...]:
    """Where a cluster stands beside what the vendor has tested."""
    state = run.states[cluster.name]
    pods = state.resource_index(PODS)
    workers = [n for n, node in enumerate(state.nodes) if node.is_worker]
    have = {
        "hosts_per_cluster": len(state.nodes),
        "vms_per_cluster": sum(vm.exists for vm in run.vms_of(cluster.name)),
        "pods_per_node": max((int(state.allocatable[n, pods]) for n in workers), default=0),
        "pods_per_cluster": int(state.requested[:, pods].sum()),
    }
    known = ((TESTED_MAXIMUMS[name], number) for name, number in have.items())
    return tuple(
        TestedLimit(each.name, each.words, each.limit, number, each.source)
        for each, number in known
    )


def _existing(run: Run, cluster: Cluster) -> list[tuple[Workload, int]]:
    """Workloads with VMs on the cluster that exist, and how many: a halted VM keeps its disks."""
    plan = run.case.plan
    workloads = {each.workload.name: each.workload for each in plan.arrivals}
    workloads |= {each.name: each for each in plan.workloads}
    counts = Counter(vm.workload for vm in run.vms_of(cluster.name) if vm.exists)
    return [(workloads[name], count) for name, count in counts.items() if name in workloads]


def _system_of(cluster: Cluster, disk: Disk) -> StorageSystem | None:
    """Where a disk lies: the first system that serves its class."""
    return next((each for each in cluster.storage if each.serves(disk.storage_class)), None)


def _usable(system: StorageSystem) -> str:
    raw = f"{system.raw_bytes / _GIB:,.0f} GiB raw / {system.replicas} copies"
    classes = f", classes {', '.join(system.classes)}" if system.classes else ""
    medium = f", {system.medium}" if system.medium else ""
    return f"{raw} x {system.near_full_percent} %{medium}{classes}"
