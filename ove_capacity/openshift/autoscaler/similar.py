"""Groups that are alike but for their zone, and how new nodes are shared out among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ove_capacity.model.node import HOSTNAME_LABEL, REGION_LABEL, ZONE_LABEL
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY, PODS, Amounts
from ove_capacity.openshift.autoscaler.go_sort import go_sorted
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.view import GroupState

__all__ = ["GroupIncrease", "are_similar", "balanced", "takes_as_much"]

_IGNORED_LABELS = frozenset(
    (
        HOSTNAME_LABEL,
        REGION_LABEL,
        ZONE_LABEL,
        "beta.kubernetes.io/fluentd-ds-ready",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kops.k8s.io/instancegroup",
    )
)
_MEMORY_RATIO = 0.015
_RATIO = 0.05
_ALWAYS_REQUESTED = (CPU, EPHEMERAL_STORAGE, MEMORY, PODS)


@dataclass(frozen=True, slots=True)
class GroupIncrease:
    """A group that grows."""

    group: str
    size: int
    new_size: int


def _is_near(one: int, other: int, ratio: float) -> bool:
    larger, smaller = float(max(one, other)), float(min(one, other))
    return larger - smaller <= larger * ratio


def _are_near(one: Amounts, other: Amounts, ratio: float) -> bool:
    return one.keys() == other.keys() and all(
        _is_near(amount, other[name], ratio) for name, amount in one.items()
    )


def _free(simulation: Simulation, group: str) -> dict[str, int]:
    """Allocatable less what runs from the start, of all that is asked for."""
    allocatable = simulation.templates[group].node.allocatable
    asked = simulation.snapshot.requested(simulation.snapshot.patterns[group].row)
    for c in simulation.snapshot.patterns[group].daemons:
        for name in asked:
            asked[name] += simulation.snapshot.amount(c, name)
    asked[PODS] = 0  # upstream subtracts how many pods are allowed on what is requested: none
    return {
        name: allocatable.get(name, 0) - amount
        for name, amount in asked.items()
        if amount or name in _ALWAYS_REQUESTED
    }


def are_similar(
    simulation: Simulation, one: str, other: str, ignored_labels: Collection[str] = ()
) -> bool:
    """Whether two groups would add nodes that are alike.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/processors/nodegroupset/
    compare_nodegroups.go, IsCloudProviderNodeInfoSimilar.
    """
    nodes = [simulation.templates[name].node for name in (one, other)]
    capacities = [dict(node.capacity) for node in nodes]
    memories = [capacity.pop(MEMORY, None) for capacity in capacities]
    if capacities[0] != capacities[1] or (memories[0] is None) != (memories[1] is None):
        return False
    if not _is_near(memories[0] or 0, memories[1] or 0, _MEMORY_RATIO):
        return False
    if not _are_near(nodes[0].allocatable, nodes[1].allocatable, _RATIO):
        return False
    if not _are_near(_free(simulation, one), _free(simulation, other), _RATIO):
        return False
    ignored = _IGNORED_LABELS.union(ignored_labels)
    labels = [{k: v for k, v in node.labels.items() if k not in ignored} for node in nodes]
    return labels[0] == labels[1]


@dataclass(slots=True)
class _Share:
    state: GroupState
    new_size: int


def balanced(groups: Sequence[GroupState], new_nodes: int) -> list[GroupIncrease]:
    """Share out new nodes: each goes to the smallest group, the best one first among equals.

    What exceeds the groups' room is left out; groups that do not grow are, too.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/processors/nodegroupset/
    balancing_processor.go, BalanceScaleUpBetweenGroups.
    """
    shares = [_Share(s, s.target_size) for s in groups if s.target_size != s.group.max_size]
    shares = go_sorted(shares, lambda share: share.state.target_size)
    room = sum(max(0, share.state.group.max_size - share.new_size) for share in shares)
    start = at = 0
    left = min(new_nodes, room)
    while left > 0:
        if shares[at].new_size < shares[at].state.group.max_size:
            shares[at].new_size += 1
            left -= 1
        else:
            shares[start], shares[at] = shares[at], shares[start]
            start += 1
        is_ahead = at < len(shares) - 1 and shares[at].new_size > shares[at + 1].new_size
        at = at + 1 if is_ahead else start
    return [
        GroupIncrease(share.state.name, share.state.target_size, share.new_size)
        for share in shares
        if share.new_size != share.state.target_size
    ]


def takes_as_much(accepted: Mapping[str, Sequence[object]], one: str, other: str) -> bool:
    """Whether *other* takes everything that *one* takes.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaleup/orchestrator/
    orchestrator.go, matchingSchedulablePodGroups.
    """
    there = {id(each) for each in accepted.get(other, ())}
    return other in accepted and all(id(each) in there for each in accepted[one])
