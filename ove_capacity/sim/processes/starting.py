"""VMs start, and start again when their pod has failed."""

from __future__ import annotations

from ove_capacity.kube import queue
from ove_capacity.model.pod import Pod
from ove_capacity.sim.world import Site, Vm, VmStatus, World
from ove_capacity.state.pending import Waiting

__all__ = ["RESTARTING", "enqueue", "restart", "stays_down", "submit"]

RESTARTING = ("Always", "RerunOnFailure")
"""Run strategies that start a VM again whose pod has failed."""


def submit(world: World, site: Site, vm: Vm) -> None:
    """The VM's pod enters the queue."""
    vm.submitted_ms = world.now_ms
    enqueue(world, site, vm, vm.pod)


def enqueue(world: World, site: Site, vm: Vm, pod: Pod) -> None:
    """A pod of the VM enters the queue: the one it starts in, or the target of a migration."""
    spec = pod.spec
    social = bool(spec.affinity.pod_required or any(each.hard for each in spec.spread))
    queue.add(site.queue, Waiting(pod.key, spec.priority, world.now_ms, vm.seq, social))
    site.ring()


def restart(world: World, site: Site, vm: Vm) -> None:
    """A VM whose pod has failed is started again, if its run strategy says so."""
    if not stays_down(world, site, vm):
        site.turn(vm, VmStatus.PENDING)
        submit(world, site, vm)


def stays_down(world: World, site: Site, vm: Vm) -> bool:
    """Whether a VM whose pod has failed is not started again; then it is stopped."""
    if vm.run_strategy in RESTARTING:
        return False
    site.turn(vm, VmStatus.STOPPED)
    world.record("vm-stopped", site, vm.key, detail=f"runStrategy {vm.run_strategy}")
    return True
