"""Devices that a launcher pod asks for, as extended resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ove_capacity.kubevirt.render_error import RenderError
from ove_capacity.kubevirt.rules import Rules
from ove_capacity.kubevirt.traits import is_sev
from ove_capacity.model.resources import KVM, TUN, VHOST_NET
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, Vmi

__all__ = ["DEVICES_PER_NODE", "device_counts", "required_devices"]

DEVICES_PER_NODE = 1000
"""How many of each of kvm, tun and vhost-net a node advertises.

Source: kubevirt v1.9.0 cmd/virt-handler/virt-handler.go, --max-devices.
"""

_VSOCK = "devices.kubevirt.io/vhost-vsock"
_SEV = "devices.kubevirt.io/sev"
_TDX = "devices.kubevirt.io/tdx"
_RESERVATION = "devices.kubevirt.io/pr-helper"
_IOMMUFD = "devices.kubevirt.io/iommufd"


def required_devices(domain: Domain, kubevirt: KubeVirt) -> list[str]:
    """Host devices that QEMU itself needs, one of each.

    Source: kubevirt v1.9.0 pkg/virt-controller/services/renderresources.go, getRequiredResources;
    pkg/network/vmispec/devices.go.
    """
    devices = domain.devices
    needed = []
    if devices.interfaces or devices.autoattach_pod_interface is not False:
        needed.append(TUN)
    virtio = any(interface.model in ("", "virtio") for interface in devices.interfaces)
    if virtio and not kubevirt.use_emulation:
        needed.append(VHOST_NET)
    if not kubevirt.use_emulation:
        needed.append(KVM)
    if devices.autoattach_vsock:
        needed.append(_VSOCK)
    return needed


def _network_devices(vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> list[str]:
    """Resource names of the networks' attachment definitions."""
    attachments = kubevirt.network_attachments
    if attachments is None or rules.enables("ExternalNetResourceInjection", kubevirt.gates):
        return []
    known = {(each.namespace, each.name): each.resource_name for each in attachments}
    names = {}
    for network in vmi.spec.networks:
        if not network.multus:
            continue
        namespace, slash, name = network.multus.partition("/")
        key = (namespace, name) if slash else (vmi.namespace, namespace)
        if key not in known:
            raise RenderError(
                f"network {network.name!r} needs the NetworkAttachmentDefinition "
                f"{'/'.join(key)}, which is not there"
            )
        names[network.name] = known[key]
    return [name for name in names.values() if name]


def _check_permitted(domain: Domain, kubevirt: KubeVirt, rules: Rules) -> None:
    """Refuse GPUs and host devices that the cluster does not permit, if it lists any.

    Raises:
        RenderError: names each of them.
    """
    permitted = kubevirt.permitted_host_devices
    if permitted is None:
        return
    by_claim = {
        "GPU": rules.enables("GPUsWithDRA", kubevirt.gates),
        "host device": rules.enables("HostDevicesWithDRA", kubevirt.gates),
    }
    asked = [("GPU", gpu) for gpu in domain.devices.gpus]
    asked += [("host device", device) for device in domain.devices.host_devices]
    refused = [
        f"{kind} {device.device_name!r} is not among the permitted host devices"
        for kind, device in asked
        if device.device_name not in permitted and not (device.is_claimed and by_claim[kind])
    ]
    if refused:
        raise RenderError("; ".join(refused))


def device_counts(vmi: Vmi, kubevirt: KubeVirt, rules: Rules) -> Mapping[str, int]:
    """Devices of networks, GPUs, host devices and memory encryption -> how many.

    Raises:
        RenderError: a network attachment that does not exist, or a device that is not permitted.

    Source: kubevirt v1.1.0 and v1.9.0 pkg/virt-controller/services/renderresources.go,
    WithNetworkResources, WithGPUsDevicePlugins, WithHostDevicesDevicePlugins, WithSEV, WithTDX,
    WithPersistentReservation, validatePermittedHostDevices.
    """
    domain = vmi.spec.domain
    _check_permitted(domain, kubevirt, rules)
    names = _network_devices(vmi, kubevirt, rules)
    names += [
        device.device_name
        for device in (*domain.devices.gpus, *domain.devices.host_devices)
        if device.device_name and not (device.is_claimed and rules.device_claims)
    ]
    if is_sev(domain, rules):
        names.append(_SEV)
    security = domain.launch_security
    if rules.tdx_device and security is not None and security.kind == "tdx":
        names.append(_TDX)
    if any(disk.reservation for disk in domain.devices.disks):
        names.append(_RESERVATION)
    if rules.enables("IOMMUFD", kubevirt.gates):
        names.append(_IOMMUFD)
    return Counter(names)
