"""Machines come into being, become nodes or not, and go: machine sets and their health checks."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ove_capacity.kube import queue
from ove_capacity.model.autoscaling import MachineHealthCheck
from ove_capacity.model.node import Node
from ove_capacity.openshift.autoscaler.templates import named_copy
from ove_capacity.openshift.machines import (
    PROVISIONED_SHARE,
    RECHECK_MS,
    UNREADY_AFTER_MS,
    is_replaceable,
    startup_timeout_ms,
    unready_timeout_ms,
)
from ove_capacity.place import change_nodes
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.machines import Machine, Phase, Scaler
from ove_capacity.sim.processes.losses import bury, losses, move_services
from ove_capacity.sim.world import Site, VmStatus, World
from ove_capacity.state import claim

__all__ = [
    "close_node",
    "delete_machine",
    "fill_up",
    "reopen_node",
    "tell_machines",
    "watch_nodes",
]


def fill_up(world: World, site: Site, scaler: Scaler, group: str) -> None:
    """The machine set makes machines until there are as many as there are to be.

    Source of the order: its controller makes them all at once.
    """
    missing = scaler.targets[group] - sum(1 for _ in scaler.of_group(group))
    for _ in range(missing):
        name = scaler.next_name(group)
        machine = Machine(name, group, world.now_ms, changed_ms=world.now_ms)
        scaler.machines[machine.name] = machine
        scaler.moves += 1
        scaler.set_of[name] = group
        if group in scaler.groups:
            scaler.group_of[name] = group
        world.record("machine-created", site, machine.name, detail=group)
        world.spawn(_life(world, site, scaler, machine))
        timeout_ms = startup_timeout_ms(scaler.check_of(group))
        if timeout_ms is not None:
            world.spawn(_watch(world, site, scaler, machine, timeout_ms))
    tell_machines(world, site, scaler)


def _life(world: World, site: Site, scaler: Scaler, machine: Machine) -> ProcessGenerator:
    """From creation to a node, or to failure."""
    times = scaler.autoscaling.times
    luck = world.stream("machine", site.name, machine.name)
    fails = luck.random() < times.failure
    ready_ms = draw_ms(times.until_ready, luck)
    provisioned_ms = int(ready_ms * PROVISIONED_SHARE)
    yield world.wait(provisioned_ms)
    if not machine.exists:
        return
    if fails:
        machine.phase = Phase.FAILED
        scaler.failed[machine.group] += 1
        world.record("machine-failed", site, machine.name, detail=machine.group)
        if scaler.check_of(machine.group) is not None:
            yield from _replace(world, site, scaler, machine, "it has failed", machine.phase)
        return
    machine.phase, machine.changed_ms = Phase.PROVISIONED, world.now_ms
    yield world.wait(ready_ms - provisioned_ms)
    while machine.exists and site.losses:
        yield site.returned
    if machine.exists:
        _join(world, site, scaler, machine)


def _join(world: World, site: Site, scaler: Scaler, machine: Machine) -> None:
    machine.phase = Phase.RUNNING
    node = named_copy(scaler.autoscaling.machines[machine.group], machine.name)
    change_nodes(site.state, [node])
    site.cluster = site.state.cluster
    _expose(world, site, node)
    world.record("node-joined", site, machine.name, machine.name, machine.group)
    tell_machines(world, site, scaler)
    queue.changed(site.queue, world.now_ms, room=True)
    site.ring()
    site.move()
    site.resized()
    world.verify(site)


def _expose(world: World, site: Site, node: Node) -> None:
    """What may happen to the nodes of its pool may happen to this one."""
    ordinal = 0
    for loss in world.case.plan.losses:
        concerns = node.pool == loss.pool if loss.pool else node.is_worker
        if loss.cluster != site.name or loss.node or not concerns:
            continue
        if loss.at_ms is None or loss.at_ms > world.now_ms:
            world.spawn(losses(world, site, node.name, loss, ordinal))
        ordinal += 1


# -- health checks ---------------------------------------------------------------------------------


def _watch(
    world: World, site: Site, scaler: Scaler, machine: Machine, timeout_ms: int
) -> ProcessGenerator:
    """The health check gives a machine up that has had no node, and no news, for too long."""
    while machine.exists and machine.phase not in (Phase.RUNNING, Phase.FAILED):
        ends_ms = machine.changed_ms + timeout_ms + RECHECK_MS
        if ends_ms <= world.now_ms:
            why = "no node within nodeStartupTimeout"
            yield from _replace(world, site, scaler, machine, why, machine.phase)
            return
        yield world.wait(ends_ms - world.now_ms)


def watch_nodes(world: World, site: Site, scaler: Scaler) -> None:
    """Health checks replace machines whose node was lost, too."""

    def lost(node: str) -> None:
        machine = scaler.machines.get(node)
        check = None if machine is None else scaler.check_of(machine.group)
        timeout_ms = None if check is None else unready_timeout_ms(check)
        if machine is not None and timeout_ms is not None:
            world.spawn(_give_up(world, site, scaler, machine, timeout_ms))

    site.when_lost = lost


def _give_up(
    world: World, site: Site, scaler: Scaler, machine: Machine, timeout_ms: int
) -> ProcessGenerator:
    outage = site.outages[machine.name]
    yield world.wait(UNREADY_AFTER_MS + timeout_ms + RECHECK_MS)
    if machine.exists and not outage.over and not site.losses:
        yield from _replace(world, site, scaler, machine, "its node is Unknown", machine.phase)


def _is_unhealthy(world: World, site: Site, machine: Machine, check: MachineHealthCheck) -> bool:
    """Whether it has no node, or one that is seen to be lost."""
    outage = site.outages.get(machine.name)
    if not machine.has_node or outage is None:
        return not machine.has_node
    is_seen = outage.since_ms + UNREADY_AFTER_MS <= world.now_ms
    return is_seen and unready_timeout_ms(check) is not None


def _replace(
    world: World, site: Site, scaler: Scaler, machine: Machine, why: str, phase: Phase
) -> ProcessGenerator:
    """Its machine set makes another one, once few enough of those covered are unhealthy."""
    check = scaler.check_of(machine.group)
    assert check is not None
    is_told, outage = False, site.outages.get(machine.name)
    while machine.exists and machine.phase is phase and not (outage and outage.over):
        covered = [m for m in scaler.machines.values() if scaler.check_of(m.group) is check]
        unhealthy = sum(_is_unhealthy(world, site, m, check) for m in covered)
        if is_replaceable(check, unhealthy, len(covered)):
            if phase in (Phase.PROVISIONING, Phase.PROVISIONED):
                scaler.given_up[machine.group] += 1
            why = f"MachineHealthCheck {check.name}: {why}"
            delete_machine(world, site, scaler, machine, why)
            fill_up(world, site, scaler, machine.group)
            return
        if not is_told:
            detail = (
                f"{unhealthy} of {len(covered)} machines are unhealthy, at most "
                f"{check.max_unhealthy}"
            )
            world.record("remediation-held-back", site, machine.name, machine.name, detail)
            is_told = True
        yield site.moved


# -- going -----------------------------------------------------------------------------------------


def delete_machine(world: World, site: Site, scaler: Scaler, machine: Machine, why: str) -> None:
    """A machine goes, and its node with it, which no VM may run on."""
    had_node, machine.phase = machine.has_node, Phase.DELETING
    del scaler.machines[machine.name]
    scaler.moves += 1
    scaler.staying.pop(machine.name, None)
    world.record("machine-deleted", site, machine.name, detail=why)
    if had_node:
        _remove_node(world, site, machine.name)
    else:
        site.move()
    tell_machines(world, site, scaler)


def _remove_node(world: World, site: Site, name: str) -> None:
    """A node is deleted with what the platform runs on it."""
    state = site.state
    rows = state.pods_on(state.node_index(name))
    others = [state.pod(row) for row in rows]
    for row, pod in zip(rows, others, strict=True):
        assert pod.key not in site.vms, f"{name} is deleted with VMs on it"
        claim.release(state, row)
    change_nodes(state, leaving=[name])
    site.cluster = state.cluster
    site.cordons.pop(name, None)
    world.record("node-left", site, name, name)
    bury(world, site, name)
    move_services(world, site, name, others)
    site.move()
    site.resized()
    world.verify(site)


def close_node(site: Site, name: str) -> None:
    """Nothing new goes to a node that is to be deleted."""
    site.cordons[name] += 1
    claim.cordon(site.state, site.state.node_index(name), True)
    site.resized()


def reopen_node(site: Site, name: str) -> None:
    """The node stays."""
    site.cordons[name] -= 1
    if not site.cordons[name] and site.state.has_node(name):
        claim.cordon(site.state, site.state.node_index(name), False)
        site.resized()


def tell_machines(world: World, site: Site, scaler: Scaler) -> None:
    """Write down how many nodes and machines there are."""
    coming = sum(not machine.has_node for machine in scaler.machines.values())
    nodes = len(site.state.nodes)
    for group in scaler.sets:
        there = [machine.has_node for machine in scaler.of_group(group)]
        world.machines.record(
            time_ms=world.now_ms,
            cluster=site.name,
            group=group,
            nodes=sum(there),
            machines=len(there),
            cluster_nodes=nodes,
            cluster_machines=nodes + coming,
            vms_pending=site.counts[VmStatus.PENDING],
        )
