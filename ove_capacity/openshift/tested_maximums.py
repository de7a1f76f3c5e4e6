"""What the vendor has tested, as data: beyond it things may work, and nobody has tried."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TESTED_MAXIMUMS", "TestedMaximum"]

_VIRTUALIZATION = "openshift-docs modules/virt-tested-maximums.adoc"
_CLUSTER = "openshift-docs modules/openshift-cluster-maximums-major-releases.adoc"
_TB = 10**12


@dataclass(frozen=True, slots=True)
class TestedMaximum:
    """One line of the vendor's tables."""

    name: str
    """What is counted: ``vms_per_cluster``."""
    limit: int
    """In pieces; memory in bytes."""
    words: str
    """As a sentence names it: ``VMs a cluster``."""
    source: str

    __test__ = False  # pytest must not take it for a test


_ALL = (
    TestedMaximum("hosts_per_cluster", 500, "nodes a cluster with VMs", _VIRTUALIZATION),
    TestedMaximum("vms_per_cluster", 10_000, "VMs a cluster", _VIRTUALIZATION),
    TestedMaximum("vcpus_per_vm", 216, "vCPUs a VM", _VIRTUALIZATION),
    TestedMaximum("memory_bytes_per_vm", 6 * _TB, "memory of a VM", _VIRTUALIZATION),
    TestedMaximum("pods_per_node", 500, "pods a node", _CLUSTER),
    TestedMaximum("pods_per_cluster", 150_000, "pods a cluster", _CLUSTER),
)

TESTED_MAXIMUMS = {each.name: each for each in _ALL}
"""By name. They bind nothing: a scheduler does not know them."""
