"""A run record by record, for programs and spreadsheets: nothing rounded, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ove_capacity.model.assumption import Assumption
from ove_capacity.model.case import Case
from ove_capacity.sim.run import Run
from ove_capacity.tables import Table

__all__ = ["case_tables", "origins_table", "run_tables"]

_VM = ("cluster", "namespace", "name", "workload", "status", "node")
_VM_TIMES = ("arrived_ms", "started_ms", "reason")
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
        _columns("events", run.events.columns()),
        Table.of("warnings", ("warning",), [(each,) for each in run.warnings]),
    )


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


def _assumptions(assumptions: Iterable[Assumption]) -> Table:
    rows = [tuple(str(getattr(each, name)) for name in _ASSUMPTION) for each in assumptions]
    return Table.of("assumptions", _ASSUMPTION, rows)


def _columns(title: str, columns: dict[str, Any]) -> Table:
    return Table.of(title, tuple(columns), [*zip(*columns.values(), strict=True)])
