"""From what the machines have to what is left: steps that add up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.kubevirt.guest import guest_requests
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.plan import Workload
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, Amounts, amounts
from ove_capacity.platform.management import PART_LABEL
from ove_capacity.sim.run import Run, VmRecord, is_launcher
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.tables import Cell, Table

__all__ = [
    "STEPS",
    "NodeShares",
    "Step",
    "Waterfall",
    "node_shares",
    "waterfall",
    "waterfall_table",
    "with_more",
]

STEPS: Mapping[str, str] = {
    "system_reserved": "kept for the system and the kubelet",
    "eviction_threshold": "kept free: below it the kubelet evicts",
    "reserved_measured": "not allocatable, as read off the machines",
    "platform_pods": "requests of the platform's pods",
    "services": "requests of the services that manage the fleet",
    "virtualization": "requests of OpenShift Virtualization's own pods",
    "launcher_overhead": "requests of the VMs' pods beyond their guests'",
    "guest_requests": "requests of the guests",
    "hugepages_idle": "pre-allocated hugepages that nobody requests",
    "free": "requested by nobody",
}
"""In their order, with what each is."""

_VIRTUALIZATION_NAMESPACES = ("openshift-cnv", "kubevirt")
_COMPUTE = "compute"
_GIB = 1 << 30
_CPU, _MEMORY, _PAGES = range(3)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of what the machines have."""

    name: str
    cpu_milli: int
    memory_bytes: int
    """Hugepages are in it."""
    hugepages_bytes: int
    """Of the memory, what is pre-allocated as hugepages."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "step": self.name,
            "cpu_milli": self.cpu_milli,
            "memory_bytes": self.memory_bytes,
            "hugepages_bytes": self.hugepages_bytes,
        }


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What the workers of a cluster, or of one pool of it, have, and who asks for it."""

    name: str
    """Of the cluster or the pool."""
    workers: int
    """In service."""
    capacity: Step
    steps: tuple[Step, ...]
    """In the order of `STEPS`, all of them; they add up to the capacity."""
    stranded: Step
    """Of what is free: on workers where no shape that was asked about fits any more."""

    def __post_init__(self) -> None:
        """Steps that do not add up are a bug."""
        for amount in ("cpu_milli", "memory_bytes", "hugepages_bytes"):
            total = sum(getattr(step, amount) for step in self.steps)
            assert total == getattr(self.capacity, amount), (self.name, amount)

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "workers": self.workers,
            "capacity": self.capacity.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
            "stranded": self.stranded.to_dict(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class NodeShares:
    """Every step on every node of a cluster, for sums over any of them."""

    nodes: Sequence[Node]
    in_service: Sequence[bool]
    capacity: np.ndarray
    """(nodes, 3) int64: CPU in milli-cores, memory in bytes, hugepages of it in bytes."""
    steps: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Step -> the same."""

    def workers(self, pool: str | None = None) -> list[int]:
        """Workers in service, of one pool or of all."""
        return [
            n
            for n, node in enumerate(self.nodes)
            if self.in_service[n] and node.is_worker and pool in (None, node.pool)
        ]


def node_shares(run: Run, cluster: Cluster) -> NodeShares:
    """Who asks for what on each node, at the end of the run."""
    state = run.states[cluster.name]
    allocatable, requested = _three(state, state.allocatable), _three(state, state.requested)
    written = np.array([_of(node.capacity) for node in state.nodes], np.int64).reshape(-1, 3)
    capacity = np.maximum(written, allocatable)  # of a node that does not say
    capacity[:, _PAGES] = allocatable[:, _PAGES]
    eviction, measured = _eviction(state.nodes, capacity - allocatable)
    launchers, guests, own = _held(run, cluster, state)
    own += np.array([_of(node.virtualization) for node in state.nodes], np.int64).reshape(-1, 3)
    services = _services(run, cluster)
    free = allocatable - requested
    idle = np.zeros_like(free)
    idle[:, _MEMORY] = idle[:, _PAGES] = free[:, _PAGES]
    parts = {
        "system_reserved": capacity - allocatable - eviction - measured,
        "eviction_threshold": eviction,
        "reserved_measured": measured,
        "platform_pods": requested - launchers - own - services,
        "services": services,
        "virtualization": own,
        "launcher_overhead": launchers - guests,
        "guest_requests": guests,
        "hugepages_idle": idle,
        "free": free - idle,
    }
    in_service = [bool(alive) for alive in state.alive]
    return NodeShares(state.nodes, in_service, capacity, parts)


def with_more(shares: NodeShares, like: int, count: int) -> NodeShares:
    """The same with *count* more nodes like one of them, in service and without a VM."""
    steps = {name: np.vstack([each, *[each[like]] * count]) for name, each in shares.steps.items()}
    daemons = np.array([_of(shares.nodes[like].services)] * count, np.int64).reshape(-1, 3)
    for name in ("services", "launcher_overhead", "guest_requests"):
        stays = daemons if name == "services" else np.zeros_like(daemons)
        left = steps[name][-count:] - stays
        steps[name][-count:] = stays
        idle = left * (0, 0, 1)
        idle[:, _MEMORY] = left[:, _PAGES]
        steps["hugepages_idle"][-count:] += idle
        steps["free"][-count:] += left - idle
    return NodeShares(
        [*shares.nodes, *[shares.nodes[like]] * count],
        [*shares.in_service, *[True] * count],
        np.vstack([shares.capacity, *[shares.capacity[like]] * count]),
        steps,
    )


def waterfall(
    shares: NodeShares, name: str, rows: Sequence[int], stranded: Iterable[int] = ()
) -> Waterfall:
    """The steps summed over the nodes of those *rows*, of which those of *stranded* take no VM."""
    steps = tuple(_sum(shares.steps[step], rows, step) for step in STEPS)
    lost = [n for n in stranded if n in set(rows)]
    unused = shares.steps["free"] + shares.steps["hugepages_idle"]
    return Waterfall(
        name,
        len(rows),
        _sum(shares.capacity, rows, "capacity"),
        steps,
        _sum(np.maximum(unused, 0), lost, "stranded"),
    )


def waterfall_table(
    title: str, falls: Sequence[tuple[str, Waterfall]], notes: Sequence[str] = ()
) -> Table:
    """A row a step of each named waterfall; steps that none of them has are left out."""
    shown = [
        name
        for name in STEPS
        if name == "free" or any(fall.step(name) != Step(name, 0, 0, 0) for _, fall in falls)
    ]
    rows: list[tuple[Cell, ...]] = []
    for name, fall in falls:
        parts = [fall.capacity, *(fall.step(each) for each in shown), fall.stranded]
        rows += [
            (
                name,
                part.name.replace("_", " "),
                part.cpu_milli / 1000,
                part.memory_bytes / _GIB,
                part.hugepages_bytes / _GIB,
            )
            for part in parts
        ]
    columns = ("name", "step", "cpu_cores", "memory_gib", "hugepages_gib")
    return Table(title, columns, tuple(rows), tuple(notes))


def _sum(amounts_of: np.ndarray, rows: Sequence[int], name: str) -> Step:
    cpu, memory, pages = amounts_of[list(rows)].sum(axis=0).tolist()
    return Step(name, cpu, memory, pages)


def _three(state: ClusterState, table: np.ndarray) -> np.ndarray:
    """(nodes, 3): CPU, memory with hugepages, hugepages."""
    pages = [r for r, name in enumerate(state.resources) if name.startswith(HUGEPAGES_PREFIX)]
    found = np.zeros((len(state.nodes), 3), np.int64)
    found[:, _CPU] = table[:, state.resource_index(CPU)]
    found[:, _PAGES] = table[:, pages].sum(axis=1)
    found[:, _MEMORY] = table[:, state.resource_index(MEMORY)] + found[:, _PAGES]
    return found


def _of(given: Amounts) -> tuple[int, int, int]:
    """The three of a node's capacity, or of a share, where hugepages are part of the memory."""
    return given.get(CPU, 0), given.get(MEMORY, 0), 0


def _eviction(nodes: Sequence[Node], missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of what is not allocatable: the eviction threshold, and what nothing tells apart."""
    eviction, measured = np.zeros_like(missing), np.zeros_like(missing)
    for n, node in enumerate(nodes):
        if node.eviction_bytes is None:
            measured[n] = missing[n]
        else:
            eviction[n, _MEMORY] = min(node.eviction_bytes, int(missing[n, _MEMORY]))
    return eviction, measured


def _held(
    run: Run, cluster: Cluster, state: ClusterState
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Requests by node: of launcher pods, of the guests in them, of the virtualization's pods."""
    launchers, guests, own = (np.zeros((len(state.nodes), 3), np.int64) for _ in range(3))
    plan = run.case.plan
    workloads = {each.workload.name: each.workload for each in plan.arrivals}
    workloads |= {each.name: each for each in plan.workloads}
    records = {vm.row: vm for vm in run.vms_of(cluster.name) if vm.row >= 0}
    known: dict[tuple[int, bool], tuple[np.ndarray, np.ndarray]] = {}
    for row in state.rows():
        n, pod = state.node_of(row), state.pod(row)
        if n < 0:
            continue
        if not is_launcher(pod):
            if pod.namespace in _VIRTUALIZATION_NAMESPACES:
                own[n] += _asked(pod)
            continue
        # Equal VMs share one spec; one that is being resized is its own.
        key = (id(pod if pod.allocated else pod.spec), records[row].workload in workloads)
        if key not in known:
            known[key] = _asked(pod), _guest(records[row], workloads, cluster)
        whole, part = known[key]
        launchers[n] += whole
        guests[n] += part
    return launchers, guests, own


def _services(run: Run, cluster: Cluster) -> np.ndarray:
    """Requests by node of what stands there to manage the fleet, daemons too."""
    state = run.states[cluster.name]
    asked = np.array([_of(node.services) for node in state.nodes], np.int64).reshape(-1, 3)
    parts = {part.name for part in cluster.management.parts}
    for row in state.rows() if parts else ():
        n, pod = state.node_of(row), state.pod(row)
        if n >= 0 and pod.labels.get(PART_LABEL) in parts and not is_launcher(pod):
            asked[n] += _asked(pod)
    return asked


def _asked(pod: Pod) -> np.ndarray:
    return _with_pages(amounts(effective_requests(pod)))


def _guest(vm: VmRecord, workloads: Mapping[str, Workload], cluster: Cluster) -> np.ndarray:
    """The guest's own requests; of a VM that stood there already, its compute container's."""
    if vm.workload in workloads:
        rules = cluster.release.kubevirt_rules
        vmi = workloads[vm.workload].vmi
        return _with_pages(guest_requests(vmi, cluster.kubevirt, rules))
    compute = [each for each in vm.pod.spec.containers if each.name == _COMPUTE]
    return _with_pages(amounts(compute[0].requests)) if compute else _asked(vm.pod)


def _with_pages(asked: Amounts) -> np.ndarray:
    pages = sum(n for name, n in asked.items() if name.startswith(HUGEPAGES_PREFIX))
    return np.array([asked.get(CPU, 0), asked.get(MEMORY, 0) + pages, pages], np.int64)
