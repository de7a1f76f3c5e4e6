"""The constraint ladder: VMs of a mix are added, and what binds is lifted, one after the other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from ove_capacity.analysis.binding import binding
from ove_capacity.analysis.budgets import Budget, budgets_of, needs_of
from ove_capacity.analysis.fits import limit_pod_addresses, pod_budget, taken_shares
from ove_capacity.analysis.settle import settle
from ove_capacity.analysis.shapes import Shape, check_shapes, shapes
from ove_capacity.analysis.trial import Trial
from ove_capacity.kernels.compile import expect
from ove_capacity.kube.cycle import schedule_many
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.tested_maximums import TESTED_MAXIMUMS
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterLadder", "Ladder", "Rung", "interleaved", "ladder"]

_BATCH = 512
_FINEST = 10_000
"""Weights are read to one in so many."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One constraint, and how many more VMs of the mix there is room for before it binds."""

    constraint: str
    """A resource of the nodes, a budget of the cluster, a rule in upstream's words, or a maximum
    that the vendor tested."""
    kind: str
    """node, cluster, rule or tested."""
    vms: int
    """How many, if everything that binds before did not."""
    message: str
    """What refuses the next one."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "constraint": self.constraint,
            "kind": self.kind,
            "vms": self.vms,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ClusterLadder:
    """What binds on one cluster, in order."""

    cluster: str
    mix: Mapping[str, float]
    """Shape -> its share of the VMs that are added; the shares add up to 1."""
    rungs: tuple[Rung, ...] = ()
    """Ascending by VMs."""
    tried_vms: int = 0
    """How many were added at most; what binds later is not told."""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "mix": dict(self.mix),
            "rungs": [rung.to_dict() for rung in self.rungs],
            "tried_vms": self.tried_vms,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Ladder:
    """Each cluster's ladder."""

    clusters: Mapping[str, ClusterLadder] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """What binds, cluster by cluster."""
        rows: list[tuple[Cell, ...]] = [
            (each.cluster, number, rung.constraint, rung.kind, rung.vms, rung.message)
            for each in self.clusters.values()
            for number, rung in enumerate(each.rungs, 1)
        ]
        columns = ("cluster", "rung", "constraint", "kind", "more_vms", "message")
        notes = (
            "more_vms: VMs of the mix that are added before the constraint binds, if those above "
            "it did not; nodes by placing, budgets by counting.",
        )
        title = "Ladder: what binds first, and what would bind next"
        return (Table(title, columns, tuple(rows), notes),)

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> ladder."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def ladder(
    subject: Case | Run, *, cluster: str = "", mix: Mapping[str, float] | None = None
) -> Ladder:
    """Which constraint binds first when VMs of a mix are added, and which next if it did not.

    VMs are added in a fixed order, each shape in its proportion at every moment. They are placed
    until one finds no node; what most nodes lack is a rung, every node is then given plenty of it,
    and placing goes on. A rule that refuses a shape (anti-affinity, a selector) is a rung too, and
    that shape is added no more. Budgets of the cluster (storage, addresses) are counted along the
    same order. It ends where the vendor has tested no more VMs on a cluster.

    Args:
        subject: a case, when its listed workloads are placed; or a run, as it ended.
        cluster: its name; empty: all.
        mix: shape, a workload or an instancetype, -> weight; None: as the VMs that exist there.

    Raises:
        UnknownNameError: there is no such cluster, or no such shape.
        ValueError: a weight is no positive number.
    """
    run = settle(subject)
    names = run.clusters(cluster)
    if mix is not None:
        check_shapes(run.case, [run.case.fleet.cluster(name) for name in names], list(mix))
        _check_weights(mix)
    tested = TESTED_MAXIMUMS["vms_per_cluster"].limit
    expect(schedule_many, sum(tested * len(run.states[name].nodes) for name in names))
    return Ladder({name: _climb(run, name, mix) for name in names})


def interleaved(weights: Mapping[int, int]) -> Iterator[int]:
    """Keys without end, each at every moment as often as its weight says (largest remainder)."""
    keys, shares = list(weights), np.array(list(weights.values()), np.int64)
    total, due = int(shares.sum()), np.zeros(len(keys), np.int64)
    while keys:
        due += shares
        nearest = int(due.argmax())  # the first of equals
        due[nearest] -= total
        yield keys[nearest]


def _check_weights(mix: Mapping[str, float]) -> None:
    if not mix:
        raise ValueError("a mix needs at least one shape")
    for name, weight in mix.items():
        if not (math.isfinite(weight) and weight * _FINEST >= 1):
            raise ValueError(f"the weight of {name!r} must be 0.0001 or more (got {weight})")


def _existing(run: Run, name: str) -> dict[str, float]:
    """Workloads by the number of their VMs on a cluster."""
    vms = [
        vm.workload
        for vm in run.vms_of(name)
        if vm.workload and vm.exists and vm.status is not VmStatus.HALTED
    ]
    return {workload: float(count) for workload, count in Counter(vms).items()}


def _climb(run: Run, name: str, wanted: Mapping[str, float] | None) -> ClusterLadder:
    noun = run.case.fleet.cluster(name)
    weights = dict(_existing(run, name) if wanted is None else wanted)
    total = sum(weights.values())
    mix = {shape: round(weight / total, 4) for shape, weight in weights.items()}
    if not mix:
        return ClusterLadder(name, {}, notes=("no VM is listed here, and no mix is named",))
    candidates = shapes(run.case, noun, tuple(mix))
    notes = [f"{each.name}: {each.refusal}" for each in candidates if each.pod is None]
    able = [each for each in candidates if each.pod is not None]
    tested = TESTED_MAXIMUMS["vms_per_cluster"]
    exist = sum(vm.exists for vm in run.vms_of(name))
    most = max(0, tested.limit - exist)
    trial = Trial(run.states[name], [each.pod for each in able if each.pod], run.case.policy)
    limit_pod_addresses(trial, noun)
    climb = _Climb(trial, noun, able, {each.name: weights[each.name] for each in able})
    climb.place(most)
    rungs = [*climb.rungs, *_budget_rungs(noun, able, climb.order, budgets_of(run, noun))]
    message = f"tested are {tested.limit:,} {tested.words} ({tested.source})"
    rungs.append(Rung(f"tested-maximum:{tested.name}", "tested", most, message))
    rungs.sort(key=lambda rung: rung.vms)
    return ClusterLadder(name, mix, tuple(rungs), len(climb.order), tuple(notes))


class _Climb:
    """One cluster's nodes, filled until everything that they lack has been lifted."""

    def __init__(
        self, trial: Trial, cluster: Cluster, able: Sequence[Shape], weights: Mapping[str, float]
    ) -> None:
        self.trial, self.cluster, self.able = trial, cluster, able
        self.weights = _whole([weights[each.name] for each in able])
        self.rungs: list[Rung] = []
        self.order: list[int] = []
        """Shapes of the VMs that were added, in order."""
        self._came: set[int] = set()
        self._lifted: set[str] = set()

    def place(self, most: int) -> None:
        """Add up to *most* VMs."""
        coming = interleaved(self.weights)
        while self.weights and len(self.order) < most:
            if self._nothing_can_bind():
                self.order += islice(coming, most - len(self.order))
                return
            batch = list(islice(coming, min(_BATCH, most - len(self.order))))
            while batch:
                done = self.trial.fill([self._pod(key) for key in batch])
                self.order += batch[:done]
                self._came.update(batch[:done])
                batch = batch[done:]
                if batch and self._refused(batch[0]):
                    coming = interleaved(self.weights)
                    break

    def _refused(self, key: int) -> bool:
        """Note why; lift what the nodes lack, or else leave the shape out: True if so."""
        refused = self.trial.refusal(self._pod(key))
        shares = taken_shares(self.trial.state, refused.pod, 0)
        what = binding(refused, shares, self.trial.workers)
        if what in self.trial.state.resources:
            name = pod_budget(self.cluster, what)
            self.rungs.append(Rung(name, "node", len(self.order), refused.message))
            self.trial.lift(what)
            self._lifted.add(what)
            return False
        shape = self.able[key].name
        self.rungs.append(Rung(f"{shape}: {what}", "rule", len(self.order), refused.message))
        self.weights = {other: n for other, n in self.weights.items() if other != key}
        return True

    def _nothing_can_bind(self) -> bool:
        """Whether all that they ask of nodes is lifted, and no rule looks at what came before.

        Each of them found a node already: what never changes does not refuse it.
        """
        if self.trial.state.admitting is not None or not self._came.issuperset(self.weights):
            return False
        pods = [self._pod(key) for key in self.weights]
        return all(
            self._lifted.issuperset(self.trial.asks(pod))
            and not pod.spec.heeds_pods
            and not any(each.host_ports for each in pod.spec.containers)
            for pod in pods
        )

    def _pod(self, key: int) -> Pod:
        pod = self.able[key].pod
        assert pod is not None
        return pod


def _whole(weights: Sequence[float]) -> dict[int, int]:
    """Index -> whole weight, in the same proportions."""
    return {i: round(weight * _FINEST) for i, weight in enumerate(weights)}


def _budget_rungs(
    cluster: Cluster, able: Sequence[Shape], order: Sequence[int], budgets: Sequence[Budget]
) -> Iterator[Rung]:
    """Where each budget of the cluster is used up when VMs come in that order."""
    needs = [needs_of(cluster, each.workload) if each.workload else {} for each in able]
    for budget in budgets:
        left = budget.left
        for number, key in enumerate(order):
            need = needs[key].get(budget.name, 0)
            if need > left:
                yield Rung(budget.name, "cluster", number, budget.refusal(need))
                break
            left -= need
