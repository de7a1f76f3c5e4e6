"""The state of one cluster: nodes, pods and who holds what, in arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, Self

import numpy as np

from ove_capacity.kernels.compile import Array, views
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Pod
from ove_capacity.model.resources import AMOUNT_MAX, CPU, MEMORY, PODS
from ove_capacity.state.arrays import READY, ClassArrays, CounterArrays, NodeArrays
from ove_capacity.state.guards import UNGUARDED, Guards

__all__ = ["Admitting", "ClusterState", "Remembering", "Scheduling"]

_CHANGES_PER_NODE = 4


class Remembering(Protocol):
    """What is remembered of nodes until they change."""

    def keep(self, nodes: NodeArrays) -> Any:
        """What a checkpoint keeps: which nodes these are."""
        ...

    def rewind(self, kept: Any, nodes: NodeArrays) -> None:
        """The nodes are again what they were when `keep` gave this."""
        ...


class Scheduling(Protocol):
    """What the scheduler keeps beside the state: its compiled classes and their trees."""

    def for_copy(self) -> Scheduling:
        """What a copy of the state starts with."""
        ...

    def prospects(self, state: ClusterState) -> Remembering:
        """What searches for victims have found on nodes that have not changed since."""
        ...


class Admitting(Protocol):
    """What the nodes' kubelets keep beside the state: who holds which CPUs and cells."""

    def copy(self) -> Admitting:
        """The same at this moment, to go on alone."""
        ...

    def leave(self, n: int, row: int) -> None:
        """The pod of a row has left node *n*."""
        ...

    def empty(self, n: int, rows: Iterable[int]) -> None:
        """Node *n* has died with these pods."""
        ...

    def book(self) -> Any:
        """What a checkpoint keeps."""
        ...

    def restore(self, book: Any) -> None:
        """Take back what `book` gave."""
        ...


class ClusterState:
    """Mutable through `claim` only.

    Rows are pods, bound or waiting; a row number is stable while its pod exists.
    """

    def __init__(self, cluster: Cluster, resources: Iterable[str]) -> None:
        self.cluster = cluster
        """The noun it began as; its nodes are those of now."""
        self.nodes: list[Node] = list(cluster.nodes)
        self.resources: list[str] = list(resources)
        """Column names of the amounts: cpu, memory, pods, then the others sorted."""
        self.arrays = _node_arrays(self.nodes, self.resources)
        self.counters: CounterArrays | None = None
        self.classes: ClassArrays | None = None
        """Counters and classes: written by the scheduler when it compiles pod classes."""
        self.scheduling: Scheduling | None = None
        self.admitting: Admitting | None = None
        """The kubelets that admit by cells; None where no node asks for it, which costs nothing."""
        self.pod_class: Array = np.zeros(0, np.int64)
        """(rows,) int64: class of each pod."""
        self.pod_node: Array = np.zeros(0, np.int64)
        """(rows,) int64: node of each pod, -1 while it has none."""
        self.pod_start: Array = np.zeros(0)
        """(rows,) float64: when each pod started, infinite where it has not."""
        self.pod_guard: Array = np.zeros(0, np.int64)
        """(rows,) int64: the set of PodDisruptionBudgets that guard each pod, -1 for none."""
        self.guards = Guards(cluster.disruption_budgets)
        self.pods: list[Pod | None] = []
        """(rows,): the pods; None where none was yet."""
        self.live: Array = np.zeros(0, np.bool_)
        """(rows,) bool: whether the row holds a pod now."""
        self.nominated: dict[int, list[int]] = {}
        """Node -> rows of the pods nominated to it that wait for room there."""
        self._free: list[int] = []
        self._views: tuple[NodeArrays, CounterArrays, ClassArrays] | None = None
        self._index = {node.name: n for n, node in enumerate(self.nodes)}

    @classmethod
    def of(cls, cluster: Cluster, extra_resources: Iterable[str] = ()) -> Self:
        """The cluster's nodes with the platform's own requests on them, before any pod.

        `place.initial_state` also binds the pods that exist.
        """
        named = {name for node in cluster.nodes for name in (*node.allocatable, *node.platform)}
        named.update(extra_resources)
        first = (CPU, MEMORY, PODS)
        return cls(cluster, (*first, *sorted(named.difference(first))))

    def copy(self) -> ClusterState:
        """An independent state: placing on it leaves this one alone."""
        twin = object.__new__(ClusterState)
        twin.__dict__.update(self.__dict__)
        twin.nodes = list(self.nodes)
        twin.arrays = NodeArrays(*(array.copy() for array in self.arrays))
        if self.counters is not None:
            counters = self.counters
            twin.counters = counters._replace(
                held=counters.held.copy(), entries=counters.entries.copy()
            )
        twin.pod_class = self.pod_class.copy()
        twin.pod_node = self.pod_node.copy()
        twin.pod_start = self.pod_start.copy()
        twin.pod_guard = self.pod_guard.copy()
        twin.live = self.live.copy()
        twin.pods = list(self.pods)
        twin.nominated = {n: list(rows) for n, rows in self.nominated.items()}
        twin._free = list(self._free)
        twin._views = None
        twin.admitting = None if self.admitting is None else self.admitting.copy()
        twin.scheduling = None if self.scheduling is None else self.scheduling.for_copy()
        return twin

    # -- reading ---------------------------------------------------------------------------------

    @property
    def allocatable(self) -> Array:
        """(N, R) int64."""
        return self.arrays.allocatable

    @property
    def requested(self) -> Array:
        """(N, R) int64."""
        return self.arrays.requested

    @property
    def alive(self) -> Array:
        """(N,) bool: nodes in service."""
        return np.asarray(self.arrays.presence == READY)

    def node_index(self, name: str) -> int:
        """Index of the node of that name; KeyError if there is none."""
        return self._index[name]

    def has_node(self, name: str) -> bool:
        """Whether there is a node of that name, in service or not."""
        return name in self._index

    def resource_index(self, name: str) -> int:
        """Column of a resource; ValueError if no node has and no pod asks for it."""
        return self.resources.index(name)

    def pod(self, row: int) -> Pod:
        """The pod of a row."""
        pod = self.pods[row]
        assert pod is not None, f"row {row} was never used"
        return pod

    def node_of(self, row: int) -> int:
        """Node index of a pod, -1 while it has none."""
        return int(self.pod_node[row])

    def pods_on(self, n: int) -> list[int]:
        """Rows of the pods bound to node *n*, ascending."""
        return [int(row) for row in np.flatnonzero(self.pod_node[: len(self.pods)] == n)]

    def rows(self) -> list[int]:
        """Rows of all pods, bound or waiting, ascending."""
        return [int(row) for row in np.flatnonzero(self.live[: len(self.pods)])]

    def bound_classes(self) -> list[int]:
        """Classes of the pods that are bound, each once, ascending."""
        rows = len(self.pods)
        classes = self.pod_class[:rows][self.pod_node[:rows] >= 0]
        return [int(c) for c in np.flatnonzero(np.bincount(classes))]

    def views(self) -> tuple[NodeArrays, CounterArrays, ClassArrays]:
        """The arrays as memoryviews, for kernels run plain."""
        if self._views is None:
            assert self.counters is not None, "nothing compiled yet"
            assert self.classes is not None
            self._views = (views(self.arrays), views(self.counters), views(self.classes))
        return self._views

    # -- writing, for claim and the scheduler's compiler ------------------------------------------

    def add(self, pod: Pod, pod_class: int) -> int:
        """A row for a pod that waits; its class must be compiled."""
        if self._free:
            row = self._free.pop()
            self.pods[row] = pod
        else:
            row = len(self.pods)
            self.pods.append(pod)
            if row >= len(self.pod_class):
                self._grow_rows(max(64, 2 * row))
        self.pod_class[row] = pod_class
        self.pod_node[row] = -1
        self.pod_start[row] = _start(pod)
        self.pod_guard[row] = self._guard(pod)
        self.live[row] = True
        return row

    def add_many(self, pods: Sequence[Pod], classes: Array) -> Array:
        """(pods,) int64 rows for pods that wait, of these (pods,) int64 classes."""
        again = self._free[: -len(pods) - 1 : -1]  # as `add` would, one by one
        del self._free[len(self._free) - len(again) :]
        for row, pod in zip(again, pods, strict=False):
            self.pods[row] = pod
        first = len(self.pods)
        self.pods.extend(pods[len(again) :])
        if len(self.pods) > len(self.pod_class):
            self._grow_rows(2 * len(self.pods))
        rows = np.array([*again, *range(first, len(self.pods))], np.int64)
        self.pod_class[rows], self.pod_node[rows], self.live[rows] = classes, -1, True
        self.pod_start[rows], self.pod_guard[rows] = self._starts(pods), self._guards(pods)
        return rows

    def forget(self, row: int) -> None:
        """The pod of a row exists no more; the row may be used again."""
        assert self.live[row], f"row {row} holds no pod"
        self.live[row] = False
        self._free.append(row)

    def book(self) -> tuple[list[int], dict[int, list[int]]]:
        """Rows to be used again, and nominations: what a checkpoint keeps beside the arrays."""
        return list(self._free), {n: list(rows) for n, rows in self.nominated.items()}

    def restore_book(
        self, pods: Sequence[Pod | None], book: tuple[list[int], dict[int, list[int]]]
    ) -> None:
        """Take back what `book` gave, and the pods of that moment."""
        free, nominated = book
        self.pods[:] = pods
        self._free = list(free)
        self.nominated = {n: list(rows) for n, rows in nominated.items()}

    def replace_compiled(self, counters: CounterArrays, classes: ClassArrays) -> None:
        """Take newly compiled counters and classes."""
        self.counters, self.classes = counters, classes
        self._views = None

    def replace_nodes(self, arrays: NodeArrays, resources: list[str]) -> None:
        """Take node arrays with more columns."""
        self.arrays, self.resources = arrays, resources
        self._views = None

    def rearrange(self, kept: Sequence[int], joining: Sequence[Node]) -> None:
        """Keep these nodes, in this order, and take others behind them; no pod is on those left.

        Their columns must be known. Whoever compiled classes compiles them anew.
        """
        moved = np.full(len(self.nodes) + 1, -1, np.int64)
        moved[list(kept)] = np.arange(len(kept))
        bound = self.pod_node >= 0
        assert np.all(moved[self.pod_node[bound]] >= 0), "a node leaves with pods on it"
        assert not self.nominated, "pods are nominated to nodes"
        old, new = self.arrays, _node_arrays(list(joining), self.resources)
        cursor = old.cursor.copy()
        cursor[1] = 0
        self.nodes = [*(self.nodes[n] for n in kept), *joining]
        self.arrays = NodeArrays(
            presence=np.concatenate([old.presence[kept], new.presence]),
            cordoned=np.concatenate([old.cordoned[kept], new.cordoned]),
            allocatable=np.concatenate([old.allocatable[kept], new.allocatable]),
            requested=np.concatenate([old.requested[kept], new.requested]),
            nonzero=np.concatenate([old.nonzero[kept], new.nonzero]),
            ports=np.zeros((len(self.nodes), old.ports.shape[1]), np.int64),
            changes=np.zeros(max(64, _CHANGES_PER_NODE * len(self.nodes)), np.int64),
            cursor=cursor,
        )
        self.pod_node = moved[self.pod_node]
        self.cluster = replace(self.cluster, nodes=tuple(self.nodes))
        self._index = {node.name: n for n, node in enumerate(self.nodes)}
        self._views = None

    def _guard(self, pod: Pod) -> int:
        return self.guards.set_of(pod) if self.guards.budgets else UNGUARDED

    def _guards(self, pods: Sequence[Pod]) -> list[int] | int:
        """Of each, or of all where they are alike."""
        return [self.guards.set_of(pod) for pod in pods] if self.guards.budgets else UNGUARDED

    @staticmethod
    def _starts(pods: Sequence[Pod]) -> list[float] | float:
        """Of each, or of all where they are alike: of thousands that are tried, none has begun."""
        known = [pod.start_ms for pod in pods]
        return math.inf if known.count(None) == len(known) else [_start(pod) for pod in pods]

    def _grow_rows(self, size: int) -> None:
        for name, fill in (
            ("pod_class", 0),
            ("pod_node", -1),
            ("pod_start", math.inf),
            ("pod_guard", UNGUARDED),
            ("live", False),
        ):
            old = getattr(self, name)
            new = np.full(size, fill, old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)


def _start(pod: Pod) -> float:
    return math.inf if pod.start_ms is None else float(pod.start_ms)


def _amount_row(amounts: Mapping[str, int], resources: list[str]) -> list[int]:
    row = [amounts.get(name, 0) for name in resources]
    assert all(0 <= amount <= AMOUNT_MAX for amount in row), f"an amount out of bounds: {amounts}"
    return row


def _node_arrays(nodes: list[Node], resources: list[str]) -> NodeArrays:
    count, width = len(nodes), len(resources)
    platform = [_amount_row(node.platform, resources) for node in nodes]
    requested = np.array(platform, np.int64).reshape(count, width)
    return NodeArrays(
        presence=np.full(count, READY, np.uint8),
        cordoned=np.array([node.unschedulable for node in nodes], np.uint8),
        allocatable=np.array(
            [_amount_row(node.allocatable, resources) for node in nodes], np.int64
        ).reshape(count, width),
        requested=requested,
        nonzero=requested[:, [resources.index(CPU), resources.index(MEMORY)]].copy(),
        ports=np.zeros((count, 1), np.int64),
        changes=np.zeros(max(64, _CHANGES_PER_NODE * count), np.int64),
        cursor=np.zeros(2, np.int64),
    )
