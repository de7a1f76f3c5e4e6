"""VMs end."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.sim.world import Site, Vm, VmStatus, World
from ove_capacity.state import claim

__all__ = ["lifetime"]


def lifetime(world: World, site: Site, vm: Vm, lifetime_ms: int) -> ProcessGenerator:
    """Delete the VM *lifetime_ms* after its first start, wherever it is then.

    An outage does not prolong it: its owner deletes it by the calendar.
    """
    yield world.wait(lifetime_ms)
    was = vm.status
    if was is VmStatus.ENDED:
        return  # it went to another cluster
    if was is VmStatus.RUNNING:
        site.end_migration(vm)
        claim.release(site.state, vm.row)
    elif was is VmStatus.PENDING:
        queue.discard(site.queue, vm.pod.key)
    site.turn(vm, VmStatus.ENDED)
    vm.row = -1
    world.record("vm-ended", site, vm.key, vm.node if was is VmStatus.RUNNING else "")
    vm.backs_off = False
    if was is VmStatus.RUNNING:
        site.move()
        queue.changed(site.queue, world.now_ms, room=True)
        site.ring()
    world.verify(site)
