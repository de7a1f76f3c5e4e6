"""A node is drained to be given back: its VMs migrate, or are shut down and start elsewhere."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.kubevirt.eviction import MIGRATES, SHUTS_DOWN, on_eviction
from ove_capacity.kubevirt.rules import rules_of
from ove_capacity.model.vm import Vmi
from ove_capacity.openshift.machines import (
    DELETION_DELAY_MS,
    DRAIN_PAUSE_MOST_MS,
    DRAIN_PAUSE_MS,
    DRAIN_TRY_MS,
    EVICTION_RETRY_MS,
    EVICTION_TIMEOUT_MS,
)
from ove_capacity.sim.machines import Scaler
from ove_capacity.sim.processes.machines import close_node, delete_machine, reopen_node
from ove_capacity.sim.processes.migrating import evacuate
from ove_capacity.sim.processes.starting import restart
from ove_capacity.sim.world import Site, Vm, VmStatus, World
from ove_capacity.simtime import format_duration
from ove_capacity.state import claim

__all__ = ["delete_empty", "drain", "evictions"]


def evictions(world: World, site: Site) -> dict[str, str]:
    """Workload -> what becomes of its VMs on eviction; "": of VMs that stood there already."""
    plan, cluster = world.case.plan, site.cluster
    workloads = [*plan.workloads, *(stream.workload for stream in plan.arrivals)]
    vmis: dict[str, Vmi | None] = {"": None, **{each.name: each.vmi for each in workloads}}
    rules = rules_of(cluster.release.kubevirt_rules)
    return {name: on_eviction(vmi, cluster.kubevirt, rules) for name, vmi in vmis.items()}


def delete_empty(world: World, site: Site, scaler: Scaler, name: str) -> ProcessGenerator:
    """A node without pods to move is closed, and deleted with its machine.

    VMs of so low a priority that the autoscaler does not see them may stand there: they have to
    leave before the machine goes.
    """
    scaler.emptying.add(name)
    close_node(site, name)
    yield world.wait(DELETION_DELAY_MS)
    what, pause_ms = evictions(world, site), DRAIN_PAUSE_MS
    while staying := _vms_on(site, name):
        for vm in staying:
            _evict(world, site, vm, what[vm.workload])
        if _vms_on(site, name):
            yield world.wait(DRAIN_TRY_MS + pause_ms)
            pause_ms = min(2 * pause_ms, DRAIN_PAUSE_MOST_MS)
    scaler.emptying.discard(name)
    _delete(world, site, scaler, name, "empty")


def drain(world: World, site: Site, scaler: Scaler, name: str) -> ProcessGenerator:
    """A node is closed, its VMs are evicted time and again, and it is deleted once they are gone.

    Where that takes too long it is opened again; VMs that were to migrate still do.

    Source of the times: see `ove_capacity.openshift.machines`.
    """
    scaler.draining.add(name)
    close_node(site, name)
    yield world.wait(DELETION_DELAY_MS)
    ends_ms, what = world.now_ms + EVICTION_TIMEOUT_MS, evictions(world, site)
    while staying := _vms_on(site, name):
        if world.now_ms >= ends_ms:
            _fail(world, site, scaler, name, len(staying))
            return
        for vm in staying:
            _evict(world, site, vm, what[vm.workload])
        if _vms_on(site, name):
            yield world.wait(EVICTION_RETRY_MS)
    scaler.draining.discard(name)
    _delete(world, site, scaler, name, "drained")


def _vms_on(site: Site, node: str) -> list[Vm]:
    state = site.state
    if not state.has_node(node):
        return []
    vms = (site.vms.get(state.pod(row).key) for row in state.pods_on(state.node_index(node)))
    return [vm for vm in vms if vm is not None and vm.node == node]


def _fail(world: World, site: Site, scaler: Scaler, name: str, staying: int) -> None:
    scaler.draining.discard(name)
    reopen_node(site, name)
    limit = format_duration(EVICTION_TIMEOUT_MS)
    detail = f"VMs that are still there after {limit}: {staying}"
    world.record("scale-down-failed", site, scaler.group_of[name], name, detail)
    queue.changed(site.queue, world.now_ms, room=True)
    site.ring()
    site.move()


def _delete(world: World, site: Site, scaler: Scaler, name: str, how: str) -> None:
    machine = scaler.machines.get(name)
    if machine is None:
        return  # a health check was faster
    scaler.targets[machine.group] -= 1
    world.record("scale-down", site, machine.group, name, how)
    delete_machine(world, site, scaler, machine, "not needed")


# -- one VM ----------------------------------------------------------------------------------------


def _evict(world: World, site: Site, vm: Vm, what: str) -> None:
    if vm.pod.key in site.migrations or vm.status is not VmStatus.RUNNING:
        return
    if what == MIGRATES:
        evacuate(world, site, vm)
    elif what == SHUTS_DOWN:
        world.record("vm-evicted", site, vm.key, vm.node)
        claim.release(site.state, vm.row)
        vm.row = -1
        restart(world, site, vm)
        site.move()
        world.verify(site)
