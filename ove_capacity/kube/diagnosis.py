"""From codes to upstream's words: why each node refused a pod."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.kube import codes
from ove_capacity.kube.filters import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_ports,
    node_resources_fit,
    node_unschedulable,
    pod_topology_spread,
    taint_toleration,
)
from ove_capacity.kube.filters.node_resource_topology_match import NUMA_PLUGIN
from ove_capacity.kube.scheduler import Decision, Scheduler
from ove_capacity.model.resources import PODS
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import UNRESOLVABLE, UNSCHEDULABLE, Rejection

__all__ = ["diagnose", "reject", "short_of"]

_FIXED: dict[int, tuple[str, str, str]] = {
    codes.NOT_PRESELECTED: (
        "PreFilter:NodeAffinity",
        UNRESOLVABLE,
        node_affinity.PRESELECTION_REASON,
    ),
    codes.CORDONED: ("NodeUnschedulable", UNRESOLVABLE, node_unschedulable.REASON),
    codes.NODE_NAME: ("NodeName", UNRESOLVABLE, node_name.REASON),
    codes.NODE_LOST: (
        "TaintToleration",
        UNRESOLVABLE,
        taint_toleration.reason(taint_toleration.NODE_LOST_TAINT),
    ),
    codes.ADDED_AFFINITY: ("NodeAffinity", UNRESOLVABLE, node_affinity.ADDED_REASON),
    codes.NODE_AFFINITY: ("NodeAffinity", UNRESOLVABLE, node_affinity.REASON),
    codes.PORTS: ("NodePorts", UNSCHEDULABLE, node_ports.REASON),
    codes.SPREAD_LABEL: ("PodTopologySpread", UNRESOLVABLE, pod_topology_spread.LABEL_REASON),
    codes.SPREAD_SKEW: ("PodTopologySpread", UNSCHEDULABLE, pod_topology_spread.SKEW_REASON),
    codes.AFFINITY: ("InterPodAffinity", UNRESOLVABLE, inter_pod_affinity.AFFINITY_REASON),
    codes.ANTI_AFFINITY: ("InterPodAffinity", UNSCHEDULABLE, inter_pod_affinity.ANTI_REASON),
    codes.EXISTING_ANTI_AFFINITY: (
        "InterPodAffinity",
        UNSCHEDULABLE,
        inter_pod_affinity.EXISTING_REASON,
    ),
}


def _lacking(scheduler: Scheduler, state: ClusterState, c: int, n: int) -> list[int]:
    nodes, _, classes = state.views()
    ignored = scheduler.ignored_resources(state)
    return [
        r
        for r in range(len(state.resources))
        if not ignored[r]
        and node_resources_fit.lacks(
            classes.request[c, r], nodes.allocatable[n, r], nodes.requested[n, r]
        )
    ]


def _short_of(
    scheduler: Scheduler, state: ClusterState, c: int
) -> list[tuple[str, tuple[str, ...]]]:
    """Status and words of each node's shortage for class *c*, as `reject` says them of one node."""
    assert state.classes is not None
    request = state.classes.request[c]
    wanted = (request > 0) & (scheduler.ignored_resources(state) == 0)
    lacking = wanted & (request > state.allocatable - state.requested)
    never = (lacking & (request > state.allocatable)).copy()
    never[:, state.resource_index(PODS)] = False
    known: dict[tuple[bytes, bool], tuple[str, tuple[str, ...]]] = {}
    found = []
    for row, beyond in zip(lacking, never.any(axis=1).tolist(), strict=True):
        key = (row.tobytes(), beyond)
        if key not in known:
            names = (state.resources[r] for r in row.nonzero()[0])
            words = tuple(sorted(node_resources_fit.reason(name) for name in names))
            known[key] = (UNRESOLVABLE if beyond else UNSCHEDULABLE, words)
        found.append(known[key])
    return found


def reject(scheduler: Scheduler, state: ClusterState, c: int, n: int, code: int) -> Rejection:
    """The rejection of node *n* for class *c* that a code stands for, in the state as it is.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, Filter.
    """
    if code in _FIXED:
        plugin, status, reason = _FIXED[code]
        return Rejection(n, plugin, status, (reason,))
    if code == codes.TAINT:
        tolerations = scheduler.table.classes[c].pod.spec.tolerations
        taint = taint_toleration.untolerated_taint(state.nodes[n].taints, tolerations)
        assert taint is not None
        words = (taint_toleration.reason(taint),)
        return Rejection(n, "TaintToleration", UNRESOLVABLE, words)
    if code == codes.ZONES:
        # sic: upstream says that evicting might help, tries, and sees the very same zones again.
        words = (scheduler.zone_refusal(state, c, n),)
        return Rejection(n, NUMA_PLUGIN, UNRESOLVABLE, words)
    assert code == codes.FIT
    lacking = _lacking(scheduler, state, c, n)
    assert lacking, f"{state.nodes[n].name} was rejected for resources that it has"
    return short_of(state, c, n, lacking)


def short_of(state: ClusterState, c: int, n: int, lacking: Sequence[int]) -> Rejection:
    """The rejection of node *n* for class *c* that lacks these resources, by column.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, Filter.
    """
    assert state.classes is not None
    never = any(
        state.resources[r] != PODS and state.classes.request[c, r] > state.allocatable[n, r]
        for r in lacking
    )
    short = tuple(sorted(node_resources_fit.reason(state.resources[r]) for r in lacking))
    return Rejection(n, "NodeResourcesFit", UNRESOLVABLE if never else UNSCHEDULABLE, short)


def diagnose(
    scheduler: Scheduler, state: ClusterState, c: int, row: int, decision: Decision
) -> list[Rejection]:
    """Why each node that was tried refused the pod, by node; nominated pods are heeded.

    Source: kubernetes v1.34.1 pkg/scheduler/schedule_one.go, findNodesThatPassFilters.
    """
    rejections: list[Rejection] = []
    short = _short_of(scheduler, state, c)
    for n, code in enumerate(decision.codes.tolist()):
        if code in (codes.PASS, codes.NODE_GONE):
            continue
        if code == codes.FIT and not state.nominated:
            rejections.append(Rejection(n, "NodeResourcesFit", *short[n]))
            continue
        if state.nominated.get(n):

            def keep(found: int, n: int = n) -> None:
                rejections.append(reject(scheduler, state, c, n, found))

            scheduler.check_twice(state, c, row, n, keep)
        else:
            rejections.append(reject(scheduler, state, c, n, code))
    return rejections
