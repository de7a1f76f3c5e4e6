"""``storage`` and ``network`` of a cluster -> the nouns; what nobody said takes a named default."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.parts import written_cluster_network
from ove_capacity.manifests.profile import ClusterProfile
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.network import ClusterNetwork, VmNetwork
from ove_capacity.model.storage import StorageSystem
from ove_capacity.model.virtualization import NetworkAttachment
from ove_capacity.openshift.network import (
    CLUSTER_NETWORK_SOURCE,
    DEFAULT_CIDR,
    GATEWAY_ADDRESSES,
    cluster_network,
    range_addresses,
)
from ove_capacity.openshift.storage import storage_assumptions, storage_of_machines
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.complaints import value_at
from ove_capacity.scenario.schema.budget import StorageSection, VmNetworkSection

__all__ = ["cluster_network_of", "storage_of", "vm_networks_of"]

_STORAGE = "storage"
_MOST_ADDRESSES = 1 << 40
"""More are as good as any number, and tables stay readable."""


def _machines(
    context: Context, cluster: str, profile: ClusterProfile | None
) -> StorageSystem | None:
    """The disks of the pools with the role storage; None when there is no such machine."""
    section = context.scenario.clusters[cluster]
    shapes = dict(profile.shapes) if profile else {}
    counts = dict(profile.counts) if profile else {}
    raw, medium = 0, ""
    for name in dict.fromkeys((*counts, *section.pools)):
        pool = section.pools.get(name)
        if ((pool.role if pool else None) or name) != _STORAGE:
            continue
        shape = shapes.get(name)
        count = counts.get(name, 0) if pool is None or pool.count is None else pool.count
        # What a Node object offers (node.allocatable) is its root disk, not disks to pool.
        own = pool.node.storage if pool and pool.node.allocatable.storage is None else None
        disk = own or (shape.storage_bytes if shape else 0)
        raw += storage_of_machines(_STORAGE, count, disk).raw_bytes
        medium = medium or (shape.storage_medium if shape else "")
    return storage_of_machines(_STORAGE, 1, raw, medium) if raw else None


def storage_of(
    context: Context, cluster: str, profile: ClusterProfile | None
) -> tuple[StorageSystem, ...]:
    """Storage systems as the scenario lists them, or the one of the storage machines."""
    given = context.scenario.clusters[cluster].storage
    machines = _machines(context, cluster, profile)
    if not given:
        if machines is None:
            return ()
        context.assumptions += storage_assumptions(machines, cluster)
        return (machines,)
    found = []
    without_raw = [name for name, section in given.items() if section.raw is None]
    for name, section in given.items():
        path: FieldPath = ("clusters", cluster, "storage", name)
        if section.raw is None and (machines is None or len(without_raw) > 1):
            why = "there are no storage machines" if machines is None else "one only can be"
            context.error(path, f"'raw' is missing, and {why} to take it from")
            continue
        system = _system(name, section, machines)
        if system.held_bytes > system.raw_bytes:
            context.error((*path, "held"), "is more than there is raw")
        said = section.model_fields_set
        context.assumptions += storage_assumptions(
            system, cluster, replicas="replicas" not in said, near_full="near_full" not in said
        )
        found.append(system)
    return tuple(found)


def _system(name: str, section: StorageSection, machines: StorageSystem | None) -> StorageSystem:
    return StorageSystem(
        name=name,
        raw_bytes=section.raw or (machines.raw_bytes if machines else 0),
        replicas=section.replicas,
        near_full_percent=section.near_full,
        medium=section.medium or (machines.medium if machines and section.raw is None else ""),
        classes=section.classes,
        held_bytes=section.held,
    )


def cluster_network_of(context: Context, cluster: str, found: Objects) -> ClusterNetwork | None:
    """The pod network: the scenario's, else that of the Network object, else OpenShift's own."""
    given = context.scenario.clusters[cluster].network.cluster_network
    written = written_cluster_network(found)
    cidr, prefix = given.cidr, given.host_prefix
    if written is not None:
        cidr = cidr or written.text("cidr")
        prefix = prefix or written.whole_or_none("hostPrefix")
    try:
        network = cluster_network(cidr or DEFAULT_CIDR, prefix)
    except ValueError as error:
        if written is not None and not given.model_fields_set:
            written.error(str(error))
        else:
            path = ("clusters", cluster, "network", "clusterNetwork")
            context.error(path, str(error))
        return None
    if not cidr:
        value = f"{network.cidr}, /{network.host_prefix} a node"
        name, evidence = "network.cluster_network", Evidence.DOCUMENTED
        context.assume(name, value, CLUSTER_NETWORK_SOURCE, cluster, evidence)
    return network


def _range(context: Context, path: FieldPath, section: VmNetworkSection) -> int | None:
    """Addresses of one network of the scenario; a contradiction is noted."""
    if section.addresses is not None and section.range is not None:
        context.error((*path, "addresses"), "range and addresses exclude each other")
    if section.addresses is not None or section.range is None:
        return section.addresses
    try:
        count = range_addresses(section.range)
    except ValueError as error:
        is_short = isinstance(value_at(context.changed.document.value, path), str)
        context.error(path if is_short else (*path, "range"), str(error))
        return None
    if "-" in section.range:
        return min(count, _MOST_ADDRESSES)
    cluster, name = str(path[1]), str(path[-1])
    source = f"one address of {name}'s range is the gateway's; say addresses where it is not so"
    value = str(GATEWAY_ADDRESSES)
    context.assume("vm_network.gateway_addresses", value, source, cluster, Evidence.ASSUMED)
    return min(count - GATEWAY_ADDRESSES, _MOST_ADDRESSES)


def vm_networks_of(
    context: Context, cluster: str, attachments: tuple[NetworkAttachment, ...]
) -> tuple[VmNetwork, ...]:
    """The scenario's networks, and those of the manifests that it does not describe."""
    given: Mapping[str, VmNetworkSection] = context.scenario.clusters[cluster].network.vm_networks
    networks = {}
    for name, section in given.items():
        path: FieldPath = ("clusters", cluster, "network", "vmNetworks", name)
        addresses = _range(context, path, section)
        if addresses is not None and section.held > addresses:
            context.error((*path, "held"), f"is more than its {addresses} addresses")
        networks[name] = VmNetwork(name, addresses, section.held)
    for each in attachments:
        key = f"{each.namespace}/{each.name}"
        if key not in networks and each.name not in networks:
            networks[key] = VmNetwork(key, each.addresses)
    return tuple(networks.values())
