"""VMs that are to leave their node migrate live; who finds no node for its target waits for one."""

from __future__ import annotations

from collections import Counter

from simpy.events import AnyOf, ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.kubevirt import migration
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import HUGEPAGES_PREFIX, MEMORY
from ove_capacity.sim.processes.starting import enqueue
from ove_capacity.sim.world import Migration, Site, Vm, World
from ove_capacity.simtime import format_duration
from ove_capacity.state import claim

__all__ = ["evacuate"]


def evacuate(world: World, site: Site, vm: Vm) -> None:
    """The VM is to leave its node, and tries until it has: also if the node is opened again.

    Source: kubevirt v1.8.4 pkg/virt-controller/watch/drain/evacuation/evacuation.go,
    getMarkedForEvictionVMIs.
    """
    if vm.leaves != vm.node:
        vm.leaves = vm.node
        world.spawn(_evacuation(world, site, vm))


def _evacuation(world: World, site: Site, vm: Vm) -> ProcessGenerator:
    source, failures = vm.node, 0
    while vm.leaves == source and vm.pod.key not in site.migrations:
        if not _has_slot(site, source):
            yield world.wait(migration.RECHECK_MS)
            continue
        moving = _ask(world, site, vm)
        yield AnyOf(world.env, [moving.settled, world.wait(migration.UNSCHEDULABLE_MS)])
        if moving.row >= 0:
            world.is_migrating = True
            yield world.wait(migration.duration_ms(_memory_bytes(vm)))
        if site.migrations.get(vm.pod.key) is moving:
            if moving.row >= 0:
                _arrive(world, site, vm, moving)
                return
            site.end_migration(vm)
            site.tell()
            limit = format_duration(migration.UNSCHEDULABLE_MS)
            world.record("migration-failed", site, vm.key, source, f"no node within {limit}")
        if vm.leaves == source:
            failures += 1
            yield world.wait(migration.backoff_ms(failures))


def _has_slot(site: Site, source: str) -> bool:
    """Whether one more migration may run; a target that waits for a node takes a slot, too."""
    running = Counter(each.source for each in site.migrations.values())
    return running.total() < migration.PARALLEL and running[source] < migration.PARALLEL_OUTBOUND


def _ask(world: World, site: Site, vm: Vm) -> Migration:
    """The target pod enters the queue while the source stays: the VM is booked twice."""
    pod = migration.target_pod(vm.pod, vm.node)
    moving = Migration(vm.node, pod, world.now_ms, world.env.event())
    site.migrations[vm.pod.key] = moving
    enqueue(world, site, vm, pod)
    site.tell()
    return moving


def _arrive(world: World, site: Site, vm: Vm, moving: Migration) -> None:
    del site.migrations[vm.pod.key]
    claim.release(site.state, vm.row)
    vm.row, vm.node, vm.leaves = moving.row, moving.target, ""
    world.record("vm-migrated", site, vm.key, vm.node, f"from {moving.source}")
    queue.changed(site.queue, world.now_ms, room=True)
    site.ring()
    site.move()
    world.verify(site)


def _memory_bytes(vm: Vm) -> int:
    asked = pod_requests(vm.pod.spec)
    return sum(
        amount.value
        for name, amount in asked.items()
        if name == MEMORY or name.startswith(HUGEPAGES_PREFIX)
    )
