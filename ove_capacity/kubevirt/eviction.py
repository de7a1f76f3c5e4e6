"""What becomes of a VM when its node is drained: it migrates, it is shut down, or it stays."""

from __future__ import annotations

from ove_capacity.kubevirt.defaults import with_default_interface
from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import is_secure_execution, is_sev
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Vmi, VmiSpec

__all__ = ["BRIDGES", "MIGRATES", "SHUTS_DOWN", "on_eviction", "why_not_migratable"]

MIGRATES, SHUTS_DOWN = "migrates", "shuts down"
_STAYS_UNLESS_MIGRATABLE = ("LiveMigrate", "LiveMigrateIfPossible")
_POD_BRIDGE = "kubevirt.io/allow-pod-bridge-network-live-migration"
BRIDGES = "it bridges the pod network"
"""The obstacle to migration that its owner can take away: by masquerade instead."""


def why_not_migratable(vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> str:
    """Why the VM cannot migrate live, empty when it can; its disks count as shared.

    Not looked at: access modes of its claims, and whether another node has its CPU model.

    Source: kubevirt v1.8.4 pkg/virt-handler/vm.go, calculateLiveMigrationCondition.
    """
    domain = vmi.spec.domain
    if _bridges_the_pod_network(vmi, kubevirt):
        return BRIDGES
    if domain.devices.gpus or domain.devices.host_devices:
        return "VMI uses a PCI host devices"  # sic: upstream's words
    if is_sev(domain, rules):
        return "VMI uses SEV"
    if domain.launch_security is not None and domain.launch_security.kind == "tdx":
        return "VMI uses TDX"
    if is_secure_execution(vmi.spec):
        return "VMI uses Secure Execution"
    if any(disk.reservation for disk in domain.devices.disks):
        return "VMI uses SCSI persistent reservation"
    return "VMI uses hyperv passthrough" if domain.hyperv_passthrough else ""


def _bridges_the_pod_network(vmi: Vmi, kubevirt: KubeVirt) -> bool:
    spec: VmiSpec = with_default_interface(vmi.spec, kubevirt.default_network_interface)
    pod_networks = {each.name for each in spec.networks if not (each.multus or each.is_claimed)}
    return _POD_BRIDGE not in vmi.annotations and any(
        interface.name in pod_networks and interface.binding == "bridge"
        for interface in spec.domain.devices.interfaces
    )


def on_eviction(vmi: Vmi | None, kubevirt: KubeVirt, rules: Rules) -> str:
    """`MIGRATES`, `SHUTS_DOWN`, or why the VM keeps its node from being drained.

    *vmi*: None when it is not known; then the cluster's strategy rules, and it can migrate.

    Source: kubevirt v1.9.0 pkg/virt-api/webhooks/validating-webhook/admitters/
    pod-eviction-admitter.go, Admit.
    """
    strategy = (vmi.spec.eviction_strategy if vmi else "") or kubevirt.eviction_strategy or "None"
    if strategy == "External":
        return "its eviction strategy is External: somebody else must move it"
    if strategy not in _STAYS_UNLESS_MIGRATABLE:
        return SHUTS_DOWN
    obstacle = why_not_migratable(vmi, kubevirt, rules) if vmi else ""
    if not obstacle:
        return MIGRATES
    return SHUTS_DOWN if strategy == "LiveMigrateIfPossible" else f"cannot migrate: {obstacle}"
