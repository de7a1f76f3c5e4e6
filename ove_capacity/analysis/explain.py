"""Why a VM runs where it does, or nowhere: each component's verdict on each node."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TypedDict

from ove_capacity.analysis.settle import settle
from ove_capacity.errors import UnknownNameError
from ove_capacity.kubelet.admit import Admission
from ove_capacity.model.case import Case
from ove_capacity.model.cpu_set import cpu_set_text, cpus_of
from ove_capacity.place import Verdict, explain_pod
from ove_capacity.sim.run import Run, VmRecord
from ove_capacity.sim.world import VmStatus
from ove_capacity.state import claim
from ove_capacity.tables import Cell, Table

__all__ = ["Explanation", "explain"]

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One VM, and what the scheduler says of every node for it."""

    vm: VmRecord
    verdict: Verdict
    also_in: tuple[str, ...] = ()
    """Other clusters that have a VM of that name."""

    @property
    def answer(self) -> str:
        """One sentence: where it is, and where it would go."""
        where = f"{self.vm.key} in {self.vm.cluster} is {self.vm.status}"
        if self.vm.status is VmStatus.RUNNING:
            where += f" on {self.vm.node}"
        now = "placed now"
        if self.vm.status is VmStatus.REFUSED:
            where, now = f"{where} by admission ({self.vm.reason})", "let in and placed now"
        if not self.verdict.node:
            return f"{where}; {now}: {self.verdict.message}"
        if self.kubelet_refuses:
            return (
                f"{where}; {now} the scheduler would choose {self.verdict.node}, whose kubelet "
                f"would not admit it: {self.kubelet_refuses}"
            )
        return f"{where}; {now} it would go to {self.verdict.node}"

    @property
    def kubelet_refuses(self) -> str:
        """What the kubelet of the node that the scheduler chooses would say; empty: it admits."""
        verdict = self.verdict
        words = dict(zip(verdict.feasible, verdict.not_admitted, strict=False))
        return words.get(verdict.node, "")

    @property
    def tables(self) -> tuple[Table, ...]:
        """Feasible nodes with scores, what their kubelets say, and nodes that refuse, and why."""
        every = (self._scores(), self.kubelets, self._rejections())
        return tuple(table for table in every if table.rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output: every node either refuses, or is feasible with its scores."""
        verdict = self.verdict
        refusing = [
            {"node": node, "plugin": each.plugin, "code": each.code, "reasons": list(each.reasons)}
            for node, each in verdict.rejections
        ]
        return {
            "vm": self.vm.key,
            "cluster": self.vm.cluster,
            "also_in": list(self.also_in),
            "status": str(self.vm.status),
            "refused_by_admission": (
                self.vm.reason if self.vm.status is VmStatus.REFUSED else None
            ),
            "runs_on": self.vm.node if self.vm.status is VmStatus.RUNNING else None,
            "would_go_to": verdict.node or None,
            "message": verdict.message,
            "kubelet_refuses": self.kubelet_refuses,
            "feasible": [self._feasible(i) for i in range(len(verdict.feasible))],
            "rejections": refusing,
            "skipped": list(verdict.skipped),
        }

    def _feasible(self, i: int) -> dict[str, object]:
        verdict = self.verdict
        scores = [
            {
                "plugin": score.plugin,
                "raw": score.raw[i],
                "normalized": score.normalized[i],
                "weight": score.weight,
                "weighted": score.weight * score.normalized[i],
            }
            for score in verdict.scores
        ]
        total = verdict.total[i] if verdict.total else None
        admission = verdict.admissions[i] if verdict.admissions else None
        kubelet = _kubelet(admission, verdict.not_admitted[i]) if admission else None
        return {
            "node": verdict.feasible[i],
            "total": total,
            "scores": scores,
            "kubelet": kubelet,
        }

    @property
    def kubelets(self) -> Table:
        """Scheduler verdict, then kubelet verdict: each feasible node, the scheduler's first."""
        verdict = self.verdict
        rows: list[tuple[Cell, ...]] = []
        for i, admission in enumerate(verdict.admissions):
            if admission is None:
                rows.append((verdict.feasible[i], "looks at no cell", "", "", ""))
                continue
            told = _kubelet(admission, verdict.not_admitted[i])
            cells = (",".join(map(str, each)) for each in (told["cpu_cells"], told["memory_cells"]))
            rows.append((verdict.feasible[i], told["refusal"] or "admits", told["cpus"], *cells))
        rows.sort(key=lambda row: row[0] != verdict.node)
        columns = ("node", "kubelet", "CPUs of its own", "of cells", "memory of cells")
        return Table("After the scheduler, the kubelets", columns, tuple(rows))

    def _scores(self) -> Table:
        verdict = self.verdict
        columns = ["node", "total"]
        columns += [f"{_WORD.sub(' ', each.plugin)} ×{each.weight}" for each in verdict.scores]
        rows: list[tuple[Cell, ...]] = []
        for i, node in enumerate(verdict.feasible):
            cells = [
                f"{each.raw[i]}→{each.normalized[i]}→{each.weight * each.normalized[i]}"
                for each in verdict.scores
            ]
            rows.append((node, verdict.total[i] if verdict.total else None, *cells))
        if verdict.total:
            rows.sort(key=lambda row: -int(row[1] or 0))
        notes = ["raw → normalized → weighted"] if verdict.scores else []
        if len(rows) == 1:
            notes.append("a single feasible node is not scored")
        if verdict.skipped:
            notes.append(f"nothing to say, so skipped: {', '.join(verdict.skipped)}")
        return Table("Feasible nodes", tuple(columns), tuple(rows), tuple(notes))

    def _rejections(self) -> Table:
        rows = tuple(
            (node, each.plugin, "; ".join(each.reasons)) for node, each in self.verdict.rejections
        )
        return Table("Nodes that refuse", ("node", "plugin", "reasons"), rows)

    def __str__(self) -> str:
        told = [self.answer]
        if self.also_in:
            told.append(f"a VM of that name is also in: {', '.join(self.also_in)}")
        answer = [textwrap.fill(each, 100, break_on_hyphens=False) for each in told]
        return "\n\n".join(["\n".join(answer), *(table.text() for table in self.tables)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


class _Told(TypedDict):
    refusal: str
    cpus: str
    cpu_cells: list[int]
    memory_cells: list[int]


def _kubelet(admission: Admission, words: str) -> _Told:
    """What a kubelet says, and what of the node the pod would have for itself."""
    running = [each for each in admission.containers if not each.is_init]
    cpus = 0
    for each in running:
        cpus |= each.cpus
    memory = {cell for each in running for block in each.blocks for cell, _ in block.taken}
    hints = {
        cell
        for each in running
        if each.cpus and each.hint is not None and each.hint.cells is not None
        for cell in cpus_of(each.hint.cells)
    }
    return {
        "refusal": words,
        "cpus": cpu_set_text(cpus),
        "cpu_cells": sorted(hints),
        "memory_cells": sorted(memory),
    }


def explain(subject: Case | Run, vm: str, *, cluster: str = "") -> Explanation:
    """What the scheduler says of every node for one VM, and then the kubelets of the feasible ones.

    It is asked as if the VM came now: of a case when its listed workloads are placed, of a run as
    it ended, in both with the VM's own room free. A VM that runs may have been placed on another
    state than this one, so the node it would go to now need not be the one it is on.

    Args:
        subject: a case or a run.
        vm: ``namespace/name``, or a name alone.
        cluster: when several clusters have a VM of that name; empty: the latest.

    Raises:
        UnknownNameError: there is no such VM, or no such cluster.
    """
    run = settle(subject)
    if cluster:
        run.clusters(cluster)
        homes = dict.fromkeys(each.cluster for each in run.vms if vm in (each.key, each.name))
        if homes and cluster not in homes:
            raise UnknownNameError(f"cluster of VM {vm}", cluster, homes)
    record = run.vm(vm, cluster)
    state = run.states[record.cluster]
    if record.status is VmStatus.RUNNING:
        state = state.copy()
        claim.release(state, record.row)
    others = {each.cluster: None for each in run.vms if each.key == record.key and not cluster}
    also_in = tuple(name for name in others if name != record.cluster)
    return Explanation(record, explain_pod(state, record.pod, run.case.policy), also_in)
