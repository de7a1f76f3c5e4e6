"""One node's removal, tried: its pods must all find a place on the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.codes import PASS
from ove_capacity.openshift.autoscaler.drainability import Drain, pods_to_move
from ove_capacity.openshift.autoscaler.simulation import Simulation

__all__ = [
    "BLOCKED_BY_POD",
    "NO_PLACE",
    "Hints",
    "Removable",
    "Unremovable",
    "try_removal",
]

BLOCKED_BY_POD = "BlockedByPod"
NO_PLACE = "NoPlaceToMovePods"


@dataclass(frozen=True, slots=True)
class Removable:
    """A node that could go."""

    node: str
    moving: tuple[int, ...] = ()
    """Pods that would have to move, by number."""
    waits: bool = False
    """Some of its pods are waited for, so that it does not go yet."""
    is_risky: bool = False
    """Together its pods ask more of a disruption budget than is left."""


@dataclass(frozen=True, slots=True)
class Unremovable:
    """A node that cannot go."""

    node: str
    reason: str
    pod: int = -1
    """The pod that keeps it, by number; -1: it is not one pod."""
    why: str = ""
    """Why that pod does."""


@dataclass(slots=True)
class Hints:
    """Where a pod found a place last time, by its key: there it is tried first."""

    known: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    """Those of this loop, which the next one knows."""


def try_removal(
    simulation: Simulation,
    n: int,
    destinations: Array,
    drain: Drain,
    hints: Hints,
    name_of: Callable[[int], str],
) -> Removable | Unremovable:
    """Take node *n* out of the snapshot if its pods fit elsewhere; otherwise leave all as it was.

    The node stays, empty, while its pods look for a place, so that topology spread goes on counting
    it; whoever honours taints in that count is not told apart here.

    Args:
        simulation: whose snapshot is changed.
        n: row of the node.
        destinations: (any,) rows that pods may go to.
        drain: what the rules look at.
        hints: see there.
        name_of: name of a row.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/cluster.go,
    SimulateNodeRemoval.
    """
    snapshot, name = simulation.snapshot, name_of(n)
    there = snapshot.pods.get(n, ())
    moves = pods_to_move(there, simulation.pods, drain)
    if moves.blocking >= 0:
        return Unremovable(name, BLOCKED_BY_POD, moves.blocking, moves.reason)
    mark = snapshot.fork() if moves.moving else None
    for number in there:
        snapshot.lift(simulation.classes[number], n)
    rows = destinations[destinations != n]
    for number in moves.moving:
        target = _place_for(simulation, number, rows, hints, name_of)
        if target < 0:
            assert mark is not None
            snapshot.revert(mark)
            return Unremovable(name, NO_PLACE)
        snapshot.note(number, target)
    snapshot.pods.pop(n, None)
    snapshot.remove_node(n)
    return Removable(name, moves.moving, bool(moves.waiting))


def _place_for(
    simulation: Simulation,
    number: int,
    rows: Array,
    hints: Hints,
    name_of: Callable[[int], str],
) -> int:
    """Place a pod on the node it went to last time, or on the first that takes it; -1: none does.

    Source: openshift/kubernetes-autoscaler 70920d3c6 cluster-autoscaler/simulator/scheduling/
    hinting_simulator.go, TrySchedulePods.
    """
    snapshot, c = simulation.snapshot, simulation.classes[number]
    key = simulation.pods[number].key
    hinted = hints.known.get(key)
    target = -1
    if hinted is not None:
        target = next((int(n) for n in rows if name_of(int(n)) == hinted), -1)
        if target >= 0 and snapshot.check(c, target) != PASS:
            target = -1
    if target < 0:
        target = snapshot.first_fit(c, np.asarray(rows))
    if target >= 0:
        snapshot.place(c, target)
        hints.found[key] = name_of(target)
    return target
