"""Answers record by record, for programs and spreadsheets: nothing rounded, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ove_capacity.analysis.cluster_failover import ClusterFailover
from ove_capacity.analysis.failover_result import Failover
from ove_capacity.analysis.series import Series
from ove_capacity.model.assumption import Assumption
from ove_capacity.model.case import Case
from ove_capacity.model.management import ServicePart
from ove_capacity.model.overview import assumptions_table
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.sim.run import Run
from ove_capacity.tables import Cell, Table

if TYPE_CHECKING:  # so that the answer to one question does not load the others
    from ove_capacity.analysis.explain import Explanation
    from ove_capacity.analysis.hub_load import HubLoad
    from ove_capacity.analysis.limits import Limits

__all__ = [
    "NOTHING",
    "case_tables",
    "explain_tables",
    "failover_tables",
    "hub_load_tables",
    "limits_tables",
    "origins_table",
    "run_tables",
    "show_tables",
]

NOTHING = Table("answer", ("answer",))
"""Of a question to which nobody is subject, so that what it rests on is not taken for it."""

_VM = ("cluster", "namespace", "name", "workload", "status", "node")
_VM_TIMES = ("arrived_ms", "started_ms", "reason")
_FAILOVER = (
    *("cluster", "workers", "vms", "survives_nodes", "checked_nodes", "not_survived_at_nodes"),
    *("singles_tried", "singles_not_survived", "pairs_tried", "pairs_not_survived"),
    *("second_losses_tried", "second_losses_not_survived"),
    *("while_drained_tried", "while_drained_not_survived"),
    *("drains_tried", "drains_not_completed", "spare_nodes", "spare_like"),
)
_LIMITS = {
    "more machines that each limit allows": (
        "room",
        *("cluster", "pool", "machines", "most_machines", "more_by_max_replicas_machines"),
        *("more_by_max_nodes_total_machines", "more_by_cores_machines"),
        *("more_by_memory_machines", "binds_first"),
    ),
    "more vms until nothing is added": (
        "shapes",
        *("cluster", "shape", "fit_now_vms", "added_machines", "fit_then_vms", "binds"),
    ),
    "vms that wait": ("waiting", *("cluster", "workload", "waiting_vms", "becomes")),
}
"""Table of limits -> its name in files, and its columns there."""
_PART = (
    *("cluster", "service", "part", "is_daemon", "pods", "cpu_milli", "memory_bytes"),
    *("storage_bytes", "written_pods", "written_cpu_milli", "written_memory_bytes"),
    *("documented_cpu_milli", "documented_memory_bytes", "evidence", "source"),
)
"""Amounts are of one pod."""
_ASSUMPTION = ("name", "value", "applies_to", "evidence", "source")


def run_tables(run: Run) -> tuple[Table, ...]:
    """VMs as they ended, samples, events and warnings."""
    rows = [
        (*(str(getattr(vm, name)) for name in _VM), vm.arrived_ms, vm.started_ms, vm.reason)
        for vm in run.vms
    ]
    return (
        Table.of("VMs", (*_VM, *_VM_TIMES), rows),
        _columns("samples", run.samples.columns()),
        *([_columns("machines", run.machines.columns())] if run.scaling else []),
        _columns("events", run.events.columns()),
        Table.of("warnings", ("warning",), [(each,) for each in run.warnings]),
    )


def explain_tables(found: Explanation) -> tuple[Table, ...]:
    """Every score of every feasible node, every reason of every other one, then the kubelets."""
    verdict = found.verdict
    scores: list[tuple[Cell, ...]] = [
        (node, each.plugin, each.raw[i], each.normalized[i], each.weight)
        for i, node in enumerate(verdict.feasible)
        for each in verdict.scores
    ]
    totals = verdict.total or (None,) * len(verdict.feasible)
    reasons = [
        (node, each.plugin, reason) for node, each in verdict.rejections for reason in each.reasons
    ]
    return (
        Table.of("feasible", ("node", "total"), [*zip(verdict.feasible, totals, strict=True)]),
        Table.of("scores", ("node", "plugin", "raw", "normalized", "weight"), scores),
        Table.of("rejections", ("node", "plugin", "reason"), reasons),
        *([replace(found.kubelets, title="kubelets")] if found.kubelets.rows else []),
    )


def failover_tables(found: Failover) -> tuple[Table, ...]:
    """Each cluster's losses in numbers, each worker's, each pair's, and who does not return."""
    every = list(found.clusters.values())
    single: list[tuple[Cell, ...]] = [
        (each.cluster, *loss.nodes, loss.displaced, loss.stopped, len(loss.not_returned))
        for each in every
        for loss in each.losses
    ]
    missing = [
        (each.cluster, " + ".join(loss.nodes), missed.vm, missed.message)
        for each in every
        for loss in (*each.losses, *(each.pairs.tried.worst if each.pairs else ()))
        for missed in loss.not_returned
    ]
    single_columns = ("cluster", "node", "displaced_vms", "stopped_vms", "not_returned_vms")
    return (
        Table.of("failover", _FAILOVER, [_losses_row(each) for each in every]),
        Table.of("losses", single_columns, single),
        Table.of("pairs", ("cluster", "first", "second", "not_returned_vms"), _pairs(every)),
        Table.of("not returned", ("cluster", "lost", "vm", "message"), missing),
    )


def limits_tables(found: Limits) -> tuple[Table, ...]:
    """Machines that each limit still allows, VMs until nothing is added, VMs that wait."""
    told = [(table, _LIMITS[table.title.lower()]) for table in found.tables]
    return tuple(Table.of(title, columns, table.rows) for table, (title, *columns) in told)


def show_tables(case: Case) -> tuple[Table, ...]:
    """What exists and what is to happen; what was assumed, `case_tables` has."""
    numbers = assumptions_table(case.assumptions, case.fleet).title
    return tuple(table for table in case.tables if table.title != numbers)


def case_tables(case: Case) -> tuple[Table, ...]:
    """What an answer rests on: the assumptions, and enough to ask again."""
    known = case.provenance
    told = {
        "scenario": case.name,
        "seed": str(case.seed),
        "package_version": known.package_version if known else "",
        "scenario_sha256": known.scenario_sha256 if known else "",
        "policy.tie": case.policy.tie,
        "policy.nodesScored": str(case.policy.nodes_scored),
        **{f"release.{each.name}": str(each.release) for each in case.fleet.clusters},
    }
    return (
        _assumptions(case.assumptions),
        Table.of("provenance", ("name", "value"), [*told.items()]),
    )


def origins_table(case: Case) -> Table:
    """Where each number of each cluster came from."""
    rows = [tuple(each.to_dict().values()) for each in case.origins]
    return Table.of("origins", ("cluster", "name", "value", "level", "place"), rows)


def _losses_row(each: ClusterFailover) -> tuple[Cell, ...]:
    singles = sum(not loss.is_survived for loss in each.losses)
    spare = each.spare
    return (
        *(each.cluster, each.workers, each.vms, each.survives_nodes, each.checked_nodes),
        each.search.not_survived_at,
        *(len(each.losses), singles),
        *_counts(each.pairs.tried if each.pairs else None),
        *_counts(each.second_losses),
        *_counts(each.while_drained.losses if each.while_drained else None),
        *(len(each.drains), sum(not drain.is_completed for drain in each.drains)),
        spare.nodes if spare else None,
        spare.like if spare else None,
    )


def _counts(tried: Series | None) -> tuple[int | None, int | None]:
    return (tried.tried, tried.not_survived) if tried else (None, None)


def _pairs(every: Iterable[ClusterFailover]) -> list[tuple[Cell, ...]]:
    return [
        (each.cluster, each.pairs.nodes[m], each.pairs.nodes[n], each.pairs.matrix[m][n])
        for each in every
        if each.pairs
        for n in range(len(each.pairs.nodes))
        for m in range(n)
    ]


def hub_load_tables(found: HubLoad) -> tuple[Table, ...]:
    """Sums over all pods, each part of the hub and of what it manages, and the hub's workers."""
    missing = {loss.nodes[0]: len(loss.not_returned) for loss in found.losses}
    where = [(found.hub, found.parts, len(found.machines))]
    where += [(each.cluster, each.parts, each.workers) for each in found.clusters.values()]
    sums: list[tuple[Cell, ...]] = [
        (name, *(total[each] for each in ("pods", CPU, MEMORY, "storage")))
        for name, total in found.totals.items()
    ]
    parts = [_part_row(cluster, each, of) for cluster, own, of in where for each in own]
    workers: list[tuple[Cell, ...]] = [
        (name, *(part[each] for part in (asked, left) for each in (CPU, MEMORY)), missing.get(name))
        for name, asked, left in found.machines
    ]
    managed: list[tuple[Cell, ...]] = [
        (each.cluster, each.sidecars, each.requests.get(CPU, 0), each.requests.get(MEMORY, 0))
        for each in found.clusters.values()
    ]
    amounts = ("cpu_milli", "memory_bytes")
    of_worker = ("services_cpu_milli", "services_memory_bytes", "left_cpu_milli")
    columns = ("node", *of_worker, "left_memory_bytes", "not_returned_pods")
    every = (
        Table.of("requests of the hub", ("requests", "pods", *amounts, "storage_bytes"), sums),
        Table.of("parts", _PART, parts),
        Table.of("workers of the hub", columns, workers),
        Table.of("managed clusters", ("cluster", "proxies_of_the_mesh", *amounts), managed),
    )
    return tuple(table for table in every if table.rows)


def _part_row(cluster: str, part: ServicePart, workers: int) -> tuple[Cell, ...]:
    written, documented = part.written_requests, part.documented_requests
    return (
        *(cluster, part.service, part.name, part.is_daemon),
        workers if part.is_daemon else part.replicas,
        *(part.requests.get(CPU, 0), part.requests.get(MEMORY, 0), part.storage_bytes),
        part.written_replicas,
        *(written.get(CPU), written.get(MEMORY), documented.get(CPU), documented.get(MEMORY)),
        *(str(part.evidence), part.source),
    )


def _assumptions(assumptions: Iterable[Assumption]) -> Table:
    rows = [tuple(str(getattr(each, name)) for name in _ASSUMPTION) for each in assumptions]
    return Table.of("assumptions", _ASSUMPTION, rows)


def _columns(title: str, columns: dict[str, Any]) -> Table:
    return Table.of(title, tuple(columns), [*zip(*columns.values(), strict=True)])
