"""One loop of the autoscaler in upstream's order, from what it is told and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from numpy.random import Generator

from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.compiling import Compiler
from ove_capacity.openshift.autoscaler.deletion import (
    Deletions,
    crop,
    is_in_cooldown,
    nodes_to_delete,
)
from ove_capacity.openshift.autoscaler.drainability import Budgets, Drain
from ove_capacity.openshift.autoscaler.health import (
    Backoff,
    ScaleUpRequest,
    after_failure,
    enlarged,
    has_timed_out,
    is_backed_off,
    is_forgotten,
    upcoming_nodes,
)
from ove_capacity.openshift.autoscaler.minimum import raised_to_least
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.scale_down import Assessment, ScaleDownMemory, assess
from ove_capacity.openshift.autoscaler.scale_up import (
    CLUSTER_UNHEALTHY,
    IN_COOLDOWN,
    SUCCESSFUL,
    ScaleUp,
    scale_up,
)
from ove_capacity.openshift.autoscaler.similar import GroupIncrease
from ove_capacity.openshift.autoscaler.simulation import is_expendable, simulation_of
from ove_capacity.openshift.autoscaler.templates import remembered_nodes
from ove_capacity.openshift.autoscaler.view import (
    NOTHING_IN_PROGRESS,
    ClusterView,
    GroupState,
    InProgress,
    is_daemon_pod,
    is_mirror_pod,
)

__all__ = ["Loop", "LoopMemory", "Moment", "run_once"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What the autoscaler is told."""

    now_ms: int
    cluster: Cluster
    """Whose namespaces and disruption budgets count; its nodes and pods are those below."""
    view: ClusterView
    """Groups with their targets; what runs and fails of them is remembered, not told."""
    running: tuple[tuple[Pod, str], ...] = ()
    """Each pod that runs, without ``spec.node_name``, and its node."""
    pending: tuple[Pod, ...] = ()
    """Pods that found no place."""
    deleting: InProgress = NOTHING_IN_PROGRESS


@dataclass(frozen=True, slots=True)
class LoopMemory:
    """What one loop leaves to the next."""

    requests: Mapping[str, ScaleUpRequest] = field(default_factory=dict)
    """Group -> the scale-up of it that runs."""
    backoffs: Mapping[str, Backoff] = field(default_factory=dict)
    """Group -> how it failed last."""
    scaled_up_ms: int | None = None
    deleted_ms: int | None = None
    failed_ms: int | None = None
    """When deleting failed last; whoever deletes writes it."""
    scale_down: ScaleDownMemory = field(default_factory=ScaleDownMemory)
    remembered: Mapping[str, Node] = field(default_factory=dict)
    """Group -> a good node that it once had."""


@dataclass(frozen=True, slots=True)
class Loop:
    """What a loop does."""

    scale_up: ScaleUp
    deletions: Deletions
    reverted: tuple[tuple[str, int], ...]
    """(group, nodes by which its target shrinks again): scale-ups that timed out."""
    timed_out: tuple[str, ...]
    """Groups whose scale-up timed out; they are left alone for a while."""
    memory: LoopMemory
    raised: tuple[GroupIncrease, ...] = ()
    """Groups that grow to their least size."""
    assessment: Assessment | None = None
    """What was found out about nodes that might go; None: it was not looked at."""
    pending: range = range(0)
    """Numbers of the pending pods; those of nodes that are being drained follow."""


def run_once(
    moment: Moment,
    memory: LoopMemory,
    options: AutoscalingOptions,
    rng: Generator | None = None,
    compiler: Compiler | None = None,
) -> Loop:
    """Decide one loop; nothing is changed but what is given back.

    *rng* chooses among options that the expanders leave; None takes the first of them. *compiler*
    is that of the cluster's loops before; what is decided does not depend on it.

    Pods that found room on nodes that are there count as running when nodes are looked at for
    removal.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/static_autoscaler.go,
    RunOnce.
    """
    memory = replace(memory, remembered=remembered_nodes(_told(moment, memory)))
    memory, timed_out, reverted = _settle_requests(moment, memory, options)
    view = _informed(moment, memory, dict(reverted))
    waiting = (*moment.pending, *_leaving(moment, options))
    simulation = simulation_of(moment.cluster, view, moment.running, waiting, options, compiler)
    grown = scale_up(simulation, options, rng, now_ms=moment.now_ms)
    memory = _after_scale_up(grown, moment.now_ms, memory, options)
    deletions, found = Deletions(), None
    if grown.gate == CLUSTER_UNHEALTHY:
        memory = replace(memory, scale_down=ScaleDownMemory())
    elif options.scale_down_enabled:
        drain = Drain(options, moment.now_ms, Budgets(moment.cluster.disruption_budgets))
        found = assess(simulation, drain, memory.scale_down, moment.deleting)
        memory = replace(memory, scale_down=found.memory)
        if grown.result != IN_COOLDOWN and not _is_resting(moment.now_ms, memory, options):
            due = nodes_to_delete(view, found, options, moment.now_ms, moment.deleting)
            deletions = crop(view, due, options, moment.deleting)
            if deletions.empty or deletions.drained:
                memory = replace(memory, deleted_ms=moment.now_ms)
    raised: tuple[GroupIncrease, ...] = ()
    if options.enforce_min_size and grown.gate != CLUSTER_UNHEALTHY:
        raised = raised_to_least(simulation, grown, options)
        if raised:
            memory = _enlarged(raised, moment.now_ms, memory, options)
    pending = simulation.pending[: len(moment.pending)]
    return Loop(grown, deletions, reverted, timed_out, memory, raised, found, pending)


def _leaving(moment: Moment, options: AutoscalingOptions) -> Iterator[Pod]:
    """Pods of nodes that are being drained: they need another place, and count as pending.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/podlistprocessor/
    currently_drained_nodes.go, currentlyDrainedPods; utils/pod/pod.go, FilterRecreatablePods.
    """
    cutoff = options.expendable_pods_priority_cutoff
    for pod, node in moment.running:
        if node not in moment.deleting.drained or pod.deleted_ms is not None:
            continue
        if not (is_daemon_pod(pod) or is_mirror_pod(pod) or is_expendable(pod, cutoff)):
            yield pod


def _is_resting(now_ms: int, memory: LoopMemory, options: AutoscalingOptions) -> bool:
    return is_in_cooldown(
        now_ms,
        options,
        scaled_up_ms=memory.scaled_up_ms,
        deleted_ms=memory.deleted_ms,
        failed_ms=memory.failed_ms,
    )


def _settle_requests(
    moment: Moment, memory: LoopMemory, options: AutoscalingOptions
) -> tuple[LoopMemory, tuple[str, ...], tuple[tuple[str, int], ...]]:
    """End scale-ups whose nodes are all there, or that took too long."""
    now_ms = moment.now_ms
    backoffs = {
        group: backoff
        for group, backoff in memory.backoffs.items()
        if not is_forgotten(backoff, now_ms, options)
    }
    awaited = upcoming_nodes(_as_asked(_told(moment, memory)), _counting_all(options))
    requests = dict(memory.requests)
    timed_out, reverted = [], []
    for group in sorted(memory.requests):
        request = memory.requests[group]
        if group not in awaited:
            del requests[group]
        elif has_timed_out(request, awaited[group], now_ms):
            del requests[group]
            backoffs[group] = after_failure(backoffs.get(group), now_ms, options)
            timed_out.append(group)
            if options.rules.reverts_timed_out:
                reverted.append((group, request.increase))
    settled = replace(memory, requests=requests, backoffs=backoffs)
    return settled, tuple(timed_out), tuple(reverted)


def _as_asked(view: ClusterView) -> ClusterView:
    """The view with every machine that was asked for: those that took too long are awaited here.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, areThereUpcomingNodesInNodeGroup.
    """
    groups = (
        replace(
            state,
            target_size=state.target_size + state.given_up,
            long_unregistered=0,
        )
        for state in view.groups
    )
    return replace(view, groups=tuple(groups))


def _counting_all(options: AutoscalingOptions) -> AutoscalingOptions:
    """Nodes count as awaited here whether a scale-up runs or not."""
    return replace(options, rules=replace(options.rules, upcoming_needs_request=False))


def _told(moment: Moment, memory: LoopMemory) -> ClusterView:
    return replace(moment.view, remembered=memory.remembered)


def _informed(moment: Moment, memory: LoopMemory, reverted: Mapping[str, int]) -> ClusterView:
    """The view with what is remembered of each group."""

    def informed(state: GroupState) -> GroupState:
        request = memory.requests.get(state.name)
        return replace(
            state,
            target_size=state.target_size - reverted.get(state.name, 0),
            increase=request.increase if request else 0,
            is_backed_off=is_backed_off(memory.backoffs.get(state.name), moment.now_ms),
        )

    view = _told(moment, memory)
    return replace(view, groups=tuple(informed(state) for state in view.groups))


def _after_scale_up(
    grown: ScaleUp, now_ms: int, memory: LoopMemory, options: AutoscalingOptions
) -> LoopMemory:
    if grown.result != SUCCESSFUL:
        return memory
    return _enlarged(grown.increases, now_ms, memory, options)


def _enlarged(
    increases: Sequence[GroupIncrease],
    now_ms: int,
    memory: LoopMemory,
    options: AutoscalingOptions,
) -> LoopMemory:
    """The memory with what was asked for."""
    requests = dict(memory.requests)
    for each in increases:
        delta = each.new_size - each.size
        request = enlarged(requests.get(each.group), delta, now_ms, options)
        if request is not None:
            requests[each.group] = request
    return replace(memory, requests=requests, scaled_up_ms=now_ms)
