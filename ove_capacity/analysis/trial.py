"""A copy of a cluster to place on: what fits, and what would bind if something else did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.model.pod import Pod
from ove_capacity.model.policy import Policy
from ove_capacity.place import Refused, filled, filled_up, fitting, scheduler_of, takers
from ove_capacity.state.claim import note_change
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Trial"]

_AMPLE = 1 << 50
"""More than anybody asks for: a quarter of what scores can still multiply by 100 in 64 bits."""


class Trial:
    """The cluster itself stays as it is; ties go to the first node, and nobody is pushed out."""

    def __init__(self, state: ClusterState, pods: Sequence[Pod], policy: Policy) -> None:
        """Copy the state; pods of other specs than *pods* may not be asked about."""
        self.state = state.copy()
        self.policy = Policy(tie="first", nodes_scored=policy.nodes_scored)
        self.workers = frozenset(n for n, node in enumerate(state.nodes) if node.is_worker)
        """By index, out of service or not."""
        scheduler_of(self.state).classify(self.state, pods)

    def alone(self, pod: Pod) -> tuple[list[int], Refused]:
        """The nodes that pods like this one go to when they come alone, and why the next does not.

        The trial stays as it is.
        """
        nodes, refused = fitting(self.state, pod, self.policy)
        assert refused is not None, "without a limit it ends with a refusal"
        return nodes, refused

    def takers(self, pod: Pod) -> tuple[int, ...]:
        """The nodes that would take one such pod now."""
        return takers(self.state, pod, replace(self.policy, nodes_scored="all"))

    def asks(self, pod: Pod) -> frozenset[str]:
        """Resources that the pod asks nodes for."""
        (c,) = scheduler_of(self.state).classify(self.state, [pod])
        classes = self.state.classes
        assert classes is not None, "it has just been classed"
        asked = classes.request[c].tolist()
        return frozenset(r for r, amount in zip(self.state.resources, asked, strict=True) if amount)

    def refusal(self, pod: Pod) -> Refused:
        """Why no node takes the pod."""
        classes = np.array(scheduler_of(self.state).classify(self.state, [pod]), np.int64)
        _, refused = filled(self.state, [pod], classes, self.policy)
        assert refused is not None, "a node takes it"
        return refused

    def fill(self, pods: Sequence[Pod]) -> int:
        """Place pods in this order until one finds no node; how many were placed."""
        classes = np.array(scheduler_of(self.state).classify(self.state, pods), np.int64)
        nodes, _ = filled(self.state, pods, classes, self.policy)
        return len(nodes)

    def fill_up(self, pod: Pod) -> int:
        """Place pods like this one until one finds no node; how many were placed."""
        nodes, _ = filled_up(self.state, pod, self.policy)
        return len(nodes)

    def limit(self, resource: str, most: int) -> None:
        """No node has more than *most* of a resource."""
        self._allocate(resource, np.minimum(self._allocatable(resource), most))

    def lift(self, resource: str) -> None:
        """Every node has plenty of a resource in each of its cells, as if it could not run out."""
        if isinstance(self.state.admitting, Kubelets):
            self.state.admitting.lift(resource)
        self._allocate(resource, np.full(len(self.state.nodes), _AMPLE, np.int64))

    def _allocatable(self, resource: str) -> np.ndarray:
        column = self.state.allocatable[:, self.state.resource_index(resource)]
        return np.asarray(column)

    def _allocate(self, resource: str, amounts: np.ndarray) -> None:
        arrays = self.state.arrays
        arrays.allocatable[:, self.state.resource_index(resource)] = amounts
        for n in range(len(self.state.nodes)):
            note_change(arrays.changes, arrays.cursor, n)
