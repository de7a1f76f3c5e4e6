"""Pods that the autoscaler need not look at one by one: of one controller, and alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.view import is_daemon_pod

__all__ = ["PodGroup", "SimilarPods", "pod_groups"]

_MOST_BY_CONTROLLER = 10

_ControllerKey = tuple[str, str, str]


def _controller(pod: Pod) -> _ControllerKey | None:
    owner = pod.owner
    if owner is None or not owner.controller:
        return None
    return owner.kind, pod.namespace, owner.name


def _are_alike(one: Pod, other: Pod) -> bool:
    return one.labels == other.labels and (one.spec is other.spec or one.spec == other.spec)


@dataclass(slots=True)
class PodGroup:
    """Pods, by number, that stand or fall together."""

    pod_class: int
    pods: list[int]
    accepted_by: list[str] = field(default_factory=list)
    """Node groups that would take one of them."""
    rejected_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Node group -> why it would not."""


def pod_groups(
    numbers: Sequence[int], pods: Sequence[Pod], classes: Sequence[int]
) -> list[PodGroup]:
    """Equivalence groups, in the order of their first pods.

    At most ten to a controller; each VM has a controller of its own, and so a group of its own.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaleup/equivalence/
    groups.go, BuildPodGroups.
    """
    groups: list[PodGroup] = []
    known: dict[_ControllerKey, list[PodGroup]] = {}
    for number in numbers:
        pod = pods[number]
        controller = _controller(pod)
        if controller is None or is_daemon_pod(pod):
            groups.append(PodGroup(classes[number], [number]))
            continue
        of_controller = known.setdefault(controller, [])
        group = next((g for g in of_controller if _are_alike(pod, pods[g.pods[0]])), None)
        if group is not None:
            group.pods.append(number)
            continue
        group = PodGroup(classes[number], [number])
        groups.append(group)
        if len(of_controller) < _MOST_BY_CONTROLLER:
            of_controller.append(group)
    return groups


class SimilarPods:
    """Pods that found no place in this loop: pods like them are not tried again.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/scheduling/
    similar_pods.go, SimilarPodsScheduling.
    """

    def __init__(self) -> None:
        self._known: dict[_ControllerKey, list[Pod]] = {}

    def has_like(self, pod: Pod) -> bool:
        """Whether a pod like this one found no place."""
        controller = _controller(pod)
        return controller is not None and any(
            _are_alike(pod, other) for other in self._known.get(controller, ())
        )

    def add(self, pod: Pod) -> None:
        """This pod found no place."""
        controller = _controller(pod)
        if controller is None or is_daemon_pod(pod):
            return
        known = self._known.setdefault(controller, [])
        if len(known) < _MOST_BY_CONTROLLER:
            known.append(pod)
