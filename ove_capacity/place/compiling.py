"""All kernels compiled ahead, so that the first large question on a machine need not wait."""

from __future__ import annotations

import numpy as np

from ove_capacity.kernels.compile import CALLS_WORTH_COMPILING, expect, form
from ove_capacity.kube.cycle import schedule_many
from ove_capacity.kube.displacing import schedule_displacing
from ove_capacity.kube.filtering import find_feasible
from ove_capacity.kube.preemption import best_victims
from ove_capacity.kube.scoring import choose, score_nodes
from ove_capacity.kube.victims import find_victims
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.resources import CPU, MEMORY, PODS
from ove_capacity.place.desk import place, unplaced
from ove_capacity.place.standing import initial_state, scheduler_of
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release

__all__ = ["compile_kernels"]

_KERNELS = (schedule_many, schedule_displacing, find_victims, find_feasible, score_nodes, choose)
"""Those that are called from outside of kernels; they bring the others along."""


def compile_kernels() -> bool:
    """Compile what is not in the cache yet, about 35 s of CPU, by a question to a tiny cluster.

    False when ``OVE_CAPACITY_KERNELS`` says that kernels run plain.
    """
    for each in _KERNELS:
        expect(each, CALLS_WORTH_COMPILING)
    if not form(schedule_many, 0)[1]:
        return False
    amounts = {CPU: 2_000, MEMORY: 1 << 33, PODS: 10}
    weak, strong = (_pod(f"priority-{n}", n) for n in range(2))
    policy = Policy()
    state = initial_state(
        Cluster("tiny", release("4.20"), tuple(Node(f"w{n}", amounts, amounts) for n in range(2))),
        [weak, strong],
    )
    scheduler = scheduler_of(state)
    of_weak, of_strong = scheduler.classify(state, [weak, strong])
    assert scheduler.decide(state, of_weak, -1, policy).node == 0
    assert len(place(state, [weak] * 2, policy).bound) == 2
    full = scheduler.decide(state, of_strong, -1, policy).codes
    assert best_victims(scheduler, state, of_strong, -1, full) is not None
    assert len(unplaced(state, [strong], np.array([of_strong]), policy).displaced) == 1
    return True


def _pod(name: str, priority: int) -> Pod:
    """Two fill both nodes."""
    container = Container("compute", {CPU: Quantity.parse("1500m")})
    return Pod(name, PodSpec((container,), priority=priority))
