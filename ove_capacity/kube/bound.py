"""Pods that are bound and may have to go, and what a search among them writes, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.model.pod import Pod
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["NOBODY", "WEIGHTS", "Bound", "Found", "Ranks"]

NOBODY = -1
"""In place of a row."""

WEIGHTS = 5
"""What nodes are compared by."""


class Ranks(NamedTuple):
    """Who may evict whom."""

    priority: Array
    """(C,) int64, by class of pods."""
    levels: Array
    """All of them, each once, the highest first."""
    polite: Array
    """(C,) uint8: pods that evict nobody, whatever their priority."""
    leaving: bool
    """Whether any pod is terminating."""

    @classmethod
    def of(cls, pods: Sequence[Pod]) -> Ranks:
        """Of the classes that these pods stand for."""
        priority = np.array([pod.spec.priority for pod in pods], np.int64)
        return cls(
            priority,
            np.unique(priority)[::-1].copy(),
            np.array([pod.spec.preemption_never for pod in pods], np.uint8),
            any(pod.terminating for pod in pods),
        )


class Bound(NamedTuple):
    """The pods of a state, and the ranks of their classes."""

    node: Array
    """(rows,) int64: -1 without one."""
    pod_class: Array
    """(rows,) int64."""
    start: Array
    """(rows,) float64: when each started, infinite where it has not."""
    priority: Array
    """(C,) int64."""
    levels: Array
    """Of all priorities, the highest first."""
    polite: Array
    """(C,) uint8."""
    guard: Array
    """(rows,) int64: the set of budgets that guard each, -1 for none."""
    starts: Array
    """(S + 1,) int64: where each set begins among its members."""
    members: Array
    """(M,) int64: numbers of budgets."""
    allowed: Array
    """(B,) int64: evictions that each budget still allows."""

    @classmethod
    def of(cls, state: ClusterState, ranks: Ranks) -> Bound:
        """Those of a state, as they are now."""
        rows = len(state.pods)
        return cls(
            state.pod_node[:rows],
            state.pod_class[:rows],
            state.pod_start[:rows],
            ranks.priority,
            ranks.levels,
            ranks.polite,
            state.pod_guard[:rows],
            *state.guards.arrays(),
        )


class Found(NamedTuple):
    """What the search writes."""

    lined_up: Array
    """(1,) uint8: whether the pods of each node are, by importance."""
    first: Array
    """(N,) int64: the most important pod of a node, -1 for none."""
    tail: Array
    """(N,) int64: the least important one; scratch."""
    after: Array
    """(rows,) int64: the next less important one on the same node."""
    head: Array
    """(N,) int64: the most important of a node's pods that may have to go, -1 for none."""
    goes: Array
    """(rows,) uint8: whether it has to, if its node is chosen."""
    best: Array
    """(N,) int64: the nodes that no criterion tells apart."""
    left: Array
    """(R,) int64: scratch."""
    tight: Array
    """(R,) int64: scratch."""
    weight: Array
    """(2, 5) float64: what the best nodes are chosen by, and the one at hand: how many go against a
    budget, priority of the most important who goes, the sum of all, how many, and when the first of
    them started."""
    breaks: Array
    """(rows,) uint8: whether to evict it would go against a budget."""
    spare: Array
    """(B,) int64: scratch."""

    @classmethod
    def none(cls, state: ClusterState) -> Found:
        """Room for an answer."""
        rows, nodes = len(state.pods), len(state.nodes)
        return cls(
            np.zeros(1, np.uint8),
            np.full(nodes, NOBODY, np.int64),
            np.full(nodes, NOBODY, np.int64),
            np.full(rows, NOBODY, np.int64),
            np.full(nodes, NOBODY, np.int64),
            np.zeros(rows, np.uint8),
            np.zeros(nodes, np.int64),
            np.zeros(len(state.resources), np.int64),
            np.zeros(len(state.resources), np.int64),
            np.zeros((2, WEIGHTS), np.float64),
            np.zeros(rows, np.uint8),
            np.zeros(len(state.guards.budgets), np.int64),
        )

    def violations(self, n: int) -> int:
        """How many go from node *n* against a budget."""
        return sum(int(self.breaks[row]) for row in self.victims(n))

    def victims(self, n: int) -> list[int]:
        """Rows of those who go from node *n*, the most important first."""
        rows, row = [], int(self.head[n])
        while row >= 0:
            if self.goes[row]:
                rows.append(row)
            row = int(self.after[row])
        return rows
