"""How much is left, and what still fits: answered by placing, not by percentages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ove_capacity.analysis.binding import binding
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import Shape, shapes
from ove_capacity.model.case import Case
from ove_capacity.model.pod import Pod, PodSpec
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.policy import Policy
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY, Amounts, amounts
from ove_capacity.place import Refused, how_many
from ove_capacity.sim.run import Run, is_launcher
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterHeadroom", "Fit", "Headroom", "headroom"]

_GIB = 1 << 30
_DEFINITION = (
    "overhead: the larger, over CPU and memory, of (capacity - what guest requests may use) / "
    "capacity over the workers; guests may use allocatable, hugepages included, less the platform "
    "pods' requests"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """How many more VMs of one shape fit, alone."""

    shape: str
    """The workload whose shape it is."""
    count: int
    binding: str
    """The resource that runs out first, or upstream's reason when it is none."""
    message: str
    """The scheduler's sentence for the first VM that does not fit."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "shape": self.shape,
            "count": self.count,
            "binding": self.binding,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ClusterHeadroom:
    """What the workers of one cluster have, hold and leave. CPU in milli-cores, memory in bytes.

    Hugepages count as memory: guests use them.
    """

    cluster: str
    profile: str
    workers: int
    capacity: Amounts
    allocatable: Amounts
    platform: Amounts
    """Requested by pods that are no VMs."""
    vms: Amounts
    """Requested by launcher pods, overhead and all."""
    fits: tuple[Fit, ...] = ()

    @property
    def usable(self) -> Amounts:
        """What guest requests may use: allocatable less the platform's requests."""
        return {name: self.allocatable[name] - self.platform[name] for name in (CPU, MEMORY)}

    @property
    def free(self) -> Amounts:
        """What is left on all workers together; no VM can use it in one piece."""
        return {name: self.usable[name] - self.vms[name] for name in (CPU, MEMORY)}

    @property
    def overhead_percent(self) -> float | None:
        """The larger share, over CPU and memory, of capacity that guests can never use.

        (capacity - usable) / capacity over the workers; None without workers.
        """
        shares = [
            100 * (self.capacity[name] - self.usable[name]) / self.capacity[name]
            for name in (CPU, MEMORY)
            if self.capacity[name]
        ]
        return round(max(shares), 2) if shares else None

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        parts = {
            "capacity": self.capacity,
            "allocatable": self.allocatable,
            "platform": self.platform,
            "usable": self.usable,
            "vms": self.vms,
            "free": self.free,
        }
        shown: dict[str, object] = {
            name: {"cpu_milli": part[CPU], "memory_bytes": part[MEMORY]}
            for name, part in parts.items()
        }
        return {
            "overhead_percent": self.overhead_percent,
            "workers": self.workers,
            **shown,
            "fits": [fit.to_dict() for fit in self.fits],
        }


@dataclass(frozen=True, slots=True)
class Headroom:
    """Each cluster's headroom."""

    clusters: Mapping[str, ClusterHeadroom] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Totals by cluster, and what still fits."""
        return (_totals(list(self.clusters.values())), _fits(list(self.clusters.values())))

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> headroom."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def headroom(subject: Case | Run, *, cluster: str = "") -> Headroom:
    """What is left on each cluster, or on one, and how many more of each VM shape fit.

    Of a case: when its listed workloads are placed. Of a run: as it ended. Each shape is tried
    alone, on a copy, until the scheduler refuses.

    Raises:
        UnknownNameError: there is no such cluster.
    """
    run = settle(subject)
    found = {}
    for name in run.clusters(cluster):
        noun = run.case.fleet.cluster(name)
        state = run.states[name]
        totals = _amounts(state)
        found[name] = ClusterHeadroom(
            name,
            noun.profile,
            len(noun.workers),
            **totals,
            fits=_fit_all(state, shapes(run.case, noun), run.case.policy),
        )
    return Headroom(found)


def _amounts(state: ClusterState) -> dict[str, dict[str, int]]:
    columns = {
        CPU: [state.resource_index(CPU)],
        # Hugepages are memory that guests may use, carved out of what is called memory.
        MEMORY: [
            r
            for r, name in enumerate(state.resources)
            if name == MEMORY or name.startswith(HUGEPAGES_PREFIX)
        ],
    }
    workers = [(n, node) for n, node in enumerate(state.nodes) if node.is_worker]
    rows = [n for n, _ in workers]
    held = _held_by_vms(state, set(rows))
    requested = {name: _sum(state.requested, rows, each) for name, each in columns.items()}
    return {
        "capacity": {
            name: sum(node.capacity.get(name, 0) for _, node in workers) for name in columns
        },
        "allocatable": {
            name: _sum(state.allocatable, rows, each) for name, each in columns.items()
        },
        "platform": {name: requested[name] - held[name] for name in columns},
        "vms": held,
    }


def _sum(amounts_of: NDArray[np.int64], rows: list[int], columns: list[int]) -> int:
    return int(amounts_of[np.ix_(rows, columns)].sum())


def _held_by_vms(state: ClusterState, nodes: set[int]) -> dict[str, int]:
    """Requests of the VMs on those nodes; equal VMs share their spec, which is summed once."""
    total = {CPU: 0, MEMORY: 0}
    known: dict[int, dict[str, int]] = {}
    for row in state.rows():
        pod = state.pod(row)
        if state.node_of(row) in nodes and is_launcher(pod):
            if id(pod.spec) not in known:
                known[id(pod.spec)] = _requests(pod.spec)
            for name, amount in known[id(pod.spec)].items():
                if name in total:
                    total[name] += amount
                elif name.startswith(HUGEPAGES_PREFIX):
                    total[MEMORY] += amount
    return total


def _requests(spec: PodSpec) -> dict[str, int]:
    return amounts(pod_requests(spec))


def _fit_all(state: ClusterState, candidates: Sequence[Shape], policy: Policy) -> tuple[Fit, ...]:
    answers: dict[int, tuple[int, Refused | None]] = {}
    fits = []
    for shape in candidates:
        if shape.pod is None:
            fits.append(Fit(shape.name, 0, "KubeVirt makes no pod for it", shape.refusal))
            continue
        # Shapes with one spec are one question.
        spec = id(shape.pod.spec)
        if spec not in answers:
            answers[spec] = how_many(state, shape.pod, policy)
        count, refused = answers[spec]
        assert refused is not None, "without a limit it ends with a refusal"
        what = binding(refused, _shares(state, shape.pod, count))
        fits.append(Fit(shape.name, count, what, refused.message))
    return tuple(fits)


def _shares(state: ClusterState, pod: Pod, count: int) -> dict[str, float]:
    """Share of each resource of the workers that is taken when *count* more such pods run."""
    rows = [n for n, node in enumerate(state.nodes) if node.is_worker]
    asked = _requests(pod.spec)
    shares = {}
    for r, name in enumerate(state.resources):
        has = int(state.allocatable[rows, r].sum())
        if has:
            shares[name] = (int(state.requested[rows, r].sum()) + count * asked.get(name, 0)) / has
    return shares


def _totals(clusters: Sequence[ClusterHeadroom]) -> Table:
    columns = ["cluster", "workers"]
    columns += ["usable_cores", "free_cores", "usable_gib", "free_gib", "overhead_percent"]
    rows: list[tuple[Cell, ...]] = [
        (
            each.cluster,
            each.workers,
            each.usable[CPU] / 1000,
            each.free[CPU] / 1000,
            each.usable[MEMORY] / _GIB,
            each.free[MEMORY] / _GIB,
            each.overhead_percent,
        )
        for each in clusters
    ]
    return Table("Headroom of the workers", tuple(columns), tuple(rows), (_DEFINITION,))


def _fits(clusters: Sequence[ClusterHeadroom]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (each.cluster, fit.shape, fit.count, fit.binding) for each in clusters for fit in each.fits
    ]
    return Table(
        "What still fits, each alone", ("cluster", "shape", "count", "binding"), tuple(rows)
    )
