"""A cluster's state as it begins: its scheduler, its kubelets, and the pods that stand there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ove_capacity.kube.profile import Profile, profiles
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.kubelet.kubelets import Kubelets, kubelets_of
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.state.claim import bind
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["carried_over", "change_nodes", "initial_state", "scheduler_of"]


def scheduler_of(state: ClusterState, profile: Profile | None = None) -> Scheduler:
    """The state's scheduler, made on first use.

    *profile* stands in for the profile of the cluster, which is named.
    """
    if state.scheduling is None:
        chosen = profile or profiles.get(state.cluster.scheduler_profile)
        if state.cluster.numa_strategy:
            chosen = replace(chosen, numa_strategy=state.cluster.numa_strategy)
        state.scheduling = Scheduler.of(state, chosen)
    scheduler = state.scheduling
    assert isinstance(scheduler, Scheduler)
    if scheduler.profile.numa_strategy and isinstance(state.admitting, Kubelets):
        scheduler.zones = state.admitting.topology
    return scheduler


def initial_state(
    cluster: Cluster, expected: Sequence[Pod] = (), profile: Profile | None = None
) -> ClusterState:
    """The cluster with the pods that exist bound where they say.

    *expected*: one pod of each shape that will come, so that all are compiled in one go.
    """
    state = ClusterState.of(cluster)
    kubelets = state.admitting = kubelets_of(cluster.nodes, cluster.release.kubernetes)
    scheduler = scheduler_of(state, profile)
    classes = scheduler.classify(state, [*cluster.pods, *expected])
    for pod, c in zip(cluster.pods, classes[: len(cluster.pods)], strict=True):
        n = state.node_index(pod.spec.node_name)
        row = state.add(pod, c)
        bind(state, row, n)
        if kubelets is not None:
            kubelets.stand(n, row, pod)
    return state


def change_nodes(
    state: ClusterState, joining: Sequence[Node] = (), leaving: Collection[str] = ()
) -> None:
    """Nodes join the cluster, empty, and others leave it, which no pod may be on.

    Indices of nodes change with it, and those of pods do not.
    """
    kept = [n for n, node in enumerate(state.nodes) if node.name not in leaving]
    scheduler_of(state).meet(state, kept, joining)
    kubelets, kubernetes = state.admitting, state.cluster.release.kubernetes
    if kubelets is None and any(node.kubelet is not None for node in joining):
        kubelets = Kubelets([None] * (len(state.nodes) - len(joining)))
    if isinstance(kubelets, Kubelets):
        state.admitting = kubelets.rearranged(kept, joining, kubernetes)


def carried_over(state: ClusterState, grown: ClusterState) -> None:
    """Bind in *grown*, whose first nodes are those of *state*, what is bound there.

    Every pod keeps the CPUs and cells that it holds.
    """
    rows = [row for row in state.rows() if state.node_of(row) >= 0]
    pods = [state.pod(row) for row in rows]
    classes = scheduler_of(grown).classify(grown, pods)
    after = {}
    for row, pod, c in zip(rows, pods, classes, strict=True):
        after[row] = grown.add(pod, c)
        bind(grown, after[row], state.node_of(row))
    if isinstance(grown.admitting, Kubelets) and isinstance(state.admitting, Kubelets):
        grown.admitting.carry(state.admitting, after)
