"""Which nodes may go, and when: unneeded for long enough, above all minimums, a few at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ove_capacity.model.node import Node
from ove_capacity.openshift.autoscaler.drainability import Budgets, Drain, pods_to_move
from ove_capacity.openshift.autoscaler.go_sort import go_sorted
from ove_capacity.openshift.autoscaler.health import upcoming_nodes
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.quotas import minimum_quotas
from ove_capacity.openshift.autoscaler.removal import (
    Hints,
    Removable,
    Unremovable,
    try_removal,
)
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.utilization import Utilization, utilization
from ove_capacity.openshift.autoscaler.view import NOT_STARTED, ClusterView

__all__ = [
    "BLOCKED_BY_COMPLETION",
    "DISABLED",
    "MINIMAL_LIMIT",
    "MIN_SIZE_REACHED",
    "NOT_UNDERUTILIZED",
    "NOT_UNNEEDED_LONG_ENOUGH",
    "NOT_UNREADY_LONG_ENOUGH",
    "RECENTLY_UNREMOVABLE",
    "UNEXPECTED",
    "Assessment",
    "Deletions",
    "InProgress",
    "ScaleDownMemory",
    "assess",
    "crop",
    "is_in_cooldown",
    "nodes_to_delete",
]

_ANNOTATION = "cluster-autoscaler.kubernetes.io/scale-down-disabled"

DISABLED = "ScaleDownDisabledAnnotation"
NOT_UNDERUTILIZED = "NotUnderutilized"
RECENTLY_UNREMOVABLE = "RecentlyUnremovable"
UNEXPECTED = "UnexpectedError"
NOT_UNNEEDED_LONG_ENOUGH = "NotUnneededLongEnough"
NOT_UNREADY_LONG_ENOUGH = "NotUnreadyLongEnough"
MIN_SIZE_REACHED = "NodeGroupMinSizeReached"
MINIMAL_LIMIT = "MinimalResourceLimitExceeded"
BLOCKED_BY_COMPLETION = "BlockedByOnCompletionPod"


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


@dataclass(frozen=True, slots=True)
class InProgress:
    """Deletions that run."""

    empty: frozenset[str] = frozenset()
    drained: frozenset[str] = frozenset()


_NOTHING = InProgress()


@dataclass(frozen=True, slots=True)
class Deletions:
    """Nodes to delete now."""

    empty: tuple[str, ...] = ()
    drained: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Unneeded node -> why it does not go now."""


def is_in_cooldown(
    now_ms: int,
    options: AutoscalingOptions,
    *,
    scaled_up_ms: int | None = None,
    deleted_ms: int | None = None,
    failed_ms: int | None = None,
) -> bool:
    """Whether nothing is deleted in this loop; timers run on.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    isScaleDownInCooldown.
    """
    delays = (
        (scaled_up_ms, options.delay_after_add_ms),
        (failed_ms, options.delay_after_failure_ms),
        (deleted_ms, options.delay_after_delete_ms),
    )
    return any(last is not None and last + delay > now_ms for last, delay in delays)


# -- what could go ---------------------------------------------------------------------------------


def assess(
    simulation: Simulation,
    drain: Drain,
    memory: ScaleDownMemory,
    in_progress: InProgress = _NOTHING,
) -> Assessment:
    """Look at every candidate, and try to remove those that are used little.

    The nodes that can go are taken out of the snapshot one after the other, so that later ones see
    fewer places.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/planner/
    planner.go, UpdateClusterState and categorizeNodes.
    """
    return _Planning(simulation, drain, memory, in_progress).run()


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
        self.deleting = in_progress.empty | in_progress.drained
        self.memory = memory
        self.row = {node.name: n for n, node in enumerate(simulation.view.nodes)}
        self.recent = {
            name: until
            for name, until in memory.unremovable_until.items()
            if name in self.row and until > self.now_ms
        }
        self.measured: dict[str, Utilization] = {}
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
        bare = replace(self.drain, budgets=Budgets(()), controller_exists=None)
        moves = pods_to_move(self._pods(name), self.simulation.pods, bare)
        is_full = moves.blocking >= 0 or bool(moves.moving)
        order = (int(is_full), int(not is_full and bool(moves.waiting)))
        return *order, int(name not in self.memory.unneeded_before)

    def _pods(self, name: str) -> list[int]:
        return self.simulation.snapshot.pods.get(self.row[name], [])

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
        if node.annotations.get(_ANNOTATION) == "true":
            return DISABLED
        used = utilization(
            node,
            [self.simulation.pods[number] for number in self._pods(name)],
            self.now_ms,
            ignore_daemons=self.options.ignore_daemonsets_utilization,
        )
        if used is None:
            return UNEXPECTED
        self.measured[name] = used
        return NOT_UNDERUTILIZED if used.highest > self.options.utilization_threshold else ""

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


# -- what goes now ---------------------------------------------------------------------------------


def nodes_to_delete(
    view: ClusterView,
    assessment: Assessment,
    options: AutoscalingOptions,
    now_ms: int,
    in_progress: InProgress = _NOTHING,
) -> Deletions:
    """The unneeded nodes whose time has come and that no minimum keeps: empty ones, then others.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/planner/
    planner.go, NodesToDelete, and core/scaledown/unneeded/nodes.go, RemovableAt.
    """
    keeper = _Keeper(view, assessment.memory, options, now_ms, in_progress)
    removable = assessment.removable
    empty = [each for each in removable if not each.moving]
    others = [each for each in removable if each.moving]
    granted = [each for each in (*empty, *others) if keeper.grants(each.node)]
    granted.sort(key=lambda each: bool(each.moving) and each.is_risky)
    going = [each for each in granted if not each.waits]
    waiting = {each.node: BLOCKED_BY_COMPLETION for each in granted if each.waits}
    return Deletions(
        tuple(each.node for each in going if not each.moving),
        tuple(each.node for each in going if each.moving),
        {**keeper.refused, **waiting},
    )


class _Keeper:
    """What keeps an unneeded node: its timer, its group's least size, the cluster's minimums."""

    def __init__(
        self,
        view: ClusterView,
        memory: ScaleDownMemory,
        options: AutoscalingOptions,
        now_ms: int,
        in_progress: InProgress,
    ) -> None:
        self.view, self.memory, self.options, self.now_ms = view, memory, options, now_ms
        self.nodes = {node.name: node for node in view.nodes}
        self.least = {state.name: state.group.min_size for state in view.groups}
        self.size = {state.name: state.target_size for state in view.groups}
        for name in sorted(in_progress.empty | in_progress.drained):
            if name in view.group_of:
                self.size[view.group_of[name]] -= 1
        self.quotas = minimum_quotas(
            [(node, view.group_of.get(node.name, "")) for node in view.nodes], options
        )
        self.refused: dict[str, str] = {}

    def grants(self, name: str) -> bool:
        """Whether the node may go; if so, it is counted as gone."""
        reason = self._reason(name)
        if reason:
            self.refused[name] = reason
            return False
        self.size[self.view.group_of[name]] -= 1
        return True

    def _reason(self, name: str) -> str:
        node, group = self.nodes[name], self.view.group_of[name]
        is_ready = self.view.is_ready(node)
        wait_ms = self.options.unneeded_ms if is_ready else self.options.unready_ms
        if wait_ms > 0 and self.memory.unneeded_since[name] + wait_ms >= self.now_ms:
            return NOT_UNNEEDED_LONG_ENOUGH if is_ready else NOT_UNREADY_LONG_ENOUGH
        if self.size[group] <= self.least[group]:
            return MIN_SIZE_REACHED
        return "" if self.quotas.take(group, node, 1) else MINIMAL_LIMIT


def crop(
    view: ClusterView,
    deletions: Deletions,
    options: AutoscalingOptions,
    in_progress: InProgress = _NOTHING,
) -> Deletions:
    """As many as may be deleted at one time: empty nodes first, group by group.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/budgets/
    budgets.go, CropNodes.
    """
    running = len(in_progress.empty) + len(in_progress.drained)
    budget = options.max_scale_down_parallelism - running
    empty = _by_group(view, deletions.empty)[: max(0, budget)]
    drains = min(budget - len(empty), options.max_drain_parallelism - len(in_progress.drained))
    drained = _by_group(view, deletions.drained)[: max(0, drains)]
    return replace(deletions, empty=tuple(empty), drained=tuple(drained))


def _by_group(view: ClusterView, names: Sequence[str]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(view.group_of[name], []).append(name)
    return [name for members in groups.values() for name in members]
