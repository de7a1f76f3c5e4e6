"""How many nodes of a group some pods would need: packed one by one, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from ove_capacity.kube.codes import PASS, SPREAD_SKEW
from ove_capacity.model.node import HOSTNAME_LABEL, Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.openshift.autoscaler.equivalence import PodGroup
from ove_capacity.openshift.autoscaler.go_sort import go_sorted
from ove_capacity.openshift.autoscaler.simulation import Simulation
from ove_capacity.openshift.autoscaler.snapshot import Snapshot

__all__ = ["Estimate", "estimate", "node_limit"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Nodes that would be needed, and the pods that would then run, by number."""

    nodes: int
    pods: tuple[int, ...]


def node_limit(limits: Sequence[int]) -> int | None:
    """The smallest limit that is one: 0 is none, and below 0 no node is granted at all.

    None: no limit.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/estimator/
    threshold_based_limiter.go, getMinLimit.
    """
    if any(limit < 0 for limit in limits):
        return 0
    return min((limit for limit in limits if limit > 0), default=None)


def estimate(
    simulation: Simulation,
    group: str,
    pod_groups: Sequence[PodGroup],
    limit: int | None,
    retries_hostname_spread: bool = True,
) -> Estimate:
    """Pack pods onto new nodes of a group; the snapshot is left as it was.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/estimator/
    binpacking_estimator.go, Estimate.
    """
    snapshot = simulation.snapshot
    mark = snapshot.fork()
    packing = _Packing(simulation, group, limit, retries_hostname_spread)
    for c, run in groupby(_ordered(simulation, group, pod_groups), key=lambda g: g.pod_class):
        if snapshot.heeds_pods(c):
            for each in run:
                packing.add_group(c, each.pods)
        else:
            packing.add_run(c, [number for each in run for number in each.pods])
    snapshot.revert(mark)
    return Estimate(len(packing.used), tuple(packing.pods))


def _ordered(simulation: Simulation, group: str, pod_groups: Sequence[PodGroup]) -> list[PodGroup]:
    """By what they ask of a node, most first.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/estimator/
    decreasing_pod_orderer.go, Order.
    """
    node = simulation.templates[group].node
    known: dict[int, float] = {}
    for each in pod_groups:
        if each.pod_class not in known:
            known[each.pod_class] = _score(simulation.snapshot, each.pod_class, node)
    return go_sorted(pod_groups, lambda each: -known[each.pod_class])


def _score(snapshot: Snapshot, c: int, node: Node) -> float:
    score = 0.0
    for resource in (CPU, MEMORY):
        allocatable = node.allocatable.get(resource, 0)
        if allocatable > 0:
            score += float(snapshot.amount(c, resource)) / float(allocatable)
    return score


@dataclass(slots=True)
class _Packing:
    """One estimate: the nodes invented so far, and the pods that found a place on them."""

    simulation: Simulation
    group: str
    limit: int | None
    retries_hostname_spread: bool
    nodes: list[int] = field(default_factory=list)
    used: dict[int, None] = field(default_factory=dict)
    """Nodes with a pod, existing ones too."""
    pods: list[int] = field(default_factory=list)
    refusing: dict[int, int] = field(default_factory=dict)
    """Class -> how many of the first nodes will not take it any more."""
    is_exhausted: bool = False
    """The limit was met: no further group gets a new node."""

    @property
    def _snapshot(self) -> Snapshot:
        return self.simulation.snapshot

    def _track(self, number: int, n: int) -> None:
        self.used[n] = None
        self.pods.append(number)

    def _may_add(self) -> bool:
        """Whether a new node could help and is granted; it is then there."""
        if self.nodes and self.nodes[-1] not in self.used:
            return False  # an empty one did not help either
        if self.limit is not None and len(self.nodes) >= self.limit:
            self.is_exhausted = True
            return False
        self.nodes.append(self._snapshot.add_nodes(self.group, 1)[0])
        return True

    def add_run(self, c: int, pods: Sequence[int]) -> None:
        """Pods of a class that heeds no other pods: what one does, the next does, too."""
        done = self._place(c, pods, self.nodes)
        if done == len(pods) or self.is_exhausted or not self._may_add():
            return
        each = self._place(c, pods[done:], self.nodes[-1:])
        done += each
        if each and done < len(pods):
            self._fill(c, pods[done:], each)

    def _fill(self, c: int, pods: Sequence[int], each: int) -> None:
        """Pods of one class onto new nodes that take so many of them each."""
        wanted = -(-len(pods) // each)
        granted = wanted if self.limit is None else min(wanted, self.limit - len(self.nodes))
        new = self._snapshot.add_nodes(self.group, granted)
        self.nodes.extend(new)
        for start, n in zip(range(0, len(pods), each), new, strict=False):
            filling = pods[start : start + each]
            self._snapshot.place(c, n, len(filling))
            self.used[n] = None
            self.pods.extend(filling)
        self.is_exhausted = granted < wanted

    def _place(self, c: int, pods: Sequence[int], nodes: Sequence[int]) -> int:
        if self.simulation.templates[self.group].node.unschedulable:
            chosen = self._place_on_closed(c, len(pods), nodes)
        else:
            chosen = self._snapshot.place_run(c, len(pods), np.array(nodes, np.int64))
        self.used.update(dict.fromkeys(chosen))
        self.pods.extend(pods[: len(chosen)])
        return len(chosen)

    def _place_on_closed(self, c: int, count: int, nodes: Sequence[int]) -> list[int]:
        """On nodes closed like their example, as every node of the group is: who tolerates that."""
        chosen: list[int] = []
        while len(chosen) < count:
            n = next((n for n in nodes if self._snapshot.check(c, n) == PASS), -1)
            if n < 0:
                break
            self._snapshot.place(c, n)
            chosen.append(n)
        return chosen

    def add_group(self, c: int, pods: Sequence[int]) -> None:
        """One equivalence group: on nodes invented already, then on the newest and on new ones."""
        done = self._place(c, pods, self.nodes[self.refusing.get(c, 0) :])
        if done < len(pods) and self._snapshot.only_loses(c):
            self.refusing[c] = len(self.nodes)
        if self.is_exhausted:
            return
        for number in pods[done:]:
            if self._on_newest(c, number):
                continue
            if not self._may_add():
                return
            newest = self.nodes[-1]
            if self._snapshot.check(c, newest) != PASS:
                return
            self._snapshot.place(c, newest)
            self._track(number, newest)

    def _on_newest(self, c: int, number: int) -> bool:
        if not self.nodes:
            return False
        snapshot, newest = self._snapshot, self.nodes[-1]
        code, n = snapshot.check(c, newest), newest
        if code != PASS:
            if code != SPREAD_SKEW or not self._spreads_by_host(number):
                return False
            rows = snapshot.rows
            n = snapshot.first_fit(c, rows[rows != newest])
            if n < 0:
                return False
        snapshot.place(c, n)
        self._track(number, n)
        return True

    def _spreads_by_host(self, number: int) -> bool:
        spread = self.simulation.pods[number].spec.spread
        return self.retries_hostname_spread and any(
            constraint.topology_key == HOSTNAME_LABEL for constraint in spread
        )
