"""How much is left, and what still fits: answered by placing, not by percentages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.analysis.budgets import (
    BUDGET_COLUMNS,
    LIMIT_COLUMNS,
    Budget,
    TestedLimit,
    budget_notes,
    budgets_of,
    tested_limits,
)
from ove_capacity.analysis.fits import Fit, fit_all, limit_pod_addresses
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import check_shapes, shapes
from ove_capacity.analysis.system_share import SHARE_COLUMNS, SystemShare, system_shares
from ove_capacity.analysis.trial import Trial
from ove_capacity.analysis.waterfall import Waterfall, node_shares, waterfall, waterfall_table
from ove_capacity.model.case import Case
from ove_capacity.model.resources import CPU, MEMORY, Amounts
from ove_capacity.sim.run import Run
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterHeadroom", "Headroom", "headroom"]

_GIB = 1 << 30
_DEFINITION = (
    "overhead: the larger, over CPU and memory, of (capacity - what guest requests may use) / "
    "capacity over the workers; guests may use allocatable, hugepages included, less the platform "
    "pods' requests"
)
_STRANDED = (
    "stranded: free on workers where not one VM of the shapes that were asked about fits; it is "
    "part of what is free, not beside it"
)


@dataclass(frozen=True, slots=True)
class ClusterHeadroom:
    """What the workers of one cluster have, hold and leave. CPU in milli-cores, memory in bytes.

    Hugepages count as memory: guests use them. Workers out of service count for nothing.
    """

    cluster: str
    profile: str
    waterfall: Waterfall
    """Of all workers in service."""
    pools: Mapping[str, Waterfall] = field(default_factory=dict)
    """The same by pool."""
    shares: tuple[SystemShare, ...] = ()
    """The system's share by each definition."""
    budgets: tuple[Budget, ...] = ()
    """Of the cluster, beside those of its nodes."""
    limits: tuple[TestedLimit, ...] = ()
    fits: tuple[Fit, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not counted, in sentences."""

    @property
    def workers(self) -> int:
        """In service."""
        return self.waterfall.workers

    @property
    def capacity(self) -> Amounts:
        """What the machines have."""
        whole = self.waterfall.capacity
        return {CPU: whole.cpu_milli, MEMORY: whole.memory_bytes}

    @property
    def allocatable(self) -> Amounts:
        """What pods may ask for."""
        kept = self._steps("system_reserved", "eviction_threshold", "reserved_measured")
        return _less(self.capacity, kept)

    @property
    def platform(self) -> Amounts:
        """Requested by pods that are no VMs, but for services: they are what a hub is for."""
        return self._steps("platform_pods", "virtualization")

    @property
    def vms(self) -> Amounts:
        """Requested by launcher pods, overhead and all."""
        return self._steps("launcher_overhead", "guest_requests")

    @property
    def usable(self) -> Amounts:
        """What guest requests may use: allocatable less the platform's requests."""
        return _less(self.allocatable, self.platform)

    @property
    def free(self) -> Amounts:
        """What is left on all workers together; no VM can use it in one piece."""
        return _less(_less(self.usable, self._steps("services")), self.vms)

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
        """For JSON output: `summary`, and how it comes about."""
        return {
            **self.summary(),
            "waterfall": self.waterfall.to_dict(),
            "pools": {name: each.to_dict() for name, each in self.pools.items()},
            "system_share": {each.name: each.to_dict() for each in self.shares},
            "budgets": [each.to_dict() for each in self.budgets],
            "tested_maximums": [each.to_dict() for each in self.limits],
            "notes": list(self.notes),
        }

    def summary(self) -> dict[str, object]:
        """For JSON output: totals and what fits."""
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

    def _steps(self, *names: str) -> dict[str, int]:
        steps = [self.waterfall.step(name) for name in names]
        return {
            CPU: sum(step.cpu_milli for step in steps),
            MEMORY: sum(step.memory_bytes for step in steps),
        }


@dataclass(frozen=True, slots=True)
class Headroom:
    """Each cluster's headroom."""

    clusters: Mapping[str, ClusterHeadroom] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Totals, waterfalls by cluster and pool, shares, what still fits, budgets, limits."""
        every = list(self.clusters.values())
        budgets = [budget.row(each.cluster) for each in every for budget in each.budgets]
        limits = [limit.row(each.cluster) for each in every for limit in each.limits]
        shares = [share.row(each.cluster) for each in every for share in each.shares]
        return (
            _totals(every),
            waterfall_table(
                "Steps: from capacity to what is free",
                [(each.cluster, each.waterfall) for each in every],
                [_STRANDED],
            ),
            _pools(every),
            Table.of("System share: by three definitions", SHARE_COLUMNS, shares),
            _fits(every),
            Table.of("Budgets: of the cluster, beside its nodes'", BUDGET_COLUMNS, budgets),
            Table.of("Tested maximums: what the vendor has tried", LIMIT_COLUMNS, limits),
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> headroom."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables if table.rows)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables if table.rows)


def headroom(
    subject: Case | Run, *, cluster: str = "", shapes: Sequence[str] | None = None
) -> Headroom:
    """What is left on each cluster, or on one, and how many more of each VM shape fit.

    Of a case: when its listed workloads are placed. Of a run: as it ended. Each shape is tried
    alone, on a copy, until the scheduler refuses or a budget of the cluster is used up.

    Args:
        subject: a case or a run.
        cluster: its name; empty: all.
        shapes: names of workloads or instancetypes; None: all workloads', and a catalogue.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
    """
    run = settle(subject)
    names = run.clusters(cluster)
    if shapes is not None:
        check_shapes(run.case, [run.case.fleet.cluster(name) for name in names], shapes)
    return Headroom({name: _of_cluster(run, name, shapes) for name in names})


def _of_cluster(run: Run, name: str, wanted: Sequence[str] | None) -> ClusterHeadroom:
    noun, state = run.case.fleet.cluster(name), run.states[name]
    candidates = shapes(run.case, noun, wanted)
    pods = [shape.pod for shape in candidates if shape.pod is not None]
    trial = Trial(state, pods, run.case.policy)
    limit_pod_addresses(trial, noun)
    parts = node_shares(run, noun)
    rows = parts.workers()
    different = {id(pod.spec): pod for pod in pods}.values()
    takers = {n for pod in different for n in trial.takers(pod)}
    stranded = [n for n in rows if n not in takers]
    whole = waterfall(parts, name, rows, stranded)
    pools = dict.fromkeys(parts.nodes[n].pool for n in rows)
    budgets, limits = budgets_of(run, noun), tested_limits(run, noun)
    return ClusterHeadroom(
        name,
        noun.profile,
        whole,
        {pool: waterfall(parts, pool, parts.workers(pool), stranded) for pool in pools},
        system_shares(parts, whole),
        budgets,
        limits,
        fit_all(trial, noun, candidates, budgets, limits),
        budget_notes(run, noun),
    )


def _less(amounts: Amounts, taken: Amounts) -> Amounts:
    return {name: amounts[name] - taken[name] for name in (CPU, MEMORY)}


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


def _pools(clusters: Sequence[ClusterHeadroom]) -> Table:
    """Pools of the clusters that have several."""
    falls = [
        (f"{each.cluster}/{pool}", fall)
        for each in clusters
        if len(each.pools) > 1
        for pool, fall in each.pools.items()
    ]
    return waterfall_table("Steps by pool: where a cluster has several", falls)


def _fits(clusters: Sequence[ClusterHeadroom]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (each.cluster, fit.shape, fit.count, fit.binding, fit.by_nodes, fit.beyond_tested)
        for each in clusters
        for fit in each.fits
    ]
    columns = ("cluster", "shape", "count", "binding", "by_nodes", "beyond_tested")
    return Table("What still fits, each alone", columns, tuple(rows))
