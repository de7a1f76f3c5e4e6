"""Patch night: nodes are emptied by migration first, and another one may fail meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ove_capacity.analysis.rehearsal import NotReturned, Rehearsal
from ove_capacity.kubevirt.eviction import MIGRATES, SHUTS_DOWN, on_eviction
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.resources import MEMORY
from ove_capacity.place import scheduler_of
from ove_capacity.sim.run import VmRecord
from ove_capacity.state import claim

__all__ = ["Drain", "DrainRule", "drain", "drain_rule", "evictions"]


@dataclass(frozen=True, slots=True)
class Drain:
    """Workers drained one after the other, and what became of their VMs."""

    nodes: tuple[str, ...]
    migrated: int
    shut_down: int = 0
    """VMs that do not migrate on eviction; they start anew elsewhere if their strategy says so."""
    not_moved: tuple[NotReturned, ...] = ()
    """VMs that keep a node from being drained, or that find no node once they were shut down."""

    @property
    def is_completed(self) -> bool:
        """Whether every node is empty and every VM runs."""
        return not self.not_moved

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "nodes": list(self.nodes),
            "migrated": self.migrated,
            "shut_down": self.shut_down,
            "not_moved": [each.to_dict() for each in self.not_moved],
        }


@dataclass(frozen=True, slots=True)
class DrainRule:
    """Red Hat's rule for the memory to keep spare for live migration; in bytes.

    Spare memory requests >= nodes that drain in parallel x highest total of the VMs' memory
    requests on a node (openshift-docs, modules/virt-live-migration-requirements.adoc).
    """

    at_once: int
    spare_bytes: int
    """Allocatable less requested, summed over the workers in service."""
    highest_bytes: int
    """The highest total of VM memory requests on a worker."""
    highest_node: str = ""

    @property
    def needed_bytes(self) -> int:
        """What the rule asks for."""
        return self.at_once * self.highest_bytes

    @property
    def holds(self) -> bool:
        """Whether the sum is large enough; whether the VMs fit is another question."""
        return self.spare_bytes >= self.needed_bytes

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "at_once": self.at_once,
            "spare_bytes": self.spare_bytes,
            "needed_bytes": self.needed_bytes,
            "highest_node": self.highest_node,
            "holds": self.holds,
        }


def evictions(case: Case, cluster: Cluster, vms: Iterable[VmRecord]) -> Mapping[str, str]:
    """Key of each VM -> what `on_eviction` says; without a workload it follows the cluster.

    A pod of a service is evicted, and another one starts elsewhere.
    """
    plan = case.plan
    workloads = (*plan.workloads, *(stream.workload for stream in plan.arrivals))
    vmis = {each.name: each.vmi for each in workloads}
    kubevirt, rules = cluster.kubevirt, rules_of(cluster.release.kubevirt_rules)
    said = {name: on_eviction(vmi, kubevirt, rules) for name, vmi in ({"": None} | vmis).items()}
    return {vm.key: said.get(vm.workload, SHUTS_DOWN) for vm in vms}


def drain(stage: Rehearsal, group: Sequence[int], evicted: Mapping[str, str]) -> Drain:
    """Cordon these nodes and empty them, from the state as it stands; it stays as that leaves it.

    VMs go one after the other, in the order in which they would be started. While one migrates
    both its pods are booked: the target finds its place while the source still counts.
    """
    for n in group:
        claim.cordon(stage.state, n, True)
    counts = {MIGRATES: 0, SHUTS_DOWN: 0}
    stuck: list[NotReturned] = []
    for n in group:
        rows = {stage.state.pod(row).key: row for row in stage.state.pods_on(n)}
        for rank in stage.vms_on(n):
            vm = stage.vms[rank]
            what = evicted[vm.key]
            if what not in counts:
                stuck.append(NotReturned(vm.key, what))
                continue
            failed = _MOVES[what](stage, rank, rows[vm.pod.key])
            counts[what] += not failed
            stuck += failed
    return Drain(stage.names(group), counts[MIGRATES], counts[SHUTS_DOWN], tuple(stuck))


def _migrate(stage: Rehearsal, rank: int, row: int) -> list[NotReturned]:
    """The target is bound first; if there is room for it the source goes."""
    outcome = stage.try_to_place([rank])
    stuck = [NotReturned(stage.vms[rank].key, each.message) for each in outcome.refused]
    if not stuck:
        claim.release(stage.state, row)
    return [*stuck, *stage.bring(stage.displaced(outcome))]


def _restart(stage: Rehearsal, rank: int, row: int) -> list[NotReturned]:
    claim.release(stage.state, row)
    return list(stage.bring([rank])) if stage.vms[rank].restarts else []


_MOVES: Mapping[str, Callable[[Rehearsal, int, int], list[NotReturned]]] = {
    MIGRATES: _migrate,
    SHUTS_DOWN: _restart,
}


def drain_rule(stage: Rehearsal, at_once: int) -> DrainRule:
    """The rule's two sides, from the state as it stands."""
    state, workers = stage.state, stage.workers
    column = state.resource_index(MEMORY)
    spare = state.allocatable[workers, column] - state.requested[workers, column]
    held = {}
    for n in workers:
        classes = scheduler_of(state).classify(state, [stage.vms[r].pod for r in stage.vms_on(n)])
        assert state.classes is not None
        held[n] = int(state.classes.request[classes, column].sum()) if classes else 0
    fullest = max(workers, key=lambda n: held[n], default=-1)
    return DrainRule(
        at_once,
        int(spare.clip(min=0).sum()),
        held.get(fullest, 0),
        state.nodes[fullest].name if fullest >= 0 else "",
    )
