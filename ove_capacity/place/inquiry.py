"""Questions about pods that have not come: what each plugin says, and how many would fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.scheduler import Decision, Score
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place.outcome import Refused
from ove_capacity.place.sentence import sentence
from ove_capacity.place.standing import scheduler_of
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.state.rejection import Rejection

__all__ = ["Verdict", "explain_pod", "fitting"]

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
    )


def fitting(
    state: ClusterState, pod: Pod, policy: Policy, limit: int | None = None
) -> tuple[list[int], Refused | None]:
    """The node of each pod like this one that still fits, alone; and why the next does not.

    Found by placing them on a copy; ties go to the first node, and nobody is pushed out. At *limit*
    nothing was refused, and it is None.
    """
    trial = state.copy()
    scheduler = scheduler_of(trial)
    c = scheduler.classify(trial, [pod])[0]
    nodes: list[int] = []
    batch = _FIRST_BATCH
    while limit is None or len(nodes) < limit:
        size = batch if limit is None else min(batch, limit - len(nodes))
        classes = np.full(size, c, np.int64)
        chosen, done = scheduler.schedule(trial, classes, np.zeros(size), policy)
        nodes += chosen[:done].tolist()
        if nodes and nodes[-1] < 0:
            decision = scheduler.decide(trial, c, -1, policy)
            rejections = tuple(diagnose(scheduler, trial, c, -1, decision))
            message = sentence(trial, scheduler, c, rejections)
            return nodes[:-1], Refused(pod, message, rejections)
        batch *= 2
    return nodes, None
