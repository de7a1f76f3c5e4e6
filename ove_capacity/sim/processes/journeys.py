"""One VM leaves a cluster and comes to another, through all that it has to wait for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simpy.events import ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.model.plan import Recovery, Workload
from ove_capacity.model.recovery import Recovered
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.processes.arrivals import create
from ove_capacity.sim.processes.starting import submit
from ove_capacity.sim.recovery import START_MS, Journey
from ove_capacity.sim.world import Site, Vm, VmStatus, World
from ove_capacity.simtime import format_duration
from ove_capacity.state import claim

__all__ = ["arrive", "journey_of", "leave", "leave_all", "recovery_of", "runs_on"]

_GONE = (VmStatus.ENDED, VmStatus.REFUSED, VmStatus.HALTED, VmStatus.STOPPED)


def recovery_of(workload: Workload) -> Recovery:
    """How its VMs come back; without a word on it, without data."""
    return workload.recovery or Recovery()


def runs_on(site: Site, workload: Workload) -> list[Vm]:
    """The workload's VMs that are to run on a cluster."""
    return [
        vm for vm in site.vms.values() if vm.workload == workload.name and vm.status not in _GONE
    ]


def leave_all(world: World, site: Site, workload: Workload, why: str) -> list[Journey]:
    """The workload's VMs leave a cluster, those too that were still on their way there."""
    moving = world.recovery.underway.pop((site.name, workload.name), {})
    for journey in moving.values():
        journey.is_off = True
    gone = [leave(world, site, workload, vm, why) for vm in runs_on(site, workload)]
    return [*moving.values(), *gone]


def leave(world: World, site: Site, workload: Workload, vm: Vm, why: str) -> Journey:
    """A VM leaves its cluster; its data is as old as the last copy was when it stopped."""
    was, now_ms = vm.status, world.now_ms
    down_ms = now_ms
    if was is VmStatus.LOST:
        down_ms = site.outages[vm.node].since_ms
    elif was is VmStatus.PENDING:
        down_ms = vm.submitted_ms
        queue.discard(site.queue, vm.pod.key)
    else:
        site.end_migration(vm)
        claim.release(site.state, vm.row)
    site.turn(vm, VmStatus.ENDED)
    vm.row, vm.backs_off, vm.when_started = -1, False, None
    world.record("vm-removed", site, vm.key, vm.node if was is VmStatus.RUNNING else "", why)
    if was is VmStatus.RUNNING:
        site.move()
        queue.changed(site.queue, now_ms, room=True)
        site.ring()
    waited = world.recovery.unstarted.pop((site.name, vm.pod.key), None)
    if waited is not None:
        return waited
    return journey_of(world, site, workload, vm, down_ms)


def journey_of(world: World, site: Site, workload: Workload, vm: Vm, down_ms: int) -> Journey:
    """Of a VM that stopped then."""
    left_ms = vm.lifetime_ms
    if left_ms is not None and vm.started_ms is not None:
        left_ms = max(1, left_ms - (world.now_ms - vm.started_ms))
    rpo_ms = recovery_of(workload).age_ms(down_ms)
    return Journey(vm.name, vm.pod.key, site.name, down_ms, rpo_ms, left_ms)


def arrive(world: World, site: Site, workload: Workload, left: Journey) -> ProcessGenerator:
    """Its data is restored, virt-controller starts it, a node takes it, and its guest boots."""
    site_of = world.recovery
    journey = _registered(world, site, workload, left)
    recovery = recovery_of(workload)
    length_ms = recovery.data_bytes * 1000 // recovery.bytes_per_s if recovery.bytes_per_s else 0
    station = (site.name, recovery.source, str(recovery.bytes_per_s), str(recovery.streams))
    places = recovery.streams or len(site.cluster.workers)
    through_ms = site_of.pass_through(station, places, world.now_ms, length_ms)
    yield world.wait(through_ms - world.now_ms)
    if journey.is_off:
        return
    _note(world, journey, restored_ms=world.now_ms)
    through_ms = site_of.pass_through((site.name, "virt-controller"), 1, world.now_ms, START_MS)
    yield world.wait(through_ms - world.now_ms)
    if journey.is_off:
        return
    site_of.underway[site.name, workload.name].pop(journey.name)
    vm = _come(world, site, workload, journey)
    if vm is None:
        return
    _note(world, journey, created_ms=world.now_ms)
    site_of.unstarted[site.name, vm.pod.key] = journey
    started = world.env.event()

    def ring() -> None:
        started.succeed()

    vm.when_started = ring
    yield started
    del site_of.unstarted[site.name, vm.pod.key]
    _note(world, journey, started_ms=world.now_ms)
    if recovery.boot is not None:
        yield world.wait(draw_ms(recovery.boot, world.stream("recovery.boot", site.name)))
    if vm.status is VmStatus.RUNNING:
        _serve(world, site, journey, vm)


def _registered(world: World, site: Site, workload: Workload, left: Journey) -> Journey:
    recovery = world.recovery
    journey = replace(left, number=len(recovery.log), is_off=False)
    recovery.underway.setdefault((site.name, workload.name), {})[left.name] = journey
    recovery.log.append(
        Recovered(
            workload.name,
            f"{workload.vmi.namespace}/{left.name}",
            home=left.home,
            target=site.name,
            is_back=left.pod_key in site.vms,
            down_ms=left.down_ms,
            decided_ms=world.now_ms,
            rpo_ms=left.rpo_ms,
        )
    )
    return journey


def _note(world: World, journey: Journey, **when: Any) -> None:
    log = world.recovery.log
    log[journey.number] = replace(log[journey.number], **when)


def _come(world: World, site: Site, workload: Workload, journey: Journey) -> Vm | None:
    """Its pod enters the queue; None when it may not come, or one of that name is there."""
    vm = site.vms.get(journey.pod_key)
    if vm is None:
        return create(world, site, workload, journey.name, journey.lifetime_ms)
    if vm.status is not VmStatus.ENDED:
        world.warnings.setdefault(
            f"workload {workload.name}: {site.name} runs VMs of these names already; those of "
            f"{journey.home} do not come there"
        )
        return None
    vm.lifetime_ms, vm.started_ms = journey.lifetime_ms, None
    site.turn(vm, VmStatus.PENDING)
    world.record("vm-created", site, vm.key, detail=workload.name)
    submit(world, site, vm)
    return vm


def _serve(world: World, site: Site, journey: Journey, vm: Vm) -> None:
    down = format_duration(world.now_ms - journey.down_ms)
    age = "" if journey.rpo_ms is None else f"; data {format_duration(journey.rpo_ms)} old"
    _note(world, journey, serving_ms=world.now_ms)
    detail = f"from {journey.home}, down {down}{age}"
    world.record("vm-recovered", site, vm.key, vm.node, detail)
