"""instancetype.kubevirt.io objects -> nouns, and the common ones that KubeVirt brings along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from ove_capacity.errors import UnknownNameError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.domain import (
    attached_devices_of,
    cpu_features_of,
    hyperv_of,
    launch_security_of,
    optional_flag,
    page_size_of,
    realtime_of,
    tpm_of,
)
from ove_capacity.manifests.fields import Fields, Source, fields_of, warn_of_others
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.instancetype import Instancetype, Preference
from ove_capacity.quantity import Quantity

__all__ = [
    "common_instancetype",
    "common_instancetypes",
    "common_preference",
    "instancetype_of",
    "preference_of",
]

_INSTANCETYPE_READ = (
    "annotations",
    "cpu",
    "gpus",
    "hostDevices",
    "ioThreads",
    "ioThreadsPolicy",
    "launchSecurity",
    "memory",
    "nodeSelector",
    "schedulerName",
)
_PREFERENCE_READ = (
    "annotations",
    "cpu",
    "devices",
    "features",
    "machine",
    "preferSpreadSocketToCoreRatio",
    "preferredArchitecture",
    "preferredLaunchSecurity",
    "preferredTerminationGracePeriodSeconds",
)
_PREFERENCE_HARMLESS = ("clock", "firmware", "preferredSubdomain", "requirements", "volumes")


def _instancetype(spec: Fields) -> Instancetype:
    warn_of_others(spec, _INSTANCETYPE_READ)
    cpu, memory = spec.fields("cpu"), spec.fields("memory")
    if "guest" not in cpu:
        cpu.error("'guest' is missing")
    if "guest" not in memory:
        memory.error("'guest' is missing")
    numa = "guestMappingPassthrough" in cpu.fields("numa")
    return Instancetype(
        cpu_guest=cpu.whole("guest", 1, least=1),
        memory_guest=memory.quantity("guest") or Quantity(0),
        cpu_model=cpu.text("model") if "model" in cpu else None,
        dedicated_cpu_placement=optional_flag(cpu, "dedicatedCPUPlacement"),
        isolate_emulator_thread=optional_flag(cpu, "isolateEmulatorThread"),
        numa_passthrough=numa if "numa" in cpu else None,
        realtime=realtime_of(cpu),
        max_sockets=cpu.whole_or_none("maxSockets"),
        overcommit_percent=memory.whole("overcommitPercent", least=0),
        hugepages_page_size=page_size_of(memory, "hugepages"),
        max_guest=memory.quantity("maxGuest"),
        gpus=attached_devices_of(spec, "gpus"),
        host_devices=attached_devices_of(spec, "hostDevices"),
        io_threads_policy=spec.text("ioThreadsPolicy"),
        supplemental_pool_thread_count=spec.fields("ioThreads").whole_or_none(
            "supplementalPoolThreadCount"
        ),
        launch_security=launch_security_of(spec, "launchSecurity"),
        node_selector=spec.labels("nodeSelector"),
        scheduler_name=spec.text("schedulerName"),
        annotations=spec.labels("annotations"),
    )


def _preference(spec: Fields) -> Preference:
    warn_of_others(spec, _PREFERENCE_READ + _PREFERENCE_HARMLESS)
    cpu, devices = spec.fields("cpu"), spec.fields("devices")
    spread = cpu.fields("spreadOptions")
    return Preference(
        cpu_topology=cpu.text("preferredCPUTopology"),
        spread_across=spread.text("across"),
        spread_ratio=spread.whole_or_none("ratio"),
        spread_socket_to_core_ratio=spec.whole("preferSpreadSocketToCoreRatio", least=0),
        cpu_features=cpu_features_of(cpu, "preferredCPUFeatures"),
        tpm=tpm_of(devices, "preferredTPM"),
        interface_model=devices.text("preferredInterfaceModel"),
        autoattach_graphics_device=optional_flag(devices, "preferredAutoattachGraphicsDevice"),
        autoattach_pod_interface=optional_flag(devices, "preferredAutoattachPodInterface"),
        autoattach_serial_console=optional_flag(devices, "preferredAutoattachSerialConsole"),
        hyperv=hyperv_of(spec.fields("features"), "preferredHyperv"),
        machine_type=spec.fields("machine").text("preferredMachineType"),
        architecture=spec.text("preferredArchitecture"),
        termination_grace_period_seconds=spec.whole_or_none(
            "preferredTerminationGracePeriodSeconds"
        ),
        launch_security=launch_security_of(spec, "preferredLaunchSecurity"),
        annotations=spec.labels("annotations"),
    )


def instancetype_of(source: Source, problems: Problems | None = None) -> Instancetype:
    """A VirtualMachineInstancetype or VirtualMachineClusterInstancetype.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    found = _instancetype(fields_of(source, log).fields("spec"))
    if problems is None:
        log.raise_if_any()
    return found


def preference_of(source: Source, problems: Problems | None = None) -> Preference:
    """A VirtualMachinePreference or VirtualMachineClusterPreference.

    Raises:
        ScenarioError: what is wrong with it, when no *problems* are given to collect that.
    """
    log = Problems() if problems is None else problems
    found = _preference(fields_of(source, log).fields("spec"))
    if problems is None:
        log.raise_if_any()
    return found


@cache
def _bundle() -> dict[str, dict[str, Any]]:
    """Specs by kind and name.

    Source: kubevirt/common-instancetypes, as bundled with KubeVirt v1.9.0.
    """
    file = resources.files("ove_capacity.manifests") / "data" / "common-instancetypes.json"
    bundle: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return bundle


def _common(kind: str, name: str) -> Mapping[str, Any]:
    specs = _bundle()[f"{kind}s"]
    if name not in specs:
        raise UnknownNameError(kind, name, specs)
    return {"spec": specs[name]}


@cache
def common_instancetype(name: str) -> Instancetype:
    """A common instancetype such as ``u1.medium``; UnknownNameError if there is none."""
    return instancetype_of(_common("instancetype", name))


@cache
def common_instancetypes() -> Mapping[str, Instancetype]:
    """All common instancetypes by name."""
    return FrozenMap(
        {name: common_instancetype(name) for name in sorted(_bundle()["instancetypes"])}
    )


@cache
def common_preference(name: str) -> Preference:
    """A common preference such as ``windows.2k22``; UnknownNameError if there is none."""
    return preference_of(_common("preference", name))
