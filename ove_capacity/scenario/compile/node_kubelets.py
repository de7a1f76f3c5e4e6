"""Node objects, and what they publish of their cells -> what their kubelets admit by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.node_topology import WrittenTopology, written_topologies
from ove_capacity.manifests.objects import Objects
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import Machine
from ove_capacity.model.node import Node
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.releases import Release
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.compile.kubelets import (
    KubeletRules,
    asked_topology,
    checked_kubelet,
)
from ove_capacity.scenario.compile.machine import machine_as_said
from ove_capacity.scenario.schema.cluster import NodeSection

__all__ = ["node_kubelets"]


def node_kubelets(
    context: Context,
    cluster: str,
    nodes: list[Node],
    found: Objects,
    rules: KubeletRules,
    release: Release,
) -> list[Node]:
    """Node objects, the workers among them with what their kubelets admit by.

    Cells are those of a node's NodeResourceTopology, else assumed. What is kept is what they do not
    offer; reserved memory is taken to agree with it.
    """
    published = written_topologies(found.kubevirt_parts.get("NodeResourceTopology", ()))
    _warn_of_published(published, nodes, rules)
    if not rules.admits:
        return nodes
    path: FieldPath = ("clusters", cluster, "nodes")
    made: dict[str, NodeKubelet | None] = {}
    changed = []
    for node in nodes:
        if not node.is_worker or not _has_size(context, path, node):
            changed.append(node)
            continue
        offered, own = node.allocatable.get(CPU, 0), published.get(node.name)
        said = f"{own.machine}{own.kept}" if own else ""
        key = f"{sorted(node.capacity.items())}{offered}{said}"
        if key not in made:
            kept = {CPU: max(0, node.capacity.get(CPU, 0) - offered)}
            machine = _machine(context, path, node, own)
            kubelet = NodeKubelet(machine, _reserved(rules.config, own), kept)
            made[key] = checked_kubelet(context, path, kubelet, release)
        changed.append(replace(node, kubelet=made[key]))
    return changed


def _has_size(context: Context, path: FieldPath, node: Node) -> bool:
    """Whether the object says enough of its machine; that it does not is told."""
    lacking = [name for name in (CPU, MEMORY) if not node.capacity.get(name)]
    if lacking:
        what = (
            f"node {node.name} says no {' and no '.join(lacking)} of its own: it admits by totals"
        )
        context.warn(path, what)
    return not lacking


def _machine(context: Context, path: FieldPath, node: Node, own: WrittenTopology | None) -> Machine:
    cluster, cpus = str(path[1]), node.capacity.get(CPU, 0) // 1000
    if own is None:
        topology = node.topology or asked_topology(context, path, cluster, cpus)
        return machine_as_said(context, path, topology, node.capacity, NodeSection())
    cores = [core for cell in own.machine.cells for core in cell.cores]
    threads = len(cores[0].threads)
    value = f"{threads} threads a core, a socket for each of {len(own.machine.cells)} cells"
    source = "a NodeResourceTopology tells cells, but neither threads nor sockets"
    name = f"node.topology ({len(cores) * threads} CPUs)"
    known = {(each.name, each.applies_to) for each in context.assumptions}
    if (name, cluster) not in known:
        context.assume(name, value, source, cluster, Evidence.ASSUMED)
    return own.machine


def _reserved(config: KubeletConfig, own: WrittenTopology | None) -> KubeletConfig:
    """With the memory that a node keeps, by what it publishes, where nothing else says it."""
    if own is None or config.memory_manager_policy == "None" or config.reserved_memory:
        return config
    kept = tuple(ReservedMemory(cell, limits) for cell, limits in own.kept.items() if limits)
    return replace(config, reserved_memory=kept)


def _warn_of_published(
    published: Mapping[str, WrittenTopology], nodes: list[Node], rules: KubeletRules
) -> None:
    known = {node.name for node in nodes if node.is_worker}
    config = rules.config
    for name, own in published.items():
        if name not in known:
            own.fields.warning(f"is not used: no worker among the nodes is called {name!r}")
            continue
        asked = (own.policy or "none", own.scope or "container")
        ours = (config.topology_manager_policy, config.topology_manager_scope)
        if asked[0] != ours[0] or (asked[0] != "none" and asked[1] != ours[1]):
            own.fields.warning(
                f"publishes topology manager policy {asked[0]}, scope {asked[1]}; counted with are "
                f"{ours[0]} and {ours[1]}: say it under kubelet"
            )
