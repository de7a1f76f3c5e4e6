"""What may break: lose workers on a copy, and place their VMs again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ove_capacity.analysis.settle import settle
from ove_capacity.model.case import Case
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place import place
from ove_capacity.sim.run import Run, VmRecord, is_launcher
from ove_capacity.state import claim
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.streams import Streams
from ove_capacity.tables import Cell, Table

__all__ = ["ClusterFailover", "Failover", "Loss", "NotReturned", "failover"]


@dataclass(frozen=True, slots=True)
class NotReturned:
    """A VM that finds no node after a loss."""

    vm: str
    """``namespace/name``."""
    message: str
    """The scheduler's sentence."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Workers lost at once, and what became of their VMs."""

    nodes: tuple[str, ...]
    displaced: int
    """VMs that stood there."""
    not_returned: tuple[NotReturned, ...] = ()
    """Of these, or of VMs that had to make room for them."""

    @property
    def is_survived(self) -> bool:
        """Whether every VM was placed again."""
        return not self.not_returned

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "nodes": list(self.nodes),
            "displaced": self.displaced,
            "not_returned": [
                {"vm": each.vm, "message": each.message} for each in self.not_returned
            ],
        }


@dataclass(frozen=True, slots=True)
class ClusterFailover:
    """Which losses one cluster survives."""

    cluster: str
    workers: int
    survives_nodes: int
    """The largest number, up to *checked_nodes*, of arbitrary workers that may be lost at once."""
    checked_nodes: int
    losses: tuple[Loss, ...] = ()
    """Every loss that was tried: singles first, then pairs …"""

    def to_dict(self) -> dict[str, object]:
        """For JSON output; of the losses only those that are not survived."""
        return {
            "survives_nodes": self.survives_nodes,
            "checked_nodes": self.checked_nodes,
            "workers": self.workers,
            "losses_tried": len(self.losses),
            "not_survived": [loss.to_dict() for loss in self.losses if not loss.is_survived],
        }


@dataclass(frozen=True, slots=True)
class Failover:
    """Each cluster's failover."""

    clusters: Mapping[str, ClusterFailover] = field(default_factory=dict)

    def survives(self, nodes: int) -> bool:
        """Whether every cluster survives the loss of that many arbitrary workers."""
        return all(each.survives_nodes >= nodes for each in self.clusters.values())

    @property
    def tables(self) -> tuple[Table, ...]:
        """Clusters, and the VMs that would not come back."""
        return (_summary(list(self.clusters.values())), _not_returned(list(self.clusters.values())))

    def to_dict(self) -> dict[str, object]:
        """For JSON output: cluster -> failover."""
        return {name: each.to_dict() for name, each in self.clusters.items()}

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables if table.rows)

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables if table.rows)


def failover(subject: Case | Run, *, cluster: str = "", nodes: int = 1) -> Failover:
    """Lose every worker, then every pair …, up to *nodes* at once, each on a fresh copy.

    Of a case: when its listed workloads are placed. Of a run: as it ended. VMs return in the order
    the platform would start them: priority, then age. A larger loss is tried only when all the
    smaller ones are survived. VMs that were pending before are not counted.

    Raises:
        ValueError: *nodes* is less than 1.
        UnknownNameError: there is no such cluster.
    """
    if nodes < 1:
        raise ValueError(f"the number of lost nodes must be at least 1 (got {nodes})")
    run = settle(subject)
    return Failover({name: _cluster(run, name, nodes) for name in run.clusters(cluster)})


def _cluster(run: Run, name: str, nodes: int) -> ClusterFailover:
    state = run.states[name]
    alive = state.alive
    workers = [n for n, node in enumerate(state.nodes) if node.is_worker and alive[n]]
    vms = {vm.pod.key: (-vm.pod.spec.priority, seq, vm) for seq, vm in enumerate(run.vms_of(name))}
    tried: list[Loss] = []
    survived = 0
    for lost in range(1, min(nodes, len(workers)) + 1):
        losses = [_lose(state, group, vms, run.case) for group in combinations(workers, lost)]
        tried += losses
        if not all(loss.is_survived for loss in losses):
            break
        survived = lost
    return ClusterFailover(name, len(workers), survived, nodes, tuple(tried))


def _lose(
    state: ClusterState,
    group: Sequence[int],
    vms: Mapping[str, tuple[int, int, VmRecord]],
    case: Case,
) -> Loss:
    copy = state.copy()
    names = tuple(copy.nodes[n].name for n in group)
    rng = Streams(case.seed)("failover", state.cluster.name, *names)
    rows = [row for n in group for row in claim.lose_node(copy, n)]
    gone = sorted(vms[copy.pod(row).key] for row in rows if is_launcher(copy.pod(row)))
    displaced = [vm.pod for _, _, vm in gone]
    stranded = tuple(
        NotReturned(vms[pod.key][2].key, message)
        for pod, message in _place_again(copy, displaced, case.policy, rng)
        if pod.key in vms
    )
    return Loss(names, len(displaced), stranded)


def _place_again(
    state: ClusterState, pods: list[Pod], policy: Policy, rng: np.random.Generator
) -> Iterator[tuple[Pod, str]]:
    """Place the pods, then those they displaced, and so on; yield what finds no node."""
    while pods:
        outcome = place(state, pods, policy, rng)
        for refused in outcome.refused:
            yield refused.pod, str(refused.message)
        pods = [displaced.pod for displaced in outcome.displaced]


def _summary(clusters: Sequence[ClusterFailover]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            each.cluster,
            each.workers,
            each.survives_nodes,
            each.checked_nodes,
            len(each.losses),
            sum(not loss.is_survived for loss in each.losses),
        )
        for each in clusters
    ]
    columns = ("cluster", "workers", "survives_nodes", "checked_nodes", "losses", "not_survived")
    return Table("Failover: losses after which every VM runs again", columns, tuple(rows))


def _not_returned(clusters: Sequence[ClusterFailover]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (each.cluster, " + ".join(loss.nodes), stranded.vm, stranded.message)
        for each in clusters
        for loss in each.losses
        for stranded in loss.not_returned
    ]
    return Table("VMs that would not return", ("cluster", "lost", "vm", "reason"), tuple(rows))
