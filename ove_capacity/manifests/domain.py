"""kubevirt.io/v1: the domain of a VirtualMachineInstance -> noun."""

from __future__ import annotations

from ove_capacity.manifests.fields import Fields, warn_of_others
from ove_capacity.model.resources import page_bytes
from ove_capacity.model.vm import (
    AttachedDevice,
    Cpu,
    CpuFeature,
    Devices,
    Disk,
    Domain,
    Interface,
    LaunchSecurity,
    Memory,
    Realtime,
    Resources,
    Tpm,
)
from ove_capacity.quantity import QuantityError

__all__ = [
    "attached_devices_of",
    "cpu_features_of",
    "domain_of",
    "hyperv_of",
    "launch_security_of",
    "optional_flag",
    "page_size_of",
    "realtime_of",
    "tpm_of",
]

_BINDINGS = ("sriov", "masquerade", "passtBinding", "passt", "slirp", "macvtap", "bridge")
_DOMAIN_READ = (
    "cpu",
    "devices",
    "features",
    "firmware",
    "ioThreads",
    "ioThreadsPolicy",
    "launchSecurity",
    "machine",
    "memory",
    "resources",
)
_DOMAIN_HARMLESS = ("chassis", "clock", "rebootPolicy")
_DEVICES_READ = (
    "autoattachGraphicsDevice",
    "autoattachPodInterface",
    "autoattachSerialConsole",
    "autoattachVSOCK",
    "disks",
    "filesystems",
    "gpus",
    "hostDevices",
    "interfaces",
    "logSerialConsole",
    "tpm",
)
_DEVICES_HARMLESS = (
    "autoattachInputDevice",
    "autoattachMemBalloon",
    "blockMultiQueue",
    "clientPassthrough",
    "disableHotplug",
    "downwardMetrics",
    "inputs",
    "networkInterfaceMultiqueue",
    "panicDevices",
    "rng",
    "sound",
    "useVirtioTransitional",
    "video",
    "watchdog",
)
_CPU_READ = (
    "cores",
    "dedicatedCpuPlacement",
    "features",
    "isolateEmulatorThread",
    "maxSockets",
    "model",
    "numa",
    "realtime",
    "sockets",
    "threads",
)
_MEMORY_READ = ("guest", "hugepages", "maxGuest", "reservedOverhead")
_RESOURCES_READ = ("limits", "overcommitGuestOverhead", "requests")


def optional_flag(fields: Fields, key: str) -> bool | None:
    """A boolean, None when absent."""
    return fields.flag(key) if key in fields else None


def cpu_features_of(fields: Fields, key: str) -> tuple[CpuFeature, ...]:
    """A list of CPU features with their policies."""
    return tuple(
        CpuFeature(each.required_text("name"), each.text("policy")) for each in fields.each(key)
    )


def realtime_of(fields: Fields) -> Realtime | None:
    """``realtime`` of a CPU; None when absent."""
    if "realtime" not in fields:
        return None
    return Realtime(fields.fields("realtime").text("mask"))


def _cpu(fields: Fields) -> Cpu:
    warn_of_others(fields, _CPU_READ)
    return Cpu(
        cores=fields.whole("cores", least=0),
        sockets=fields.whole("sockets", least=0),
        threads=fields.whole("threads", least=0),
        max_sockets=fields.whole("maxSockets", least=0),
        model=fields.text("model"),
        features=cpu_features_of(fields, "features"),
        dedicated_cpu_placement=fields.flag("dedicatedCpuPlacement"),
        isolate_emulator_thread=fields.flag("isolateEmulatorThread"),
        numa_passthrough="guestMappingPassthrough" in fields.fields("numa"),
        realtime=realtime_of(fields),
    )


def page_size_of(fields: Fields, key: str) -> str:
    """The page size that a ``hugepages`` names; "" when it names none."""
    hugepages = fields.fields(key)
    text = hugepages.text("pageSize")
    try:
        if text:
            page_bytes(text)
    except QuantityError as error:
        hugepages.error(str(error), "pageSize")
        return ""
    return text


def _memory(fields: Fields) -> Memory:
    warn_of_others(fields, _MEMORY_READ)
    reserved = fields.fields("reservedOverhead")
    return Memory(
        guest=fields.quantity("guest"),
        max_guest=fields.quantity("maxGuest"),
        hugepages_page_size=page_size_of(fields, "hugepages"),
        added_overhead=reserved.quantity("addedOverhead"),
        mem_lock=reserved.text("memLock"),
    )


def _resources(fields: Fields) -> Resources:
    warn_of_others(fields, _RESOURCES_READ)
    return Resources(
        requests=fields.quantities("requests"),
        limits=fields.quantities("limits"),
        overcommit_guest_overhead=fields.flag("overcommitGuestOverhead"),
    )


def _interface(fields: Fields) -> Interface:
    plugin = fields.fields("binding").text("name")
    written = next((name for name in _BINDINGS if name in fields), "")
    return Interface(
        name=fields.required_text("name"),
        binding="plugin" if plugin else written,
        plugin=plugin,
        model=fields.text("model"),
        ports=sum(1 for _ in fields.each("ports")),
    )


def attached_devices_of(fields: Fields, key: str) -> tuple[AttachedDevice, ...]:
    """GPUs or host devices."""
    return tuple(
        AttachedDevice(
            each.required_text("name"),
            each.text("deviceName"),
            is_claimed="claimName" in each or "requestName" in each,
        )
        for each in fields.each(key)
    )


def tpm_of(fields: Fields, key: str) -> Tpm | None:
    """A TPM; None when absent."""
    if key not in fields:
        return None
    tpm = fields.fields(key)
    return Tpm(optional_flag(tpm, "enabled"), optional_flag(tpm, "persistent"))


def _devices(fields: Fields) -> Devices:
    warn_of_others(fields, _DEVICES_READ + _DEVICES_HARMLESS)
    return Devices(
        interfaces=tuple(_interface(each) for each in fields.each("interfaces")),
        gpus=attached_devices_of(fields, "gpus"),
        host_devices=attached_devices_of(fields, "hostDevices"),
        disks=tuple(
            Disk(each.required_text("name"), each.fields("lun").flag("reservation"))
            for each in fields.each("disks")
        ),
        virtiofs=tuple(each.required_text("name") for each in fields.each("filesystems")),
        tpm=tpm_of(fields, "tpm"),
        autoattach_graphics_device=optional_flag(fields, "autoattachGraphicsDevice"),
        autoattach_pod_interface=optional_flag(fields, "autoattachPodInterface"),
        autoattach_serial_console=optional_flag(fields, "autoattachSerialConsole"),
        autoattach_vsock=optional_flag(fields, "autoattachVSOCK"),
        log_serial_console=optional_flag(fields, "logSerialConsole"),
    )


def hyperv_of(fields: Fields, key: str) -> dict[str, bool]:
    """Hyper-V features that are present; on unless they say otherwise."""
    features = fields.fields(key)
    return {name: features.fields(name).flag("enabled", True) for name in features.value}


def launch_security_of(fields: Fields, key: str) -> LaunchSecurity | None:
    """``launchSecurity``; None when absent."""
    if key not in fields:
        return None
    security = fields.fields(key)
    kind = next((name for name in ("sev", "snp", "tdx") if name in security), "")
    policy = security.fields("sev").fields("policy")
    return LaunchSecurity(kind, policy.flag("encryptedState"))


def domain_of(fields: Fields) -> Domain:
    """``spec.domain`` of a VirtualMachineInstance."""
    warn_of_others(fields, _DOMAIN_READ + _DOMAIN_HARMLESS)
    features = fields.fields("features")
    kernel_boot = fields.fields("firmware").fields("kernelBoot")
    return Domain(
        cpu=_cpu(fields.fields("cpu")),
        memory=_memory(fields.fields("memory")),
        resources=_resources(fields.fields("resources")),
        devices=_devices(fields.fields("devices")),
        machine_type=fields.fields("machine").text("type"),
        hyperv=hyperv_of(features, "hyperv"),
        hyperv_passthrough=features.fields("hypervPassthrough").flag("enabled"),
        kernel_boot_container="container" in kernel_boot,
        launch_security=launch_security_of(fields, "launchSecurity"),
        io_threads_policy=fields.text("ioThreadsPolicy"),
        supplemental_pool_thread_count=fields.fields("ioThreads").whole(
            "supplementalPoolThreadCount", least=0
        ),
    )
