"""Which nodes could go: used little, and their pods find a place elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ove_capacity.model.node import Node
from ove_capacity.openshift.autoscaler.drainability import Budgets, Drain, pods_to_move
from ove_capacity.openshift.autoscaler.go_sort import go_sorted
from ove_capacity.openshift.autoscaler.health import upcoming_nodes
from ove_capacity.openshift.autoscaler.removal import (
    Hints,
    Removable,
    Unremovable,
    try_removal,
)
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.utilization import (
    SpecAmounts,
    Utilization,
    utilization,
)
from ove_capacity.openshift.autoscaler.view import (
    NOT_STARTED,
    NOTHING_IN_PROGRESS,
    InProgress,
)

__all__ = [
    "DISABLED",
    "NOT_UNDERUTILIZED",
    "RECENTLY_UNREMOVABLE",
    "UNEXPECTED",
    "Assessment",
    "ScaleDownMemory",
    "assess",
    "is_kept",
]

_ANNOTATION = "cluster-autoscaler.kubernetes.io/scale-down-disabled"

DISABLED = "ScaleDownDisabledAnnotation"
NOT_UNDERUTILIZED = "NotUnderutilized"
RECENTLY_UNREMOVABLE = "RecentlyUnremovable"
UNEXPECTED = "UnexpectedError"


@dataclass(frozen=True, slots=True)
class ScaleDownMemory:
    """What one loop leaves to the next."""

    unneeded_since: Mapping[str, int] = field(default_factory=dict)
    """Node -> first of the loops without a gap in which it could go."""
    unremovable_until: Mapping[str, int] = field(default_factory=dict)
    """Node that could not go -> when it is looked at again."""
    unneeded_before: frozenset[str] = frozenset()
    """Nodes that could go in the last loop: they are looked at before others."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """Pod -> node it found in the last loop."""
    updated_ms: int | None = None
    """When the last loop ran."""
    shortest_ms: int | None = None
    """The shortest time between two loops so far."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a loop found out about the nodes."""

    candidates: tuple[str, ...]
    """Nodes of groups above their least size, in the order they were looked at."""
    utilization: Mapping[str, Utilization]
    """Of the nodes that were measured."""
    removable: tuple[Removable, ...]
    unremovable: Mapping[str, Unremovable]
    memory: ScaleDownMemory


def assess(
    simulation: Simulation,
    drain: Drain,
    memory: ScaleDownMemory,
    in_progress: InProgress = NOTHING_IN_PROGRESS,
) -> Assessment:
    """Look at every candidate, and try to remove those that are used little.

    The nodes that can go are taken out of the snapshot one after the other, so that later ones see
    fewer places.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/planner/
    planner.go, UpdateClusterState and categorizeNodes.
    """
    return _Planning(simulation, drain, memory, in_progress).run()


def is_kept(node: Node) -> bool:
    """Whether the node's annotation forbids to remove it.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/
    eligibility/eligibility.go, HasNoScaleDownAnnotation.
    """
    return node.annotations.get(_ANNOTATION) == "true"


class _Planning:
    """One loop's look at the nodes."""

    def __init__(
        self,
        simulation: Simulation,
        drain: Drain,
        memory: ScaleDownMemory,
        in_progress: InProgress,
    ) -> None:
        self.simulation, self.drain, self.options = simulation, drain, drain.options
        self.now_ms = drain.now_ms
        self.bare = replace(drain, budgets=Budgets(()), controller_exists=None)
        self.deleting = in_progress.empty | in_progress.drained
        self.memory = memory
        self.row = {node.name: n for n, node in enumerate(simulation.view.nodes)}
        self.recent = {
            name: until
            for name, until in memory.unremovable_until.items()
            if name in self.row and until > self.now_ms
        }
        self.measured: dict[str, Utilization] = {}
        self.amounts = SpecAmounts()
        self.unremovable: dict[str, Unremovable] = {}

    def run(self) -> Assessment:
        candidates = self._candidates()
        shortest_ms = self._shortest_ms()
        eligible = [name for name in candidates if self._is_eligible(name)]
        removable, hints = self._simulate(eligible, shortest_ms)
        since = self.memory.unneeded_since
        memory = ScaleDownMemory(
            {each.node: since.get(each.node, self.now_ms) for each in removable},
            self.recent,
            frozenset(each.node for each in removable),
            hints.found,
            self.now_ms,
            shortest_ms,
        )
        return Assessment(
            tuple(candidates), self.measured, tuple(removable), self.unremovable, memory
        )

    def _shortest_ms(self) -> int:
        known = self.memory.shortest_ms
        shortest = self.options.unneeded_ms if known is None else known
        if self.memory.updated_ms is None:
            return shortest
        return min(shortest, self.now_ms - self.memory.updated_ms)

    # -- candidates ------------------------------------------------------------------------------

    def _candidates(self) -> list[str]:
        """Empty nodes first, then those that could go last time.

        Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/processors/
        scaledowncandidates/scale_down_candidates_sorting_processor.go.
        """
        view = self.simulation.view
        above = {s.name for s in view.groups if s.target_size > s.group.min_size}
        awaited = upcoming_nodes(view, self.options)
        candidates = [
            node.name
            for node in view.nodes
            if view.group_of.get(node.name) in above
            and node.name not in self.deleting
            and not (
                view.group_of[node.name] in awaited and view.readiness.get(node.name) == NOT_STARTED
            )
        ]
        return go_sorted(candidates, self._rank)

    def _rank(self, name: str) -> tuple[int, int, int]:
        moves = pods_to_move(self._pods(name), self.simulation.pods, self.bare)
        is_full = moves.blocking >= 0 or bool(moves.moving)
        order = (int(is_full), int(not is_full and bool(moves.waiting)))
        return *order, int(name not in self.memory.unneeded_before)

    def _pods(self, name: str) -> tuple[int, ...]:
        return self.simulation.snapshot.pods.get(self.row[name], ())

    def _node(self, name: str) -> Node:
        return self.simulation.view.nodes[self.row[name]]

    # -- eligibility -----------------------------------------------------------------------------

    def _is_eligible(self, name: str) -> bool:
        """Whether the node is used little, and nothing forbids to look at it.

        Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/
        eligibility/eligibility.go, FilterOutUnremovable.
        """
        reason = self._ineligible(name)
        if reason:
            self.unremovable[name] = Unremovable(name, reason)
        return not reason

    def _ineligible(self, name: str) -> str:
        if name in self.recent:
            return RECENTLY_UNREMOVABLE
        node = self._node(name)
        if is_kept(node):
            return DISABLED
        used = utilization(
            node,
            [self.simulation.pods[number] for number in self._pods(name)],
            self.now_ms,
            ignore_daemons=self.options.ignore_daemonsets_utilization,
            amounts=self.amounts,
        )
        if used is None:
            return UNEXPECTED
        self.measured[name] = used
        most = self.options.utilization_threshold
        if used.gpu is not None:
            most = self.options.gpu_utilization_threshold
        return NOT_UNDERUTILIZED if used.highest > most else ""

    # -- simulation ------------------------------------------------------------------------------

    def _simulate(self, eligible: Sequence[str], shortest_ms: int) -> tuple[list[Removable], Hints]:
        nodes, snapshot = self.simulation.view.nodes, self.simulation.snapshot
        deleting = np.array([self.row[n] for n in sorted(self.deleting) if n in self.row], int)
        hints = Hints(dict(self.memory.hints))
        limit = self._limit(shortest_ms)
        mark = snapshot.fork()
        removable: list[Removable] = []
        for name in eligible:
            if len(removable) >= limit:
                break
            rows = np.setdiff1d(snapshot.rows[snapshot.rows < len(nodes)], deleting)
            found = try_removal(
                self.simulation, self.row[name], rows, self.drain, hints, lambda n: nodes[n].name
            )
            if isinstance(found, Unremovable):
                self.unremovable[name] = found
                self.recent[name] = self.now_ms + self.options.unremovable_recheck_ms
                continue
            moving = [self.simulation.pods[number] for number in found.moving]
            risky = not self.drain.budgets.allow_together(moving)
            removable.append(replace(found, is_risky=risky))
            self.drain.budgets.spend(moving)
        snapshot.revert(mark)
        return removable, hints

    def _limit(self, shortest_ms: int) -> int:
        """How many unneeded nodes are worth knowing.

        Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/
        planner/planner.go, unneededNodesLimit.
        """
        parallel = self.options.max_scale_down_parallelism
        limit = len(self.memory.unneeded_since) + 2 * parallel
        interval_ms = max(1, shortest_ms)
        loops = max(self.options.unneeded_ms, interval_ms) // interval_ms
        return min(limit, parallel * loops + parallel)
