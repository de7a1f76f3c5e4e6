"""Whether the cluster, and a group of it, is well enough to be scaled; and who is awaited."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.view import (
    NOT_STARTED,
    READY,
    UNREADY,
    ClusterView,
    GroupState,
)

__all__ = [
    "Backoff",
    "ScaleUpRequest",
    "after_failure",
    "enlarged",
    "has_timed_out",
    "is_backed_off",
    "is_cluster_healthy",
    "is_forgotten",
    "is_group_healthy",
    "upcoming_nodes",
]

_PERCENT = 100.0


def is_cluster_healthy(view: ClusterView, options: AutoscalingOptions) -> bool:
    """Whether few enough nodes are unready; otherwise nothing is scaled, up or down.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, IsClusterHealthy.
    """
    unready = sum(view.readiness.get(node.name, READY) == UNREADY for node in view.nodes)
    return not _are_too_many(unready, len(view.nodes), options)


def _are_too_many(missing: int, of: int, options: AutoscalingOptions) -> bool:
    share = options.max_total_unready_percentage / _PERCENT
    return missing > options.ok_total_unready and missing > share * of


def is_group_healthy(view: ClusterView, state: GroupState, options: AutoscalingOptions) -> bool:
    """Whether few enough of the nodes that should be there are missing.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, IsNodeGroupHealthy.
    """
    least = state.target_size - state.long_unregistered - state.increase
    registered = len(view.members(state.name))
    if not registered and not state.long_unregistered and state.increase < state.target_size:
        return state.target_size == 0
    ready = view.count(state.name, READY)
    return not _are_too_many(max(0, least - ready), registered, options)


def upcoming_nodes(view: ClusterView, options: AutoscalingOptions) -> dict[str, int]:
    """Group -> nodes that are on their way, for groups that await any; groups in order.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, GetUpcomingNodes.
    """
    found = {}
    for state in view.groups:
        if options.rules.upcoming_needs_request and (not state.increase or state.is_backed_off):
            continue
        not_started = view.count(state.name, NOT_STARTED)
        there = len(view.members(state.name)) - not_started + state.long_unregistered
        if state.target_size > there:
            found[state.name] = state.target_size - there
    return found


# -- a scale-up that runs, and one that failed -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScaleUpRequest:
    """A scale-up of a group that runs."""

    increase: int
    expected_ms: int
    """When the nodes should be there."""


def enlarged(
    request: ScaleUpRequest | None, delta: int, now_ms: int, options: AutoscalingOptions
) -> ScaleUpRequest | None:
    """The request after *delta* nodes more were asked for, or fewer; None: none runs.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, registerOrUpdateScaleUpNoLock.
    """
    expected = now_ms + options.max_node_provision_ms
    if request is None:
        return ScaleUpRequest(delta, expected) if delta > 0 else None
    if request.increase + delta <= 0:
        return None
    return ScaleUpRequest(request.increase + delta, expected if delta > 0 else request.expected_ms)


def has_timed_out(request: ScaleUpRequest, upcoming: int, now_ms: int) -> bool:
    """Whether nodes are still awaited that should have been there by now.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/clusterstate/
    clusterstate.go, updateScaleRequests.
    """
    return upcoming > 0 and request.expected_ms < now_ms


@dataclass(frozen=True, slots=True)
class Backoff:
    """A group that failed to grow."""

    duration_ms: int
    until_ms: int
    failed_ms: int
    """When it failed last."""


def after_failure(before: Backoff | None, now_ms: int, options: AutoscalingOptions) -> Backoff:
    """The back-off after one more failure: twice as long once the last one has passed.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/backoff/
    exponential_backoff.go, Backoff.
    """
    duration = options.initial_backoff_ms
    if before is not None:
        duration = before.duration_ms
        if before.until_ms < now_ms:
            duration = min(2 * duration, options.max_backoff_ms)
    return Backoff(duration, now_ms + duration, now_ms)


def is_backed_off(backoff: Backoff | None, now_ms: int) -> bool:
    """Whether the group is left alone for now.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/backoff/
    exponential_backoff.go, BackoffStatus.
    """
    return backoff is not None and backoff.until_ms >= now_ms


def is_forgotten(backoff: Backoff, now_ms: int, options: AutoscalingOptions) -> bool:
    """Whether the failure lies so far back that the next one begins anew.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/backoff/
    exponential_backoff.go, RemoveStaleBackoffData.
    """
    return backoff.failed_ms + options.backoff_reset_ms < now_ms
