"""Scheduler profiles: which scores run, with which weights and resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.changes import scores_gain_of_balance
from ove_capacity.model.pod import Affinity, SpreadConstraint
from ove_capacity.model.resources import CPU, MEMORY, is_extended
from ove_capacity.registry import Registry

__all__ = [
    "BALANCED",
    "FIT_SCORE",
    "IMAGE",
    "INTER_POD",
    "LEAST",
    "MOST",
    "NODE_PREFERENCE",
    "PLUGINS",
    "RATIO",
    "SPREAD",
    "TAINTS",
    "Profile",
    "ProfileArrays",
    "ResourceWeight",
    "profile_arrays",
    "profiles",
]

PLUGINS = (
    "TaintToleration",
    "NodeAffinity",
    "NodeResourcesFit",
    "PodTopologySpread",
    "InterPodAffinity",
    "NodeResourcesBalancedAllocation",
    "ImageLocality",
)
"""Score plugins in the order in which upstream runs them. (VolumeBinding is always skipped.)"""

TAINTS, NODE_PREFERENCE, FIT_SCORE, SPREAD, INTER_POD, BALANCED, IMAGE = range(len(PLUGINS))

LEAST, MOST, RATIO = 0, 1, 2
_STRATEGIES = {"LeastAllocated": LEAST, "MostAllocated": MOST, "RequestedToCapacityRatio": RATIO}
_SHAPE_SCALE = 10


@dataclass(frozen=True, slots=True)
class ResourceWeight:
    """A resource that a score looks at, and how much it counts."""

    name: str
    weight: int = 1


_CPU_AND_MEMORY = (ResourceWeight(CPU), ResourceWeight(MEMORY))


@dataclass(frozen=True, slots=True)
class Profile:
    """One KubeSchedulerConfiguration profile.

    Source: kubernetes v1.34.1 pkg/scheduler/apis/config/v1/default_plugins.go, getDefaultPlugins,
    and pkg/scheduler/apis/config/types_pluginargs.go.
    """

    name: str = "default-scheduler"
    weights: tuple[int, ...] = (3, 2, 1, 2, 2, 1, 1)
    """By position in PLUGINS; 0: the score does not run."""
    scores: bool = True
    """False: no score runs at all, and the first feasible node is taken."""
    strategy: str = "LeastAllocated"
    resources: tuple[ResourceWeight, ...] = _CPU_AND_MEMORY
    shape: tuple[tuple[int, int], ...] = ()
    """(utilization 0..100, score 0..10) for RequestedToCapacityRatio."""
    balanced_resources: tuple[ResourceWeight, ...] = _CPU_AND_MEMORY
    ignored_resources: tuple[str, ...] = ()
    ignored_resource_groups: tuple[str, ...] = ()
    hard_pod_affinity_weight: int = 1
    ignore_preferred_terms_of_existing_pods: bool = False
    default_constraints: tuple[SpreadConstraint, ...] | None = None
    """Cluster default spread constraints (defaultingType List); None: upstream's own."""
    added_affinity: Affinity = field(default_factory=Affinity)
    numa_strategy: str = ""
    """Scoring strategy of NodeResourceTopologyMatch, which filters by it, too; empty: not there.
    It runs as plain Python, one pod at a time, and looks at all nodes."""


profiles: Registry[Profile] = Registry(
    "scheduler profile",
    {
        "LowNodeUtilization": Profile(),
        "HighNodeUtilization": Profile(
            name="HighNodeUtilization", weights=(3, 2, 5, 2, 2, 0, 1), strategy="MostAllocated"
        ),
        "NoScoring": Profile(name="NoScoring", weights=(0,) * len(PLUGINS), scores=False),
    },
)
"""OpenShift's profiles.

Source: openshift/cluster-kube-scheduler-operator 954bdfcc bindata/assets/config.
"""


class ProfileArrays(NamedTuple):
    """A profile as kernels take it."""

    weight: Array
    """(plugins,) int64."""
    strategy: Array
    """(1,) int64: LEAST, MOST or RATIO."""
    resource: Array
    """(score resources, 2) int64: column of the amounts, weight."""
    shape: Array
    """(points, 2) int64: utilization in percent, score times ten."""
    balanced: Array
    """(balanced resources,) int64: columns of the amounts."""
    gain: Array
    """(1,) int64: 1 where the balanced score is of what a pod changes."""
    ignored: Array
    """(R,) uint8: resources that the fit filter does not look at."""


def _is_ignored(profile: Profile, name: str) -> bool:
    if not is_extended(name):
        return False
    group = name.partition("/")[0]
    return name in profile.ignored_resources or group in profile.ignored_resource_groups


def profile_arrays(profile: Profile, resources: list[str], kubernetes: str) -> ProfileArrays:
    """The profile over these resource columns, all of which it names must be among them.

    *kubernetes*: the release, as ``1.34``.

    Source: kubernetes v1.34.1 pkg/scheduler/framework/plugins/noderesources/fit.go, NewFit.
    """
    return ProfileArrays(
        weight=np.array(profile.weights, np.int64),
        strategy=np.array([_STRATEGIES[profile.strategy]], np.int64),
        resource=np.array(
            [(resources.index(r.name), r.weight or 1) for r in profile.resources], np.int64
        ).reshape(-1, 2),
        shape=np.array(
            [(use, score * _SHAPE_SCALE) for use, score in profile.shape], np.int64
        ).reshape(-1, 2),
        balanced=np.array([resources.index(r.name) for r in profile.balanced_resources], np.int64),
        gain=np.array([scores_gain_of_balance(kubernetes)], np.int64),
        ignored=np.array([_is_ignored(profile, name) for name in resources], np.uint8),
    )
