"""The KubeVirt CR, and the objects beside it that rendering a launcher pod reads -> nouns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, Source, fields_of, warn_of_others
from ove_capacity.manifests.selectors import label_selector_of
from ove_capacity.model.virtualization import (
    BindingPlugin,
    Gates,
    KubeVirt,
    NetworkAttachment,
    Quota,
    SupportResources,
)
from ove_capacity.openshift.network import whereabouts_addresses

__all__ = [
    "binding_plugin_of",
    "configuration_of",
    "kubevirt_of",
    "network_attachment_of",
    "quota_of",
]

_RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName"
_READ = (
    "additionalGuestMemoryOverheadRatio",
    "architectureConfiguration",
    "autoCPULimitNamespaceLabelSelector",
    "cpuModel",
    "cpuRequest",
    "defaultRuntimeClass",
    "developerConfiguration",
    "evictionStrategy",
    "liveUpdateConfiguration",
    "machineType",
    "network",
    "permittedHostDevices",
    "supportContainerResources",
    "virtualMachineOptions",
    "vmRolloutStrategy",
)
_HARMLESS = ("imagePullPolicy", "smbios", "vmStateStorageClass")
_DEVELOPER_READ = (
    "cpuAllocationRatio",
    "disabledFeatureGates",
    "featureGates",
    "memoryOvercommit",
    "nodeSelectors",
    "useEmulation",
)
_DEVELOPER_HARMLESS = ("diskVerification", "logVerbosity", "pvcTolerateLessSpaceUpToPercent")
_ARCHITECTURES = ("amd64", "arm64", "s390x")
_LARGEST_RATIO = 1_000_000
"""Far beyond any use; still larger ones would ask for less than a billionth of a CPU."""
_NOT_SET = {"cpu_allocation_ratio": 10, "memory_overcommit": 100}


def binding_plugin_of(fields: Fields) -> BindingPlugin:
    """One entry of ``network.binding``."""
    overhead = fields.fields("computeResourceOverhead").quantities("requests")
    return BindingPlugin(
        sidecar_image=fields.text("sidecarImage"),
        network_attachment_definition=fields.text("networkAttachmentDefinition"),
        memory_overhead=overhead.get("memory"),
    )


def _permitted(fields: Fields) -> frozenset[str] | None:
    if "permittedHostDevices" not in fields:
        return None
    devices = fields.fields("permittedHostDevices")
    return frozenset(
        each.required_text("resourceName")
        for key in ("pciHostDevices", "mediatedDevices", "usb")
        for each in devices.each(key)
    )


def _machine_types(fields: Fields) -> dict[str, str]:
    architectures = fields.fields("architectureConfiguration")
    found = {name: architectures.fields(name).text("machineType") for name in _ARCHITECTURES}
    found[""] = fields.text("machineType")
    return {name: machine for name, machine in found.items() if machine}


def _with_developer(kubevirt: KubeVirt, fields: Fields) -> KubeVirt:
    warn_of_others(fields, _DEVELOPER_READ + _DEVELOPER_HARMLESS)
    enabled = frozenset(fields.texts("featureGates"))
    ratio = fields.whole("cpuAllocationRatio", least=0, most=_LARGEST_RATIO)
    overcommit = fields.whole("memoryOvercommit", least=0, most=_LARGEST_RATIO)
    return replace(
        kubevirt,
        # 0 is left out on the way to the API server, and so means the default
        cpu_allocation_ratio=ratio or _NOT_SET["cpu_allocation_ratio"],
        memory_overcommit=overcommit or _NOT_SET["memory_overcommit"],
        use_emulation=fields.flag("useEmulation"),
        gates=Gates(enabled, frozenset(fields.texts("disabledFeatureGates"))),
        node_selectors=fields.labels("nodeSelectors"),
    )


def configuration_of(fields: Fields) -> KubeVirt:
    """``spec.configuration`` of a KubeVirt CR; what it leaves out takes KubeVirt's defaults."""
    warn_of_others(fields, _READ + _HARMLESS)
    live, network = fields.fields("liveUpdateConfiguration"), fields.fields("network")
    plugins = network.fields("binding")
    kubevirt = KubeVirt(
        arch=fields.fields("architectureConfiguration").text("defaultArchitecture") or "amd64",
        cpu_request=fields.quantity("cpuRequest"),
        cpu_model=fields.text("cpuModel"),
        eviction_strategy=fields.text("evictionStrategy"),
        additional_guest_memory_overhead_ratio=fields.text("additionalGuestMemoryOverheadRatio"),
        support_resources=tuple(
            SupportResources(
                each.required_text("type"),
                each.fields("resources").quantities("requests"),
                each.fields("resources").quantities("limits"),
            )
            for each in fields.each("supportContainerResources")
        ),
        serial_console_log_disabled="disableSerialConsoleLog"
        in fields.fields("virtualMachineOptions"),
        default_runtime_class=fields.text("defaultRuntimeClass"),
        vm_rollout_strategy=fields.text("vmRolloutStrategy"),
        max_cpu_sockets=live.whole_or_none("maxCpuSockets"),
        max_guest=live.quantity("maxGuest"),
        max_hotplug_ratio=live.whole("maxHotplugRatio", least=0),
        machine_types=_machine_types(fields),
        default_network_interface=network.text("defaultNetworkInterface") or "bridge",
        binding_plugins={name: binding_plugin_of(plugins.fields(name)) for name in plugins.value},
        auto_cpu_limit_namespaces=label_selector_of(fields, "autoCPULimitNamespaceLabelSelector"),
        permitted_host_devices=_permitted(fields),
    )
    return _with_developer(kubevirt, fields.fields("developerConfiguration"))


def kubevirt_of(source: Source, problems: Problems | None = None) -> KubeVirt:
    """A KubeVirt CR.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    kubevirt = configuration_of(fields.fields("spec").fields("configuration"))
    annotations = fields.fields("metadata").labels("annotations")
    if problems is None:
        log.raise_if_any()
    return replace(kubevirt, annotations=annotations)


def _addresses(spec: Fields) -> int | None:
    """How many addresses the CNI configuration of a network hands out by itself."""
    try:
        config = json.loads(spec.text("config") or "{}")
    except (ValueError, RecursionError):
        spec.warning("is not JSON: its addresses are not counted", "config")
        return None
    parts = config.get("plugins", [config]) if isinstance(config, Mapping) else []
    for part in parts if isinstance(parts, list) else []:
        ipam = part.get("ipam") if isinstance(part, Mapping) else None
        if isinstance(ipam, Mapping) and ipam.get("type") == "whereabouts":
            try:
                return whereabouts_addresses(ipam)
            except ValueError as error:
                spec.warning(f"{error}: its addresses are not counted", "config")
    return None


def network_attachment_of(source: Source, problems: Problems | None = None) -> NetworkAttachment:
    """A NetworkAttachmentDefinition.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    meta = fields.fields("metadata")
    attachment = NetworkAttachment(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        resource_name=meta.labels("annotations").get(_RESOURCE_NAME, ""),
        addresses=_addresses(fields.fields("spec")),
    )
    if problems is None:
        log.raise_if_any()
    return attachment


def quota_of(source: Source, problems: Problems | None = None) -> Quota:
    """A ResourceQuota.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    fields = fields_of(source, log)
    namespace = fields.fields("metadata").text("namespace") or "default"
    quota = Quota(namespace, frozenset(fields.fields("spec").quantities("hard")))
    if problems is None:
        log.raise_if_any()
    return quota
