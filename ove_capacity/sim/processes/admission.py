"""VMs whose launcher pod a kubelet did not admit: they back off, and come again."""

from __future__ import annotations

from collections import Counter

from simpy.events import ProcessGenerator

from ove_capacity.kubelet.kubelets import Kubelets
from ove_capacity.kubevirt.start_failure import start_backoff_ms
from ove_capacity.place import TurnedAway
from ove_capacity.sim.processes.starting import stays_down, submit
from ove_capacity.sim.world import Site, Vm, World

__all__ = ["turned_away", "warn_of_rejections", "warn_of_standing"]


def turned_away(world: World, site: Site, vm: Vm, away: TurnedAway) -> None:
    """The pod has failed on its node; the VM gets another one, later and later."""
    told = f"{away.node}: {away.message}"
    if told != vm.rejected_by:
        world.record("vm-rejected", site, vm.key, away.node, away.message)
    vm.rejected_by = told
    vm.reason = f"bound to {away.node}, whose kubelet refuses: {away.message}"
    if stays_down(world, site, vm):
        return
    vm.failures += 1
    vm.backs_off = True
    world.spawn(_come_again(world, site, vm, away))


def _come_again(world: World, site: Site, vm: Vm, away: TurnedAway) -> ProcessGenerator:
    """A new pod after the back-off.

    One that would meet the very state its predecessor met ends the same way. So it is not made,
    but counted, until something has changed; then the next one comes when it would have.
    """
    jitter = world.stream("kubevirt.start-backoff", site.name)
    began, moves = vm.failures, site.moves
    due_ms = world.now_ms + start_backoff_ms(vm.failures, jitter.random())
    yield world.wait(due_ms - world.now_ms)
    if away.again and site.moves == moves and _still(vm, began):
        vm.reason += ", again and again"
        world.record("vm-looping", site, vm.key, away.node, away.message)
        yield site.moved
        while due_ms <= world.now_ms and _still(vm, began):
            began = vm.failures = vm.failures + 1
            due_ms += start_backoff_ms(vm.failures, jitter.random())
        yield world.wait(max(0, due_ms - world.now_ms))
    if _still(vm, began):
        vm.backs_off = False
        submit(world, site, vm)


def _still(vm: Vm, failures: int) -> bool:
    """Whether it waits for the pod that this process is to make."""
    return vm.backs_off and vm.failures == failures


def warn_of_rejections(world: World, site: Site) -> None:
    """VMs that go round in circles at the end are told, by the kubelet's reason."""
    waiting = [vm for vm in site.vms.values() if vm.backs_off]
    reasons = Counter(vm.rejected_by.partition(": ")[2].partition(":")[0] for vm in waiting)
    if waiting:
        listed = ", ".join(f"{reasons[reason]} {reason}" for reason in sorted(reasons))
        world.warnings.setdefault(
            f"cluster {site.name}: VMs are bound again and again to nodes whose kubelets do not "
            f"admit them ({listed}); the scheduler sees the totals of nodes, and no NUMA cell"
        )


def warn_of_standing(world: World, site: Site) -> None:
    """Pods that run on their node already, and that no cell has room for as we count."""
    kubelets = site.state.admitting
    if isinstance(kubelets, Kubelets) and kubelets.unplaced:
        count = len(kubelets.unplaced)
        world.warnings.setdefault(
            f"cluster {site.name}: {count} pods that run already find no NUMA cell with room when "
            "they are admitted in the order given; they hold none here, so cells look emptier"
        )
