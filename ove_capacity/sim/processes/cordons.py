"""Nodes are closed to new pods, and opened again."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ove_capacity.errors import UnknownNameError
from ove_capacity.kube import queue
from ove_capacity.model.plan import Cordon
from ove_capacity.sim.world import Site, World
from ove_capacity.state import claim

__all__ = ["closed_nodes", "cordons"]


def closed_nodes(site: Site, cordon: Cordon) -> list[str]:
    """The nodes that a cordon is about, in the order they joined.

    Raises:
        UnknownNameError: it names a node that the cluster does not have.
    """
    nodes = site.cluster.nodes
    if not cordon.node:
        return [node.name for node in nodes if node.pool == cordon.pool]
    known = [node.name for node in nodes]
    if cordon.node not in known:
        raise UnknownNameError("node", cordon.node, known)
    return [cordon.node]


def cordons(world: World, site: Site, cordon: Cordon, names: list[str]) -> ProcessGenerator:
    """The nodes of a cordon are closed at its time, and opened when it is over.

    Cordons nest: a node is open when none holds it. One that was written as unschedulable stays so.
    """
    yield world.wait(cordon.at_ms)
    if cordon.pool:
        names = closed_nodes(site, cordon)
    for name in names:
        _close(world, site, name)
    site.resized()
    site.move()
    world.verify(site)
    if cordon.lasting_ms is None:
        return
    yield world.wait(cordon.lasting_ms)
    for name in names:
        _open(world, site, name)
    site.resized()
    queue.changed(site.queue, world.now_ms, room=True)
    site.ring()
    site.move()
    world.verify(site)


def _close(world: World, site: Site, name: str) -> None:
    site.cordons[name] += 1
    if site.cordons[name] > 1 or not site.state.has_node(name):
        return
    claim.cordon(site.state, site.state.node_index(name), True)
    world.record("node-cordoned", site, name, name)


def _open(world: World, site: Site, name: str) -> None:
    site.cordons[name] -= 1
    if site.cordons[name] or not site.state.has_node(name):
        return
    claim.cordon(site.state, site.state.node_index(name), False)
    world.record("node-uncordoned", site, name, name)
