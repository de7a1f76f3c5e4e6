"""What differs between releases of KubeVirt, as data.

v1.1.0, v1.8.4 and v1.9.0 agree with recorded renderings case by case; the dates of the changes in
between were read from the last patch of each minor release, v1.0.1 to v1.9.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar

from ove_capacity.model.virtualization import Gates

__all__ = ["Rules", "rules_of"]

V = TypeVar("V", int, str)

_SINCE: Final[Mapping[str, tuple[int, int]]] = {
    # field of Rules -> (minor, patch) from which it is true
    "even_parity": (1, 1),
    "architecture_of_vmi": (2, 0),
    "plugin_overhead": (3, 0),
    "guest_memory_from_requests": (3, 0),
    "hotplug_defaults": (3, 0),
    "instancetype_hotplug_limits": (3, 0),
    "topology_short_names": (3, 0),
    "s390x_machine_type": (3, 0),
    "tpm_can_be_disabled": (4, 0),
    "ratio_last": (5, 0),
    "pool_threads_count": (5, 0),
    "pinned_cpu_overrides": (5, 0),
    "machine_type_label": (5, 0),
    "labels_say_true": (5, 0),
    "webhook_answers_evictions": (5, 0),
    "late_memory_request": (6, 0),
    "console_log_is_sidecar": (6, 0),
    "secure_execution_label": (6, 0),
    "device_claims": (6, 0),
    "guards_by_webhook": (6, 0),
    "preferred_architecture": (7, 0),
    "vmi_id_label": (7, 0),
    "snp_and_tdx": (7, 0),
    "instancetype_io_threads": (7, 0),
    "instancetype_adds_to_memory": (7, 0),
    "cpu_manager_label_prefixed": (8, 0),
    "reserved_overhead": (8, 0),
    "tdx_device": (9, 0),
    "preferred_launch_security": (9, 0),
    "beta_gates_on": (9, 0),
}

_VIRTLOGD_MIB: Final = {0: 20, 5: 25}
_VIRTQEMUD_MIB: Final = {0: 35, 4: 40}
_VIDEO_MIB: Final = {0: 16, 6: 32}
_PASST_INTERFACE_MIB: Final = {0: 800, 3: 0}
_PASST_BINDING_MIB: Final = {0: 0, 8: 250}
_MONITOR_LAUNCHER_QEMU_MIB: Final = 25 + 100 + 30

_GATES: Final[Mapping[str, Mapping[int, str]]] = {
    # gate -> minor release -> state from there on
    "AlignCPUs": {1: "alpha"},
    "AutoResourceLimitsGate": {0: "alpha", 5: "ga"},
    "CrossArchitectureVirtualization": {9: "alpha"},
    "ExternalNetResourceInjection": {8: "beta"},
    "GPUsWithDRA": {6: "alpha", 9: "beta"},
    "HostDevicesWithDRA": {6: "alpha", 9: "beta"},
    "HypervStrictCheck": {0: "alpha"},
    "IOMMUFD": {9: "alpha"},
    "ImageVolume": {6: "alpha", 7: "beta"},
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The constants and switches of one release."""

    minor: int
    fixed_overhead_mib: int
    """Monitor, launcher, virtlogd, virtqemud and QEMU itself."""
    video_mib: int
    passt_interface_mib: int
    """For each passt interface that forwards all ports."""
    passt_binding_mib: int
    """Once, if an interface has passtBinding."""
    even_parity: bool
    """An isolated emulator thread may take two CPUs, to make the count even."""
    architecture_of_vmi: bool
    """The overhead of arm64 goes by the VMI's architecture, not the cluster's."""
    plugin_overhead: bool
    """Network binding plugins may declare overhead."""
    guest_memory_from_requests: bool
    """Absent guest memory is filled in from requests, limits or the page size."""
    hotplug_defaults: bool
    """maxSockets and maxGuest are filled in."""
    instancetype_hotplug_limits: bool
    """Instancetypes know ``cpu.maxSockets`` and ``memory.maxGuest``."""
    topology_short_names: bool
    """Preferences know ``cores`` beside ``preferCores``, and spread options."""
    s390x_machine_type: bool
    """s390x has a machine type of its own."""
    tpm_can_be_disabled: bool
    ratio_last: bool
    """The overhead ratio also multiplies the 100 Mi of Guaranteed pods."""
    pool_threads_count: bool
    """Threads of the supplemental IO pool count as CPUs."""
    pinned_cpu_overrides: bool
    """Requests and limits of a VM with dedicated CPUs are its vCPUs, whatever it wrote."""
    machine_type_label: bool
    labels_say_true: bool
    """Realtime and SEV node labels have the value true, not an empty one."""
    webhook_answers_evictions: bool
    """Evictions of VMs that migrate never come as far as disruption budgets.

    Source: kubevirt v1.5.0 pkg/virt-api/webhooks/validating-webhook/admitters/
    pod-eviction-admitter.go, Admit; v1.3.0 to v1.4.0 it refuses the first one only, before none.
    """
    late_memory_request: bool
    """Requests come from guest memory when the pod is rendered, not in the VMI itself."""
    console_log_is_sidecar: bool
    """guest-console-log is a restartable init container."""
    secure_execution_label: bool
    device_claims: bool
    """GPUs and host devices may come from resource claims."""
    guards_by_webhook: bool
    """Evictions of VMs that migrate are caught by a webhook alone, and by no disruption budget."""
    preferred_architecture: bool
    vmi_id_label: bool
    snp_and_tdx: bool
    instancetype_io_threads: bool
    instancetype_adds_to_memory: bool
    """A VM with an instancetype may say something of its memory, if the instancetype does not."""
    cpu_manager_label_prefixed: bool
    """``kubevirt.io/cpumanager``, not ``cpumanager``."""
    reserved_overhead: bool
    """``memory.reservedOverhead``."""
    tdx_device: bool
    preferred_launch_security: bool
    beta_gates_on: bool

    def enables(self, gate: str, gates: Gates) -> bool:
        """Whether a feature gate is on: by its state in this release, then by the configuration.

        Source: kubevirt v1.9.0 pkg/virt-config/featuregate/feature-gates.go, IsEnabled; v1.8.4 and
        v1.1.0 pkg/virt-config/feature-gates.go, isFeatureGateEnabled.
        """
        state = _step(_GATES[gate], self.minor, "")
        if state == "ga":
            return True
        if not state or gate in gates.enabled:
            return bool(state)
        return state == "beta" and self.beta_gates_on and gate not in gates.disabled


def _step(steps: Mapping[int, V], minor: int, before: V) -> V:
    """The value of the last step at or before *minor*."""
    held = before
    for since, value in steps.items():
        if since <= minor:
            held = value
    return held


@cache
def rules_of(version: str) -> Rules:
    """The rules of a KubeVirt release such as ``v1.8.4``; later releases take the last known.

    Raises:
        ValueError: not a version of KubeVirt 1.

    Source: kubevirt v1.0.1 to v1.9.0 pkg/virt-controller/services, pkg/virt-api/webhooks,
    pkg/defaults, pkg/instancetype, pkg/hypervisor/kvm, pkg/virt-config.
    """
    parts = version.removeprefix("v").split("-")[0].split(".")
    if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts) or parts[0] != "1":
        raise ValueError(f"{version!r} is not a KubeVirt version like v1.1.0")
    minor = int(parts[1])
    at = (minor, int(parts[2]) if len(parts) > 2 else 0)
    switches = {name: at >= since for name, since in _SINCE.items()}
    return Rules(
        minor=minor,
        fixed_overhead_mib=_MONITOR_LAUNCHER_QEMU_MIB
        + _step(_VIRTLOGD_MIB, minor, 0)
        + _step(_VIRTQEMUD_MIB, minor, 0),
        video_mib=_step(_VIDEO_MIB, minor, 0),
        passt_interface_mib=_step(_PASST_INTERFACE_MIB, minor, 0),
        passt_binding_mib=_step(_PASST_BINDING_MIB, minor, 0),
        **switches,
    )
