"""The kubelets of a cluster's nodes beside its state: who holds which CPUs, cells and pages now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from ove_capacity.kubelet.admit import Admission, admit, release
from ove_capacity.kubelet.demand import PodDemand, demand_without, pod_demand
from ove_capacity.kubelet.node_state import Kubelet, NodeState, start
from ove_capacity.kubelet.published import node_resource_topology
from ove_capacity.kubelet.refusal import Refusal
from ove_capacity.kubelet.remembered import Remembered
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.model.kubelet import NodeKubelet
from ove_capacity.model.node import Node
from ove_capacity.model.node_resource_topology import NodeResourceTopology
from ove_capacity.model.pod import Pod, PodSpec

__all__ = ["Kubelets", "kubelets_of"]


class Kubelets:
    """One `Kubelet` and `NodeState` for each node, None where node totals are all there is.

    A pod is known by its row in the cluster's state. States are values, so that copying and
    keeping them copies a list.
    """

    def __init__(self, started: Sequence[Kubelet | None]) -> None:
        self.started = tuple(started)
        """(N,): each node's kubelet as it was started."""
        self.states: list[NodeState | None] = [_empty(each) for each in self.started]
        """(N,): what its managers know now; keys of pods are their rows, as text."""
        self.unplaced: dict[int, Refusal] = {}
        """Row -> why, of pods that stood on their node already and fit into no cell here."""
        self._devices = frozenset(name for each in self.started if each for name in each.devices)
        self._demands: dict[int, tuple[PodSpec, PodDemand]] = {}
        self._plenty: frozenset[str] = frozenset()
        self._remembered = Remembered()
        self._published: dict[int, tuple[NodeState, NodeResourceTopology]] = {}

    def copy(self) -> Self:
        """The same at this moment, to go on alone."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.states, twin.unplaced = list(self.states), dict(self.unplaced)
        twin._published = dict(self._published)
        return twin

    def demand(self, spec: PodSpec) -> PodDemand:
        """What pods of a spec ask of the managers, worked out once.

        Source: ours; see `pod_demand`.
        """
        known = self._demands.get(id(spec))
        if known is None:
            demand = demand_without(pod_demand(spec), self._plenty)
            known = self._demands[id(spec)] = (spec, demand)  # keeps the identity alive
        return known[1]

    def lift(self, resource: str) -> None:
        """Let there be plenty of a resource in every cell for the pods that come from now on.

        Source: ours.
        """
        self._plenty |= {resource}
        self._demands = {}

    def concerns(self, spec: PodSpec) -> bool:
        """Whether a pod asks for anything that a cell or device is taken for.

        Every kubelet admits the others, and nothing changes by it.

        Source: ours; without a hint of its own a pod fits everywhere.
        """
        demand = self.demand(spec)
        if demand.counts_memory or demand.total.cpus:
            return True
        return any(name in self._devices for name, _ in demand.total.devices)

    def try_out(self, n: int, row: int, pod: Pod) -> Admission | None:
        """What the kubelet of node *n* would say; None where it does not look at cells.

        Source: kubernetes v1.36.2 pkg/kubelet/kubelet.go, HandlePodAdditions.
        """
        kubelet, state = self.started[n], self.states[n]
        if kubelet is None or state is None:
            return None
        return admit(kubelet, state, str(row), self.demand(pod.spec))

    def admit(self, n: int, row: int, pod: Pod) -> Refusal | None:
        """Admit the pod of a row on node *n*, or say why not.

        Source: kubernetes v1.36.2 pkg/kubelet/kubelet.go, HandlePodAdditions.
        """
        kubelet, state = self.started[n], self.states[n]
        if kubelet is None or state is None:
            return None
        demand = self.demand(pod.spec)
        refusal, self.states[n] = self._remembered.admit(kubelet, state, str(row), demand)
        return refusal

    def would_admit(self, n: int, row: int, pod: Pod) -> bool:
        """Whether the kubelet of node *n* would admit the pod of a row now.

        Source: kubernetes v1.36.2 pkg/kubelet/kubelet.go, HandlePodAdditions.
        """
        kubelet, state = self.started[n], self.states[n]
        if kubelet is None or state is None:
            return True
        answer = self._remembered.admit(kubelet, state, str(row), self.demand(pod.spec))
        return answer[0] is None

    def stand(self, n: int, row: int, pod: Pod) -> None:
        """A pod that is on its node already: it holds something there, though not known what.

        It is admitted as if it came now. Where that fails it stays, and is noted: it was admitted
        by another history than ours.

        Source: ours; no object of the API says which CPUs a pod got.
        """
        refusal = self.admit(n, row, pod)
        if refusal is not None:
            self.unplaced[row] = refusal

    def leave(self, n: int, row: int) -> None:
        """The pod of a row has left node *n*.

        Source: kubernetes v1.36.2 pkg/kubelet/cm/internal_container_lifecycle.go,
        PostStopContainer.
        """
        kubelet, state = self.started[n], self.states[n]
        self.unplaced.pop(row, None)
        if kubelet is not None and state is not None:
            self.states[n] = release(kubelet, state, str(row))

    def empty(self, n: int, rows: Iterable[int]) -> None:
        """Node *n* has died with these pods; its kubelet starts anew.

        Source: ours; upstream's checkpoint files survive, but no pod in them does.
        """
        self.states[n] = _empty(self.started[n])
        for row in rows:
            self.unplaced.pop(row, None)

    def topology(self, n: int) -> NodeResourceTopology | None:
        """What node *n* publishes of its cells now; None where its kubelet does not look at them.

        Source: ours for when: at once. What, see `node_resource_topology`.
        """
        kubelet, state = self.started[n], self.states[n]
        if kubelet is None or state is None:
            return None
        known = self._published.get(n)
        if known is None or known[0] is not state:
            known = self._published[n] = (state, node_resource_topology(kubelet, state))
        return known[1]

    def book(self) -> tuple[list[NodeState | None], dict[int, Refusal]]:
        """What a checkpoint keeps.

        Source: ours.
        """
        return list(self.states), dict(self.unplaced)

    def restore(self, book: tuple[list[NodeState | None], dict[int, Refusal]]) -> None:
        """Take back what `book` gave.

        Source: ours.
        """
        self.states, self.unplaced = list(book[0]), dict(book[1])

    def rearranged(self, kept: Sequence[int], joining: Iterable[Node], kubernetes: str) -> Kubelets:
        """Those of the nodes that stay, in this order, and behind them newly started ones.

        Source: ours.
        """
        started = _started(joining, kubernetes)
        twin = Kubelets([*(self.started[n] for n in kept), *started])
        twin.states[: len(kept)] = [self.states[n] for n in kept]
        twin.unplaced, twin._demands = self.unplaced, self._demands
        return twin

    def carry(self, other: Kubelets, rows: dict[int, int]) -> None:
        """Take over what pods hold in *other*, whose nodes come first here, under new rows.

        Source: ours.
        """
        renamed = {str(old): str(new) for old, new in rows.items()}
        for n, state in enumerate(other.states):
            if state is not None:
                pods = {renamed[key]: held for key, held in state.pods.items()}
                self.states[n] = NodeState(state.shared, state.memory, state.devices, pods)
        self.unplaced = {rows[row]: why for row, why in other.unplaced.items()}


def _empty(kubelet: Kubelet | None) -> NodeState | None:
    return None if kubelet is None else kubelet.empty


def kubelets_of(nodes: Iterable[Node], kubernetes: str) -> Kubelets | None:
    """The kubelets of these nodes, started; None when none of them looks at cells.

    *kubernetes*: their release, as ``1.28``.

    Raises:
        StartError: one of them would not start.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/container_manager_linux.go, NewContainerManager.
    """
    found = _started(nodes, kubernetes)
    return Kubelets(found) if any(found) else None


def _started(nodes: Iterable[Node], kubernetes: str) -> list[Kubelet | None]:
    rules = kubelet_rules(kubernetes)
    started: dict[int, Kubelet] = {}
    found: list[Kubelet | None] = []
    for node in nodes:
        given: NodeKubelet | None = node.kubelet
        if given is None:
            found.append(None)
            continue
        if id(given) not in started:
            started[id(given)] = start(given.machine, given.config, given.kept, rules=rules)
        found.append(started[id(given)])
    return found
