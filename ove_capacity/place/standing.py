"""A cluster's state as it begins: its scheduler, its kubelets, and the pods that stand there."""

from __future__ import annotations

from collections.abc import Sequence

from ove_capacity.kube.profile import Profile, profiles
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.pod import Pod
from ove_capacity.state.claim import bind
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["initial_state", "scheduler_of"]


def scheduler_of(state: ClusterState, profile: Profile | None = None) -> Scheduler:
    """The state's scheduler, made on first use.

    *profile* stands in for the profile of the cluster, which is named.
    """
    if state.scheduling is None:
        chosen = profile or profiles.get(state.cluster.scheduler_profile)
        state.scheduling = Scheduler.of(state, chosen)
    assert isinstance(state.scheduling, Scheduler)
    return state.scheduling


def initial_state(
    cluster: Cluster, expected: Sequence[Pod] = (), profile: Profile | None = None
) -> ClusterState:
    """The cluster with the pods that exist bound where they say.

    *expected*: one pod of each shape that will come, so that all are compiled in one go.
    """
    state = ClusterState.of(cluster)
    scheduler = scheduler_of(state, profile)
    classes = scheduler.classify(state, [*cluster.pods, *expected])
    for pod, c in zip(cluster.pods, classes[: len(cluster.pods)], strict=True):
        bind(state, state.add(pod, c), state.node_index(pod.spec.node_name))
    return state
