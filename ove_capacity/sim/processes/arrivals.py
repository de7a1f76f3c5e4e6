"""VMs come into being: listed ones at their time, more as they grow, others as a Poisson stream."""

from __future__ import annotations

import itertools
from dataclasses import replace

from simpy.events import ProcessGenerator

from ove_capacity.errors import AnswerError
from ove_capacity.model.plan import Arrivals, Duration, Growth, Workload
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.launch import launch
from ove_capacity.sim.processes.starting import submit
from ove_capacity.sim.world import Site, Vm, VmStatus, World

__all__ = ["arrivals", "create", "growth", "listed"]

_WHOLE = 10_000
"""Basis points of all."""


def listed(world: World, workload: Workload) -> ProcessGenerator:
    """All VMs of a workload come at its time."""
    yield world.wait(workload.at_ms)
    _deploy(world, workload, 0)


def arrivals(world: World, stream: Arrivals) -> ProcessGenerator:
    """VMs come in groups, exponential times apart."""
    workload = stream.workload
    rng = world.stream("arrivals", workload.name)
    gap = Duration("exponential", stream.every_ms)
    yield world.wait(stream.from_ms)
    for first in itertools.count(0, workload.count):
        yield world.wait(draw_ms(gap, rng))
        if stream.until_ms is not None and world.now_ms >= stream.until_ms:
            return
        _deploy(world, workload, first)


def growth(world: World, step: Growth) -> ProcessGenerator:
    """A workload gets more VMs, step by step; its names go on where they ended."""
    workload, carried = step.workload, 0
    assert not workload.vm_names, "VMs that are listed by name do not grow"
    yield world.wait(workload.at_ms)
    while True:
        yield world.wait(step.every_ms)
        if step.until_ms is not None and world.now_ms >= step.until_ms:
            return
        size = world.sizes.get(workload.name, workload.count)
        share, carried = divmod(size * step.basis_points + carried, _WHOLE)
        added = step.vms + share
        if added:
            detail = f"{size} + {added}"
            world.events.record(world.now_ms, "workload-grown", "", workload.name, detail=detail)
            world.sizes[workload.name] = size + added
            _deploy(world, replace(workload, count=added), size)


def _deploy(world: World, workload: Workload, first: int) -> None:
    """VMs *first* and following come, on each cluster or in turn."""
    sites = [world.site(name) for name in world.targets(workload)]
    if not sites:
        _nowhere(world, workload)
        return
    for index in range(first, first + workload.count):
        # A total goes round the clusters in decision order, so the best ones get the odd VMs.
        for site in [sites[index % len(sites)]] if workload.total else sites:
            _create(world, site, workload, index)
    for site in sites:
        world.verify(site)


def _nowhere(world: World, workload: Workload) -> None:
    why = world.unsatisfied[world.placement_of(workload)]
    message = f"workload {workload.name}: Placement {workload.placement} chose no cluster ({why})"
    world.warnings.setdefault(f"{message}; its VMs run nowhere")
    world.events.record(world.now_ms, "no-cluster", "", workload.name, detail=message)


def _create(world: World, site: Site, workload: Workload, index: int) -> None:
    rng = world.stream("lifetime", workload.name, site.name)
    # Drawn now, not at the start: who waits longer does not change another VM's luck.
    lifetime_ms = draw_ms(workload.lifetime, rng) if workload.lifetime else None
    create(world, site, workload, workload.vm_name(index), lifetime_ms)


def create(
    world: World, site: Site, workload: Workload, name: str, lifetime_ms: int | None
) -> Vm | None:
    """A VM of that name comes, and its pod enters the queue; None if admission refuses it.

    Raises:
        AnswerError: there is a VM of that name already.
    """
    pod = launch(workload, site.cluster, name, world.specs)
    if pod.key in site.vms:
        raise AnswerError(f"two VMs are called {pod.namespace}/{name} in cluster {site.name}")
    vm = Vm(
        name,
        pod.namespace,
        workload.name,
        pod,
        world.next_seq,
        workload.run_strategy,
        lifetime_ms,
        arrived_ms=world.now_ms,
    )
    world.next_seq += 1
    if site.name in workload.refused:
        vm.reason = workload.refused[site.name]
        site.admit(vm, VmStatus.REFUSED)
        world.record("vm-refused", site, vm.key, detail=vm.reason)
        return None
    halted = workload.run_strategy == "Halted"
    site.admit(vm, VmStatus.HALTED if halted else VmStatus.PENDING)
    world.record("vm-created", site, vm.key, detail=workload.name)
    if not halted:
        submit(world, site, vm)
    return vm
