"""Objects of a cluster that are kept as they are written until something asks for them."""

from __future__ import annotations

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.config_pools import POOL, check_pools
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.instancetypes import instancetype_of, preference_of
from ove_capacity.manifests.kubelet_configs import KINDS, written_kubelet, written_pages
from ove_capacity.manifests.kubevirt_config import kubevirt_of, network_attachment_of, quota_of
from ove_capacity.manifests.node_topology import written_topologies
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.routes import routes_of
from ove_capacity.openshift.network import DEFAULT_CIDR, cluster_network

__all__ = ["check_parts", "written_cluster_network"]

_READERS = {
    "KubeVirt": kubevirt_of,
    "NetworkAttachmentDefinition": network_attachment_of,
    "ResourceQuota": quota_of,
    "VirtualMachineClusterInstancetype": instancetype_of,
    "VirtualMachineClusterPreference": preference_of,
    "VirtualMachineInstancetype": instancetype_of,
    "VirtualMachinePreference": preference_of,
}


def written_cluster_network(found: Objects) -> Fields | None:
    """``clusterNetwork[0]`` of the cluster's own Network object."""
    for each in found.kubevirt_parts.get("Network", []):
        for key in ("status", "spec"):
            for entry in each.fields(key).each("clusterNetwork"):
                return entry
    return None


def check_parts(found: Objects, problems: Problems) -> None:
    """Note in *problems* what will be wrong with the parts whenever they are asked for."""
    for kind, read in _READERS.items():
        for each in found.kubevirt_parts.get(kind, []):
            try:
                read(each, problems)
            except ScenarioError as error:
                problems.errors += error.problems
    for policy in found.policies:
        policy.fields("spec")
    check_pools(found.kubevirt_parts.get(POOL, []))
    configs = {kind: found.kubevirt_parts.get(kind, []) for kind in (*KINDS, POOL)}
    written_kubelet(configs)
    written_pages(configs)
    written_topologies(found.kubevirt_parts.get("NodeResourceTopology", []))
    routes_of(found.kubevirt_parts.get("VirtualService", []))
    network = written_cluster_network(found)
    if network is not None:
        cidr, prefix = network.text("cidr"), network.whole_or_none("hostPrefix")
        try:
            cluster_network(cidr or DEFAULT_CIDR, prefix)
        except ValueError as error:
            network.error(str(error))
