"""Nodes die and come back; what happens to their VMs is up to the cluster's remediation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
from simpy.events import ProcessGenerator

from ove_capacity.errors import UnknownNameError
from ove_capacity.kube import queue
from ove_capacity.model.plan import NodeLoss
from ove_capacity.model.pod import Pod
from ove_capacity.openshift import remediation
from ove_capacity.place import place, scheduler_of
from ove_capacity.platform.management import PART_LABEL
from ove_capacity.sim.draw import draw_ms
from ove_capacity.sim.processes.starting import restart
from ove_capacity.sim.world import Outage, Site, Vm, VmStatus, World
from ove_capacity.state import claim
from ove_capacity.state.cluster_state import ClusterState

__all__ = ["bury", "lose", "losses", "move_services", "nodes_of", "repair"]


def nodes_of(site: Site, loss: NodeLoss) -> list[str]:
    """The nodes that a loss is about, in the order they joined.

    Raises:
        UnknownNameError: it names a node that the cluster does not have.
    """
    if loss.node:
        known = [node.name for node in site.cluster.nodes]
        if loss.node not in known:
            raise UnknownNameError("node", loss.node, known)
        return [loss.node]
    if loss.pool:
        return [node.name for node in site.cluster.nodes if node.pool == loss.pool]
    return [node.name for node in site.cluster.workers]


def losses(world: World, site: Site, node: str, loss: NodeLoss, ordinal: int) -> ProcessGenerator:
    """One node dies once, or time and again, and is repaired.

    *ordinal* counts the losses that name the same node; each node has streams of its own.
    """
    # Of their own, from their start: those that begin together draw the same.
    path = (loss.together,) if loss.together else (site.name, node, ordinal)
    failing = world.streams("node-loss", *path)
    mending = world.streams("node-repair", *path)
    if loss.at_ms is not None:
        yield world.wait(loss.at_ms - world.now_ms)
        if site.state.has_node(node):
            yield from _out_of_service(world, site, node, loss, mending)
        return
    assert loss.every is not None, "a loss has a moment or a rate"
    while True:
        yield world.wait(draw_ms(loss.every, failing))
        if not site.state.has_node(node):
            return
        yield from _out_of_service(world, site, node, loss, mending)
        if loss.repair is None:
            return


def _out_of_service(
    world: World, site: Site, node: str, loss: NodeLoss, mending: np.random.Generator
) -> ProcessGenerator:
    lose(world, site, node)
    world.verify(site)
    if loss.repair is not None:
        yield world.wait(draw_ms(loss.repair, mending))
        repair(world, site, node)
        world.verify(site)


def lose(world: World, site: Site, node: str) -> None:
    """The node stops; its VMs are down from now on, and nothing new is placed there.

    Upstream the scheduler learns of it 40 s later and may bind a pod there meanwhile; we do not.
    """
    outage = site.outages.get(node)
    if outage is not None:
        outage.causes += 1
        return
    outage = site.outages[node] = Outage(node, world.now_ms)
    state = site.state
    pods = [state.pod(row) for row in claim.lose_node(state, state.node_index(node))]
    world.record("node-lost", site, node, node)
    site.move()
    for pod in pods:
        vm = site.vms.get(pod.key)
        if vm is None:
            outage.platform.append(pod)
            continue
        if site.end_migration(vm) and vm.node != node:
            continue  # it was on its way there, and runs on where it was
        outage.vms.append(vm)
        vm.row = -1
        site.turn(vm, VmStatus.LOST)
        world.record("vm-lost", site, vm.key, node)
    if site.cluster.remediation.kind != "none" and not site.losses:
        world.spawn(_remediation(world, site, outage))
    if any(_is_made_anew(pod) for pod in outage.platform) and not site.losses:
        world.spawn(_services_leave(world, site, outage))
    if site.when_lost is not None:
        site.when_lost(node)


def repair(world: World, site: Site, node: str) -> None:
    """The node is back, empty; what was not brought back elsewhere starts anew.

    While the node was away its pods were Terminating. When its kubelet returns it finds no
    container running, the pods end at last, and the VMs' run strategies start new ones: without
    fencing this is the only way back.
    """
    outage = site.outages.get(node)
    if outage is None:
        return  # the node was deleted meanwhile
    outage.causes -= 1
    if outage.causes:
        return
    del site.outages[node]
    outage.over = True
    _restore(site.state, node, outage.platform)
    world.record("node-returned", site, node, node)
    _restart_lost(world, site, outage)
    queue.changed(site.queue, world.now_ms, room=True)
    site.ring()
    site.move()
    site.ring_returned()


def bury(world: World, site: Site, node: str) -> None:
    """A node that is down is deleted: its pods end with it, and its VMs may start elsewhere."""
    outage = site.outages.pop(node, None)
    if outage is not None:
        outage.over = True
        move_services(world, site, node, outage.platform)
        _restart_lost(world, site, outage)


def _is_made_anew(pod: Pod) -> bool:
    """Whether it is one of a service, which a ReplicaSet replaces."""
    return PART_LABEL in pod.labels and pod.owner is not None and pod.owner.kind == "ReplicaSet"


def _services_leave(world: World, site: Site, outage: Outage) -> ProcessGenerator:
    """Pods of services are made anew on other nodes; who finds none returns with this one."""
    yield world.wait(remediation.EVICTION_MS)
    if outage.over or site.losses:
        return
    placed = move_services(world, site, outage.node, outage.platform)
    outage.platform = [pod for pod in outage.platform if pod.key not in placed]
    site.move()
    world.verify(site)


def move_services(world: World, site: Site, node: str, pods: Iterable[Pod]) -> Collection[str]:
    """Those of the pods that a ReplicaSet replaces stand elsewhere from now on: the keys of these.

    They are of no priority: nobody has to go for them.
    """
    leaving = [pod for pod in pods if _is_made_anew(pod)]
    if not leaving:
        return ()
    specs = {
        id(pod.spec): replace(pod.spec, node_name="", preemption_never=True) for pod in leaving
    }
    anew = [replace(pod, spec=specs[id(pod.spec)]) for pod in leaving]
    outcome = place(site.state, anew, world.case.policy, world.stream("kube.tie", site.name))
    detail = f"{len(outcome.bound)} of {len(anew)} pods"
    world.record("services-moved", site, node, node, detail)
    return {bound.pod.key for bound in outcome.bound}


def _restore(state: ClusterState, node: str, platform: list[Pod]) -> None:
    n = state.node_index(node)
    claim.restore_node(state, n)
    classes = scheduler_of(state).classify(state, platform)
    for pod, pod_class in zip(platform, classes, strict=True):
        claim.bind(state, state.add(pod, pod_class), n)


def _remediation(world: World, site: Site, outage: Outage) -> ProcessGenerator:
    """Detect the dead node, fence it, and let its VMs start elsewhere."""
    kind = site.cluster.remediation.kind
    workers = len(site.cluster.workers)
    yield world.wait(remediation.DETECTION_MS)
    held_back = False
    while not (outage.over or remediation.may_remediate(kind, site.healthy_workers(), workers)):
        if not held_back:
            detail = f"{site.healthy_workers()} of {workers} workers are healthy"
            world.record("remediation-held-back", site, outage.node, outage.node, detail)
            held_back = True
        yield site.returned
    if outage.over:
        return
    yield world.wait(remediation.fencing_ms(kind, workers))
    if outage.over:
        return
    world.record("node-fenced", site, outage.node, outage.node, kind)
    _restart_lost(world, site, outage)
    world.verify(site)


def _restart_lost(world: World, site: Site, outage: Outage) -> None:
    lost: list[Vm] = [vm for vm in outage.vms if vm.status is VmStatus.LOST]
    outage.vms.clear()
    for vm in lost:
        restart(world, site, vm)
