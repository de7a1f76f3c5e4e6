"""How full each worker is, resource by resource."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.analysis.settle import settle
from ove_capacity.model.case import Case
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY, PODS
from ove_capacity.sim.run import Run
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["Occupancy", "occupancy"]

_FIRST = (CPU, MEMORY, PODS)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Requests of all pods on one cluster's workers, in percent of what each may give."""

    cluster: str
    workers: tuple[str, ...]
    in_service: tuple[bool, ...]
    """By worker."""
    resources: tuple[str, ...]
    """CPU, memory, and whatever else somebody asks for."""
    percent: tuple[tuple[float | None, ...], ...]
    """By resource and worker; None: the worker has none of it."""


def occupancy(subject: Case | Run) -> tuple[Occupancy, ...]:
    """Each cluster's workers, in the order of the scenario.

    Of a case: when its listed workloads are placed. Of a run: as it ended.
    """
    run = settle(subject)
    return tuple(_of(run.states[cluster.name]) for cluster in run.case.fleet.clusters)


def _of(state: ClusterState) -> Occupancy:
    rows = [n for n, node in enumerate(state.nodes) if node.is_worker]
    requested, allocatable = state.requested[rows], state.allocatable[rows]
    told = [
        r
        for r, name in enumerate(state.resources)
        if name in (CPU, MEMORY) or (allocatable[:, r].any() and requested[:, r].any())
    ]
    told.sort(key=lambda r: _rank(state.resources[r]))
    return Occupancy(
        state.cluster.name,
        tuple(state.nodes[n].name for n in rows),
        tuple(bool(state.alive[n]) for n in rows),
        tuple(state.resources[r] for r in told),
        tuple(
            tuple(
                100 * int(held) / int(has) if has else None
                for held, has in zip(requested[:, r], allocatable[:, r], strict=True)
            )
            for r in told
        ),
    )


def _rank(resource: str) -> tuple[int, str]:
    if resource in _FIRST:
        return _FIRST.index(resource), resource
    return len(_FIRST) + (resource == EPHEMERAL_STORAGE), resource
