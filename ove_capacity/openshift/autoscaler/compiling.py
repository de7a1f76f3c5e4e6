"""A cluster and its pods as arrays; what one loop compiled serves the next if nothing differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ove_capacity.kube.profile import Profile
from ove_capacity.kube.scheduler import Scheduler
from ove_capacity.model.cluster import Cluster
from ove_capacity.model.pod import Pod
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Compiled", "Compiler"]

_Order = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A cluster that holds no pod yet, and the classes of its pods."""

    cluster: Cluster
    state: ClusterState
    scheduler: Scheduler
    """Things are tried on copies: neither it nor the state changes."""
    pods: tuple[Pod, ...]
    classes: tuple[int, ...]
    """Class of each pod."""
    order: _Order
    """The classes as they were come upon, all that their numbers depend on; see `_order`."""


class Compiler:
    """Compiles the moments of one cluster, one after the other."""

    def __init__(self) -> None:
        self._last: Compiled | None = None

    def compiled(self, cluster: Cluster, pods: Sequence[Pod], daemons: Sequence[Pod]) -> Compiled:
        """The cluster's nodes, its pods, and the pods that new nodes begin with.

        What was compiled last is taken again where compiling anew would give the same, down to the
        numbers of the classes: no answer depends on what was asked before.

        Source: ours; upstream asks its filters about pods and nodes as they are.
        """
        every = (*pods, *daemons)
        self._last = self._again(cluster, every, len(pods)) or _anew(cluster, every, len(pods))
        return self._last

    def _again(self, cluster: Cluster, every: tuple[Pod, ...], pods: int) -> Compiled | None:
        last = self._last
        if last is None or last.cluster != cluster:
            return None
        known = {id(pod): c for pod, c in zip(last.pods, last.classes, strict=True)}
        find = last.scheduler.table.find
        classes = tuple(known[id(pod)] if id(pod) in known else find(pod) for pod in every)
        if _order(every, classes, pods) != last.order:
            return None
        return replace(last, pods=every, classes=classes)


def _anew(cluster: Cluster, every: tuple[Pod, ...], pods: int) -> Compiled:
    state = ClusterState.of(cluster)
    scheduler = Scheduler.of(state, Profile())
    # One of each spec first: as a rule that compiles all classes there are.
    scheduler.classify(state, list({id(pod.spec): pod for pod in every[:pods]}.values()))
    classes = tuple(scheduler.classify(state, every))
    return Compiled(cluster, state, scheduler, every, classes, _order(every, classes, pods))


def _order(every: tuple[Pod, ...], classes: tuple[int, ...], pods: int) -> _Order:
    """Classes in the order in which `_anew` asks for them: of each spec, then of all pods."""
    of_specs = {id(pod.spec): c for pod, c in zip(every[:pods], classes, strict=False)}
    return tuple(of_specs.values()), tuple(dict.fromkeys(classes))
