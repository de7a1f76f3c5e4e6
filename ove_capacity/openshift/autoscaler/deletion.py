"""Which unneeded nodes go now: unneeded for long enough, above all minimums, a few at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.quotas import minimum_quotas
from ove_capacity.openshift.autoscaler.scale_down import Assessment, ScaleDownMemory
from ove_capacity.openshift.autoscaler.view import (
    NOTHING_IN_PROGRESS,
    ClusterView,
    InProgress,
)

__all__ = [
    "BLOCKED_BY_COMPLETION",
    "MINIMAL_LIMIT",
    "MIN_SIZE_REACHED",
    "NOT_UNNEEDED_LONG_ENOUGH",
    "NOT_UNREADY_LONG_ENOUGH",
    "Deletions",
    "crop",
    "is_in_cooldown",
    "nodes_to_delete",
]

NOT_UNNEEDED_LONG_ENOUGH = "NotUnneededLongEnough"
NOT_UNREADY_LONG_ENOUGH = "NotUnreadyLongEnough"
MIN_SIZE_REACHED = "NodeGroupMinSizeReached"
MINIMAL_LIMIT = "MinimalResourceLimitExceeded"
BLOCKED_BY_COMPLETION = "BlockedByOnCompletionPod"


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


def nodes_to_delete(
    view: ClusterView,
    assessment: Assessment,
    options: AutoscalingOptions,
    now_ms: int,
    in_progress: InProgress = NOTHING_IN_PROGRESS,
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
    in_progress: InProgress = NOTHING_IN_PROGRESS,
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
