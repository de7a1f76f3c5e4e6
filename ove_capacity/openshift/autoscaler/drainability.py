"""Whether the pods of a node may be moved, so that the node can go: the first rule that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.pod import OwnerReference, Pod
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.view import is_daemon_pod, is_mirror_pod
from ove_capacity.simtime import SECOND_MS

__all__ = [
    "CONTROLLER_NOT_FOUND",
    "LOCAL_STORAGE",
    "MOVE",
    "NOT_ENOUGH_BUDGET",
    "NOT_REPLICATED",
    "NOT_SAFE_TO_EVICT",
    "STAY",
    "SYSTEM_POD",
    "WAIT",
    "Budgets",
    "Drain",
    "PodMoves",
    "drain_outcome",
    "ends_ms",
    "is_long_terminating",
    "pods_to_move",
]

CONTROLLER_NOT_FOUND = "ControllerNotFound"
NOT_REPLICATED = "NotReplicated"
SYSTEM_POD = "UnmovableKubeSystemPod"
NOT_SAFE_TO_EVICT = "NotSafeToEvictAnnotation"
LOCAL_STORAGE = "LocalStorageRequested"
NOT_ENOUGH_BUDGET = "NotEnoughPdb"

MOVE, STAY, WAIT = "move", "stay", "wait"
"""What becomes of a pod that does not block: it moves, it goes with the node, it is waited for."""

_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_LOCAL_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
_SYSTEM_NAMESPACE = "kube-system"
_REPLICATED = ("Job", "ReplicaSet", "ReplicationController", "StatefulSet")
_LOOKED_UP = (*_REPLICATED, "DaemonSet")
_EXTRA_GRACE_MS = 30 * SECOND_MS

_ControllerExists = Callable[[OwnerReference, str], bool]


class Budgets:
    """What is left of disruption budgets while one loop plans.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/core/scaledown/pdb/
    basic.go, basicRemainingPdbTracker.
    """

    def __init__(self, budgets: Iterable[DisruptionBudget]) -> None:
        self._budgets = list(budgets)

    def matching(self, pod: Pod) -> list[DisruptionBudget]:
        """The budgets that cover the pod."""
        return [budget for budget in self._budgets if _covers(budget, pod)]

    def allow_together(self, pods: Sequence[Pod]) -> bool:
        """Whether all of the pods may be disrupted at one time."""
        return all(
            count <= max(0, budget.disruptions_allowed)
            for budget in self._budgets
            if (count := sum(_covers(budget, pod) for pod in pods))
        )

    def spend(self, pods: Sequence[Pod]) -> None:
        """The pods are disrupted; a budget may go below zero."""
        self._budgets = [
            replace(
                budget,
                disruptions_allowed=budget.disruptions_allowed
                - sum(_covers(budget, pod) for pod in pods),
            )
            for budget in self._budgets
        ]


def _covers(budget: DisruptionBudget, pod: Pod) -> bool:
    if budget.selector is None or budget.namespace != pod.namespace:
        return False
    return budget.selector.matches(pod.labels)


@dataclass(frozen=True, slots=True)
class Drain:
    """What the rules look at beside the pod."""

    options: AutoscalingOptions
    now_ms: int
    budgets: Budgets = field(default_factory=lambda: Budgets(()))
    controller_exists: _ControllerExists | None = None
    """Whether a controller is there, in a namespace; None: nobody looks."""


@dataclass(frozen=True, slots=True)
class PodMoves:
    """What a drain would do with the pods of a node, by number."""

    moving: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    """Pods that end by themselves, and are waited for."""
    blocking: int = -1
    """The first pod that keeps the node; -1: none does."""
    reason: str = ""
    """Why it does."""


def pods_to_move(numbers: Sequence[int], pods: Sequence[Pod], drain: Drain) -> PodMoves:
    """Ask the rules about each pod of a node, in order, until one blocks.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/drain.go,
    GetPodsToMove.
    """
    found: dict[str, list[int]] = {MOVE: [], STAY: [], WAIT: []}
    for number in numbers:
        outcome = drain_outcome(pods[number], drain)
        if outcome not in found:
            return PodMoves(tuple(found[MOVE]), tuple(found[WAIT]), number, outcome)
        found[outcome].append(number)
    return PodMoves(tuple(found[MOVE]), tuple(found[WAIT]))


def is_long_terminating(pod: Pod, now_ms: int) -> bool:
    """Whether the pod should have ended by now, 30 s past its grace period.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/drain/drain.go,
    IsPodLongTerminating.
    """
    return pod.deleted_ms is not None and ends_ms(pod, pod.deleted_ms) < now_ms


def ends_ms(pod: Pod, deleted_ms: int) -> int:
    """When a pod that is deleted should have ended, with 30 s on top.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/utils/drain/drain.go,
    IsPodLongTerminating.
    """
    grace_ms = pod.spec.termination_grace_period_seconds * SECOND_MS
    return deleted_ms + grace_ms + _EXTRA_GRACE_MS


def drain_outcome(pod: Pod, drain: Drain) -> str:
    """MOVE, STAY, WAIT, or why the pod keeps its node.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/drainability/
    rules/rules.go, Default; finished pods are not among those of a node.
    """
    if is_mirror_pod(pod) or is_long_terminating(pod, drain.now_ms):
        return STAY
    if drain.options.skip_nodes_with_custom_controller_pods and _is_orphaned(pod, drain):
        return CONTROLLER_NOT_FOUND
    if is_daemon_pod(pod):
        return STAY
    match pod.annotations.get(_SAFE_TO_EVICT):
        case "true":
            return MOVE
        case "on-completion":
            return WAIT
    return _obstacle(pod, drain)


def _is_orphaned(pod: Pod, drain: Drain) -> bool:
    owner = pod.owner
    if drain.controller_exists is None or owner is None or not owner.controller:
        return False
    return owner.kind in _LOOKED_UP and not drain.controller_exists(owner, pod.namespace)


def _obstacle(pod: Pod, drain: Drain) -> str:
    options, covering = drain.options, drain.budgets.matching(pod)
    if not _is_replicated(pod, options):
        return NOT_REPLICATED
    if options.skip_nodes_with_system_pods and pod.namespace == _SYSTEM_NAMESPACE and not covering:
        return MOVE if _is_past_timeout(pod, drain) else SYSTEM_POD
    if pod.annotations.get(_SAFE_TO_EVICT) == "false":
        return NOT_SAFE_TO_EVICT
    if options.skip_nodes_with_local_storage and _keeps_data(pod):
        return LOCAL_STORAGE
    if any(budget.disruptions_allowed < 1 for budget in covering):
        return NOT_ENOUGH_BUDGET
    return MOVE


def _is_replicated(pod: Pod, options: AutoscalingOptions) -> bool:
    owner = pod.owner
    if owner is None or not owner.controller:
        return False
    return not options.skip_nodes_with_custom_controller_pods or owner.kind in _REPLICATED


def _is_past_timeout(pod: Pod, drain: Drain) -> bool:
    timeout = drain.options.rules.system_pod_timeout_ms
    if timeout is None or pod.created_ms is None:
        return False
    return drain.now_ms > pod.created_ms + timeout


def _keeps_data(pod: Pod) -> bool:
    let_go = pod.annotations.get(_LOCAL_VOLUMES, "").split(",")
    return any(name not in let_go for name in pod.spec.local_volumes)
