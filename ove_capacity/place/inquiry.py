"""Questions about pods that have not come: what each plugin says, and how many would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.scheduler import Decision, Score
from ove_capacity.kubelet.admit import Admission
from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place.outcome import Bounced, Refused
from ove_capacity.place.relay import Relay
from ove_capacity.place.sentence import refused_by_kubelet, sentence
from ove_capacity.place.standing import scheduler_of
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import Rejection

__all__ = ["Verdict", "explain_pod", "filled", "filled_up", "fitting", "takers"]

_FIRST_BATCH = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """One cycle explained: what each plugin said of each node."""

    pod: Pod
    node: str
    """The node it would go to; empty when there is none."""
    rejections: tuple[tuple[str, Rejection], ...]
    """(node, why not)."""
    feasible: tuple[str, ...]
    scores: tuple[Score, ...]
    """Parallel to feasible; empty when fewer than two nodes are left: upstream scores none then."""
    skipped: tuple[str, ...]
    total: tuple[int, ...]
    message: str
    """Upstream's sentence when there is no node."""
    admissions: tuple[Admission | None, ...] = ()
    """Parallel to feasible: what its kubelet would say, None where it looks at no cell; empty where
    none does."""

    @property
    def not_admitted(self) -> tuple[str, ...]:
        """Parallel to admissions: the kubelet's words, ``""`` where it would admit the pod."""
        return tuple(map(_words, self.admissions))


def explain_pod(state: ClusterState, pod: Pod, policy: Policy) -> Verdict:
    """What each plugin says of each node for a pod that would come now; the state stays as is."""
    trial = state.copy()
    scheduler = scheduler_of(trial)
    c = scheduler.classify(trial, [pod])[0]
    decision: Decision = scheduler.decide(trial, c, -1, policy)
    rejections = diagnose(scheduler, trial, c, -1, decision)
    names = [node.name for node in trial.nodes]
    return Verdict(
        pod=pod,
        node=names[decision.node] if decision.node >= 0 else "",
        rejections=tuple((names[each.node], each) for each in rejections),
        feasible=tuple(names[n] for n in decision.feasible),
        scores=decision.scores,
        skipped=decision.skipped,
        total=decision.total,
        message="" if decision.feasible else sentence(trial, scheduler, c, rejections),
        admissions=_admissions(trial, decision.feasible, pod),
    )


def takers(state: ClusterState, pod: Pod, policy: Policy) -> tuple[int, ...]:
    """The nodes that would take the pod if it came now: scheduler and kubelet agree."""
    scheduler = scheduler_of(state)
    (c,) = scheduler.classify(state, [pod])
    feasible = scheduler.decide(state, c, -1, policy).feasible
    words = [_words(each) for each in _admissions(state, feasible, pod)]
    return tuple(n for i, n in enumerate(feasible) if not (words and words[i]))


def _admissions(
    state: ClusterState, nodes: Sequence[int], pod: Pod
) -> tuple[Admission | None, ...]:
    kubelets = state.admitting
    if not isinstance(kubelets, Kubelets):
        return ()
    return tuple(kubelets.try_out(n, -1, pod) for n in nodes)


def _words(admission: Admission | None) -> str:
    if admission is None or admission.refusal is None:
        return ""
    return Bounced(-1, admission.refusal).words


def fitting(
    state: ClusterState, pod: Pod, policy: Policy, limit: int | None = None
) -> tuple[list[int], Refused | None]:
    """The node of each pod like this one that still fits, alone; and why the next does not.

    Found by placing them on a copy; ties go to the first node, and nobody is pushed out. At *limit*
    nothing was refused, and it is None.
    """
    return filled_up(state.copy(), pod, policy, limit)


def filled_up(
    state: ClusterState, pod: Pod, policy: Policy, limit: int | None = None
) -> tuple[list[int], Refused | None]:
    """`fitting` on the state itself, where all those pods stay."""
    (c,) = scheduler_of(state).classify(state, [pod])
    nodes: list[int] = []
    batch = _FIRST_BATCH
    while limit is None or len(nodes) < limit:
        size = batch if limit is None else min(batch, limit - len(nodes))
        chosen, refused = filled(state, [pod] * size, np.full(size, c, np.int64), policy)
        nodes += chosen
        if refused is not None:
            return nodes, refused
        batch *= 2
    return nodes, None


def filled(
    state: ClusterState, pods: Sequence[Pod], classes: Array, policy: Policy
) -> tuple[list[int], Refused | None]:
    """Place pods in this order until one gets nowhere: the nodes of those before, and why it.

    Ties go to the first node, and nobody is pushed out. *classes*: (pods,) int64.
    """
    if state.admitting is None:
        return _filled_by_totals(state, pods, classes, policy)
    relay = Relay(state, policy, pods, classes, np.zeros(len(pods)))
    at, refused = 0, None
    while at < len(pods) and refused is None:
        at, bounced = relay.run(at, len(pods))
        last = at - 1
        if bounced is not None:
            refused = _insisted(relay, last, bounced)
        elif state.pod_node[relay.rows[last]] < 0:
            refused = _refused(state, pods[last], int(classes[last]), policy)
    placed = at - (refused is not None)
    for row in relay.rows[placed:].tolist():
        state.forget(row)
    return state.pod_node[relay.rows[:placed]].tolist(), refused


def _filled_by_totals(
    state: ClusterState, pods: Sequence[Pod], classes: Array, policy: Policy
) -> tuple[list[int], Refused | None]:
    """Where no kubelet has to know a pod again, it needs no row."""
    draws = np.zeros(len(pods))
    chosen, done = scheduler_of(state).schedule(state, classes, draws, policy)
    nodes = chosen[:done].tolist()
    if not nodes or nodes[-1] >= 0:
        return nodes, None
    return nodes[:-1], _refused(state, pods[done - 1], int(classes[done - 1]), policy)


def _insisted(relay: Relay, at: int, bounced: Bounced) -> Refused | None:
    """Bind it where it gets to in the end; or why it gets nowhere."""
    node = relay.taker(at, bounced.node)
    if node >= 0:
        assert relay.seat(at, node) is None, "it said that it would admit it"
        return None
    return refused_by_kubelet(relay.state, relay.pods[at], bounced)


def _refused(state: ClusterState, pod: Pod, c: int, policy: Policy) -> Refused:
    scheduler = scheduler_of(state)
    decision = scheduler.decide(state, c, -1, policy)
    rejections = tuple(diagnose(scheduler, state, c, -1, decision))
    return Refused(pod, sentence(state, scheduler, c, rejections), rejections)
