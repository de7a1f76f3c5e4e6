"""Pods wait in a queue; the scheduler takes those whose time has come."""

from __future__ import annotations

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.kernels.compile import Array
from ove_capacity.kube import queue
from ove_capacity.place import Displaced, Placed, place, tie_draws
from ove_capacity.sim.processes.admission import turned_away
from ove_capacity.sim.processes.lifetimes import lifetime
from ove_capacity.sim.processes.starting import restart
from ove_capacity.sim.world import SCHEDULING, Migration, Site, Vm, VmStatus, World
from ove_capacity.state import claim
from ove_capacity.state.pending import Waiting

__all__ = ["pushed_out", "scheduling"]


def scheduling(world: World, site: Site) -> ProcessGenerator:
    """Try waiting pods when they are due, all that are due at one instant in one go."""
    while True:
        due_ms = None if site.api_outages else queue.next_ms(site.queue, world.now_ms)
        if due_ms is None or due_ms > world.now_ms:
            site.bell = world.env.event()
            timer = [] if due_ms is None else [world.wait(due_ms - world.now_ms, SCHEDULING)]
            yield AnyOf(world.env, [site.bell, *timer])
            continue
        yield world.wait(0, SCHEDULING)
        if not site.api_outages:
            _cycle(world, site)


def _cycle(world: World, site: Site) -> None:
    tried = queue.pop_ready(site.queue, world.now_ms)
    vms = [site.vms[waiting.key] for waiting in tried]
    pods, policy = [site.waiting_pod(vm)[0] for vm in vms], world.case.policy
    moving = {vm.pod.key: site.migrations.get(vm.pod.key) for vm in vms}
    draws = _tie_draws(world, site, vms)
    outcome = place(site.state, pods, policy, draws=draws, insist=False)
    waiting_of = {waiting.key: waiting for waiting in tried}
    for displaced in outcome.displaced:
        pushed_out(world, site, displaced)
    for bound in outcome.bound:
        target = moving[bound.pod.key]
        if target is None:
            _start(world, site, site.vms[bound.pod.key], bound.row, bound.node)
        else:
            _found_node(site, target, bound)
    for refused in outcome.refused:
        vm, waiting = site.vms[refused.pod.key], waiting_of[refused.pod.key]
        _refused(world, site, vm, waiting, str(refused.message))
    for away in outcome.turned_away:
        vm = site.vms[away.pod.key]
        if not site.end_migration(vm):
            turned_away(world, site, vm, away)
    if outcome.bound or outcome.displaced:
        site.move()
        queue.changed(site.queue, world.now_ms, room=bool(outcome.displaced))
    world.verify(site)


def _refused(world: World, site: Site, vm: Vm, waiting: Waiting, message: str) -> None:
    is_new = waiting.attempts == 0
    if vm.status is VmStatus.PENDING:
        vm.reason = message
        if is_new:
            world.record("vm-pending", site, vm.key, detail=message)
    elif is_new:
        world.record("migration-pending", site, vm.key, vm.node, message)
    queue.park(site.queue, waiting, world.now_ms)


def _found_node(site: Site, moving: Migration, bound: Placed) -> None:
    """A migration's target is bound; if it was given up at this very moment, it goes again."""
    if site.migrations.get(bound.pod.key) is not moving:
        claim.release(site.state, bound.row)
        return
    moving.row, moving.target = bound.row, bound.node
    moving.settled.succeed()


def _tie_draws(world: World, site: Site, vms: list[Vm]) -> Array:
    """As the policy says; who was not admitted draws, as upstream always does.

    Otherwise the first of equally good nodes would be asked for ever.
    """
    draws = tie_draws(world.case.policy, len(vms), site.tie)
    for i, vm in enumerate(vms):
        if vm.failures:
            draws[i] = world.stream("kube.tie-again", site.name).random()
    return draws


def _start(world: World, site: Site, vm: Vm, row: int, node: str) -> None:
    site.turn(vm, VmStatus.RUNNING)
    vm.row, vm.node, vm.reason = row, node, ""
    vm.failures, vm.rejected_by = 0, ""
    world.record("vm-started", site, vm.key, node)
    if vm.when_started is not None:
        told, vm.when_started = vm.when_started, None
        told()
    if vm.started_ms is None:
        vm.started_ms = world.now_ms
        if vm.lifetime_ms is not None:
            world.spawn(lifetime(world, site, vm, vm.lifetime_ms))


def pushed_out(world: World, site: Site, displaced: Displaced) -> None:
    """A pod had to go for a more important one; its VM starts again."""
    pod = displaced.pod
    vm = site.vms.get(pod.key)
    detail = f"by {site.vms[displaced.by].key}"
    if vm is None:
        world.record("pod-preempted", site, pod.key, displaced.node, detail)
        return
    if site.end_migration(vm) and vm.node != displaced.node:
        return  # its target was pushed out; it runs on where it was
    world.record("vm-preempted", site, vm.key, displaced.node, detail)
    vm.row = -1
    restart(world, site, vm)
