"""Pods wait in a queue; the scheduler takes those whose time has come."""

from __future__ import annotations

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.place import Displaced, place
from ove_capacity.sim.processes.lifetimes import lifetime
from ove_capacity.sim.world import SCHEDULING, Site, Vm, VmStatus, World
from ove_capacity.state.pending import Waiting

__all__ = ["RESTARTING", "restart", "scheduling", "submit"]

RESTARTING = ("Always", "RerunOnFailure")
"""Run strategies that start a VM again whose pod has failed."""


def submit(world: World, site: Site, vm: Vm) -> None:
    """The VM's pod enters the queue."""
    spec = vm.pod.spec
    social = bool(spec.affinity.pod_required or any(each.hard for each in spec.spread))
    queue.add(site.queue, Waiting(vm.pod.key, spec.priority, world.now_ms, vm.seq, social))
    site.ring()


def restart(world: World, site: Site, vm: Vm) -> None:
    """A VM whose pod has failed is started again, if its run strategy says so."""
    if vm.run_strategy not in RESTARTING:
        site.turn(vm, VmStatus.STOPPED)
        world.record("vm-stopped", site, vm.key, detail=f"runStrategy {vm.run_strategy}")
        return
    site.turn(vm, VmStatus.PENDING)
    submit(world, site, vm)


def scheduling(world: World, site: Site) -> ProcessGenerator:
    """Try waiting pods when they are due, all that are due at one instant in one go."""
    while True:
        due_ms = queue.next_ms(site.queue, world.now_ms)
        if due_ms is None or due_ms > world.now_ms:
            site.bell = world.env.event()
            timer = [] if due_ms is None else [world.wait(due_ms - world.now_ms, SCHEDULING)]
            yield AnyOf(world.env, [site.bell, *timer])
            continue
        yield world.wait(0, SCHEDULING)
        _cycle(world, site)


def _cycle(world: World, site: Site) -> None:
    tried = queue.pop_ready(site.queue, world.now_ms)
    vms = [site.vms[waiting.key] for waiting in tried]
    outcome = place(site.state, [vm.pod for vm in vms], world.case.policy, site.tie)
    waiting_of = {waiting.key: waiting for waiting in tried}
    for displaced in outcome.displaced:
        _preempted(world, site, displaced)
    for bound in outcome.bound:
        _start(world, site, site.vms[bound.pod.key], bound.row, bound.node)
    for refused in outcome.refused:
        vm = site.vms[refused.pod.key]
        vm.reason = str(refused.message)
        waiting = waiting_of[refused.pod.key]
        if waiting.attempts == 0:
            world.record("vm-pending", site, vm.key, detail=vm.reason)
        queue.park(site.queue, waiting, world.now_ms)
    if outcome.bound or outcome.displaced:
        queue.changed(site.queue, world.now_ms, room=bool(outcome.displaced))
    world.verify(site)


def _start(world: World, site: Site, vm: Vm, row: int, node: str) -> None:
    site.turn(vm, VmStatus.RUNNING)
    vm.row, vm.node, vm.reason = row, node, ""
    world.record("vm-started", site, vm.key, node)
    if vm.started_ms is None:
        vm.started_ms = world.now_ms
        if vm.lifetime_ms is not None:
            world.spawn(lifetime(world, site, vm, vm.lifetime_ms))


def _preempted(world: World, site: Site, displaced: Displaced) -> None:
    pod = displaced.pod
    vm = site.vms.get(pod.key)
    detail = f"by {site.vms[displaced.by].key}"
    if vm is None:
        world.record("pod-preempted", site, pod.key, displaced.node, detail)
        return
    world.record("vm-preempted", site, vm.key, displaced.node, detail)
    vm.row = -1
    restart(world, site, vm)
