"""Which pending pods need new nodes: those that are left when the others have found a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ove_capacity.model.pod import Pod
from ove_capacity.openshift.autoscaler.equivalence import SimilarPods
from ove_capacity.openshift.autoscaler.go_sort import go_sorted
from ove_capacity.openshift.autoscaler.gpus import asks_for_gpus
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.simulation import Simulation, is_expendable
from ove_capacity.openshift.autoscaler.view import is_daemon_pod
from ove_capacity.simtime import parse_duration

__all__ = ["PodList", "are_all_new", "old_enough", "own_delay_ms", "pods_to_help"]

_TOO_NEW_MS = 2000
_TOO_NEW_WITH_GPU_MS = 30_000
_OWN_DELAY = "cluster-autoscaler.kubernetes.io/pod-scale-up-delay"


@dataclass(frozen=True, slots=True)
class PodList:
    """Pending pods by what becomes of them, by number."""

    expendable: tuple[int, ...] = ()
    """Of too little priority to be heeded."""
    fitting: tuple[int, ...] = ()
    """They have a place on nodes that are there, or on their way."""
    daemons: tuple[int, ...] = ()
    """Of DaemonSets: a new node would bring one of its own."""
    to_help: tuple[int, ...] = ()
    """In the order in which they are tried."""


def pods_to_help(simulation: Simulation, options: AutoscalingOptions) -> PodList:
    """Sort out the pending pods; those that fit are placed in the snapshot.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/podlistprocessor/
    pod_list_processor.go, Process.
    """
    pods, cutoff = simulation.pods, options.expendable_pods_priority_cutoff
    expendable = [i for i in simulation.pending if is_expendable(pods[i], cutoff)]
    gone = frozenset(expendable)
    waiting = [i for i in simulation.pending if i not in gone]
    ordered = go_sorted(waiting, lambda number: -pods[number].spec.priority)
    unplaced = frozenset(_without_place(simulation, ordered))
    return PodList(
        tuple(expendable),
        tuple(i for i in ordered if i not in unplaced),
        tuple(i for i in ordered if i in unplaced and is_daemon_pod(pods[i])),
        tuple(i for i in ordered if i in unplaced and not is_daemon_pod(pods[i])),
    )


def _without_place(simulation: Simulation, ordered: Sequence[int]) -> list[int]:
    """Place the pods that fit, first to last; those that do not.

    Between two pods of one class nothing changes when the first finds no place, so the others of a
    run share its fate.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/podlistprocessor/
    filter_out_schedulable.go, filterOutSchedulableByPacking.
    """
    snapshot, pods, classes = simulation.snapshot, simulation.pods, simulation.classes
    similar, rows = SimilarPods(), snapshot.rows
    refused: list[int] = []
    full: set[int] = set()
    for c, run in groupby(ordered, key=lambda number: classes[number]):
        tried: list[int] = []
        for number in run:
            (refused if similar.has_like(pods[number]) else tried).append(number)
        nodes = snapshot.place_run(c, len(tried), rows) if tried and c not in full else []
        if len(nodes) < len(tried) and snapshot.only_loses(c):
            full.add(c)
        for number, n in zip(tried, nodes, strict=False):
            snapshot.note(number, n)
        for number in tried[len(nodes) :]:
            if not similar.has_like(pods[number]):
                similar.add(pods[number])
            refused.append(number)
    return refused


def old_enough(
    numbers: Sequence[int], pods: Sequence[Pod], now_ms: int, delay_ms: int
) -> tuple[int, ...]:
    """Those that have waited longer than a delay; their own annotation may only raise it.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/
    static_autoscaler.go, filterOutYoungPods.
    """

    def waited(pod: Pod) -> bool:
        own_ms = own_delay_ms(pod)
        return pod.created_ms is None or now_ms - pod.created_ms > max(own_ms, delay_ms)

    return tuple(number for number in numbers if waited(pods[number]))


def own_delay_ms(pod: Pod) -> int:
    """How long the pod's own annotation lets it wait.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/
    static_autoscaler.go, podScaleUpDelay.
    """
    text = pod.annotations.get(_OWN_DELAY)
    if text is None:
        return 0
    try:
        return parse_duration(text)
    except ValueError:
        return 0  # upstream logs it, and goes on with the cluster's


def are_all_new(numbers: Sequence[int], pods: Sequence[Pod], now_ms: int) -> bool:
    """Whether even the oldest pod, or the oldest for GPUs, is so young that more may come.

    The loop then scales nothing, up or down. Pods whose age is not known are old.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/
    static_autoscaler.go, allPodsAreNew.
    """
    if _are_younger(numbers, pods, now_ms - _TOO_NEW_MS):
        return True
    specs = {id(pods[number].spec): pods[number] for number in numbers}
    asking = {key for key, pod in specs.items() if asks_for_gpus(pod)}
    greedy = [number for number in numbers if id(pods[number].spec) in asking]
    return bool(greedy) and _are_younger(greedy, pods, now_ms - _TOO_NEW_WITH_GPU_MS)


def _are_younger(numbers: Sequence[int], pods: Sequence[Pod], since_ms: int) -> bool:
    ages = [pods[number].created_ms for number in numbers]
    return all(created is not None and created > since_ms for created in ages)
