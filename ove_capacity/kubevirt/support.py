"""Containers beside compute: disks, shared folders, hooks, the console log."""

from __future__ import annotations

import json

from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import is_guaranteed
from ove_capacity.model.pod import Container
from ove_capacity.model.resources import CPU, EPHEMERAL_STORAGE, MEMORY, ResourceList
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, Vmi
from ove_capacity.quantity import Quantity

__all__ = ["support_containers"]

_KERNEL_BOOT = "kernel-boot-volume"
_HOOKS = "hooks.kubevirt.io/hookSidecars"
_EPHEMERAL_STORAGE = Quantity.parse("50M")


def _list(cpu: str, memory: str) -> dict[str, Quantity]:
    return {CPU: Quantity.parse(cpu), MEMORY: Quantity.parse(memory)}


_CONSOLE_LOG = (_list("5m", "35M"), _list("15m", "60M"))
_DISK = (_list("1m", "1M"), _list("10m", "40M"))
_DISK_BINARY = (_list("10m", "1M"), _list("100m", "40M"))
_DISK_BINARY_GUARANTEED = _list("10m", "40M")
_VIRTIOFS = (_list("10m", "1M"), _list("100m", "80M"))
_SIDECAR_GUARANTEED = _list("200m", "64M")


def _configured(
    kubevirt: KubeVirt, kind: str, requests: ResourceList, limits: ResourceList
) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
    """Requests and limits with what the cluster sets for containers of that type."""
    settled = dict(requests), dict(limits)
    for name in (CPU, MEMORY):
        for chosen, where in zip(settled, ("requests", "limits"), strict=True):
            for support in kubevirt.support_resources:
                quantity = getattr(support, where).get(name)
                if support.type == kind and quantity is not None and quantity.nano:
                    chosen[name] = quantity
                    break
    return settled


def _container(
    name: str,
    requests: ResourceList,
    limits: ResourceList,
    *,
    guaranteed: bool = False,
    sidecar: bool = False,
) -> Container:
    """A container after API-server defaulting; Guaranteed ones request their limits."""
    settled = {**limits, **requests}
    if guaranteed:
        settled |= {resource: limits[resource] for resource in (CPU, MEMORY)}
    return Container(name, settled, limits, restart_always=sidecar)


def _disk(name: str, kubevirt: KubeVirt, guaranteed: bool) -> Container:
    requests, limits = _configured(kubevirt, "container-disk", *_DISK)
    requests[EPHEMERAL_STORAGE] = _EPHEMERAL_STORAGE
    return _container(name, requests, limits, guaranteed=guaranteed)


def _disk_binary(kubevirt: KubeVirt, guaranteed: bool) -> Container:
    plain = (_DISK_BINARY_GUARANTEED,) * 2 if guaranteed else _DISK_BINARY
    requests, limits = _configured(kubevirt, "container-disk", *plain)
    return _container("container-disk-binary", requests, limits, guaranteed=guaranteed)


def _console_log(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> list[Container]:
    devices = domain.devices
    if devices.autoattach_serial_console is False:
        return []
    wanted = devices.log_serial_console
    if wanted is False or (wanted is None and kubevirt.serial_console_log_disabled):
        return []
    requests, limits = _configured(kubevirt, "guest-console-log", *_CONSOLE_LOG)
    return [
        _container(
            "guest-console-log",
            requests,
            limits,
            guaranteed=is_guaranteed(domain),
            sidecar=rules.console_log_is_sidecar,
        )
    ]


def _virtiofs(vmi: Vmi, kubevirt: KubeVirt, guaranteed: bool) -> list[Container]:
    requests, limits = _configured(kubevirt, "virtiofs", *_VIRTIOFS)
    return [
        _container(f"virtiofs-{volume.name}", requests, limits, guaranteed=guaranteed)
        for volume in vmi.spec.volumes
        if volume.name in vmi.spec.domain.devices.virtiofs and volume.kind != "containerPath"
    ]


def _hook_count(vmi: Vmi) -> int:
    if _HOOKS not in vmi.annotations:
        return 0
    try:
        hooks = json.loads(vmi.annotations[_HOOKS])
    except ValueError as error:
        raise RenderError(f"annotation {_HOOKS} is not JSON: {error}") from error
    if hooks is not None and not isinstance(hooks, list):
        raise RenderError(f"annotation {_HOOKS} is not a JSON list")
    return len(hooks or ())


def _binding_sidecars(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> int:
    """How many sidecars network binding plugins bring; slirp was one of them before v1.3."""
    interfaces = domain.devices.interfaces
    used = dict.fromkeys(each.plugin for each in interfaces if each.plugin)
    for name in used:
        if name not in kubevirt.binding_plugins:
            raise RenderError(f"network binding plugin {name!r} is not configured")
    count = sum(bool(kubevirt.binding_plugins[name].sidecar_image) for name in used)
    slirp = any(interface.binding == "slirp" for interface in interfaces)
    return count + (slirp and not rules.hotplug_defaults)


def _sidecars(vmi: Vmi, kubevirt: KubeVirt, rules: Rules, guaranteed: bool) -> list[Container]:
    plain: ResourceList = _SIDECAR_GUARANTEED if guaranteed else {}
    requests, limits = _configured(kubevirt, "sidecar", {}, plain)
    count = _hook_count(vmi) + _binding_sidecars(vmi.spec.domain, kubevirt, rules)
    return [
        _container(f"hook-sidecar-{index}", requests, limits, guaranteed=guaranteed)
        for index in range(count)
    ]


def support_containers(
    vmi: Vmi, kubevirt: KubeVirt, rules: Rules
) -> tuple[list[Container], list[Container]]:
    """Containers and init containers of the launcher pod beside compute, in upstream's order.

    Raises:
        RenderError: hooks that are not a JSON list, or a network binding plugin not configured.

    Source: kubevirt v1.1.0, v1.8.4 and v1.9.0 pkg/virt-controller/services/template.go,
    renderLaunchManifest; serialconsolelog.go; virtiofs.go; pkg/container-disk/container-disk.go;
    pkg/network/netbinding/netbinding.go.
    """
    domain = vmi.spec.domain
    guaranteed = is_guaranteed(domain)
    by_image = rules.enables("ImageVolume", kubevirt.gates)
    disks = [volume.name for volume in vmi.spec.volumes if volume.kind == "containerDisk"]
    if not by_image:
        disks = [name for name in disks if name != _KERNEL_BOOT]
    if domain.kernel_boot_container:
        disks.append(_KERNEL_BOOT)
    log = _console_log(domain, kubevirt, rules)
    containers: list[Container] = []
    starting = log if rules.console_log_is_sidecar else []
    if by_image:
        starting = [*starting, *(_disk(f"volume{name}", kubevirt, guaranteed) for name in disks)]
    elif disks:
        containers += [_disk(f"volume{name}", kubevirt, guaranteed) for name in disks]
        pulled = [_disk(f"volume{name}-init", kubevirt, guaranteed) for name in disks]
        starting = [*starting, _disk_binary(kubevirt, guaranteed), *pulled]
    containers += _virtiofs(vmi, kubevirt, guaranteed)
    if not rules.console_log_is_sidecar:
        containers += log
    return containers + _sidecars(vmi, kubevirt, rules, guaranteed), starting
