"""How full the clusters are, at regular moments."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.sim.processes.machines import tell_machines
from ove_capacity.sim.world import SAMPLING, Site, VmStatus, World

__all__ = ["sample", "sampling"]


def sampling(world: World, every_ms: int) -> ProcessGenerator:
    """Take a sample of each cluster now and every *every_ms*, after all else of the instant."""
    while True:
        yield world.wait(0, SAMPLING)
        sample(world, world.now_ms)
        yield world.wait(every_ms)


def sample(world: World, time_ms: int) -> None:
    """Write down how full each cluster is."""
    for site in world.sites.values():
        _sample(world, site, time_ms)


def _sample(world: World, site: Site, time_ms: int) -> None:
    if site.scaler is not None:
        tell_machines(world, site, site.scaler)
    state = site.state
    alive = state.alive
    rows = [n for n, node in enumerate(state.nodes) if node.is_worker and alive[n]]
    cpu, memory = state.resource_index(CPU), state.resource_index(MEMORY)
    requested = state.requested[rows].sum(axis=0)
    allocatable = state.allocatable[rows].sum(axis=0)
    world.samples.record(
        time_ms=time_ms,
        cluster=site.name,
        workers=len(rows),
        vms_running=site.counts[VmStatus.RUNNING],
        vms_pending=site.counts[VmStatus.PENDING],
        vms_lost=site.counts[VmStatus.LOST],
        cpu_requested_milli=int(requested[cpu]),
        cpu_allocatable_milli=int(allocatable[cpu]),
        memory_requested_bytes=int(requested[memory]),
        memory_allocatable_bytes=int(allocatable[memory]),
    )
