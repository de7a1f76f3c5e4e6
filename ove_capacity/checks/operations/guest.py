"""What a VM has for its guest: something to boot, a network, the memory it is promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, gathered, launched_vms
from ove_capacity.checks.subject import Subject
from ove_capacity.model.resources import MEMORY

__all__ = ["GUEST_RULES"]

_GIB = 1 << 30
_BOOTABLE = ("containerDisk", "dataVolume", "ephemeral", "hostDisk", "persistentVolumeClaim")


def _written(subject: Subject) -> Iterator[Launched]:
    """VMs of objects; one that the scenario only sizes has a size and nothing else."""
    return (each for each in launched_vms(subject) if each.vm.manifest is not None)


def _has_interface(vm: Launched) -> bool:
    devices = vm.vmi.spec.domain.devices
    return bool(devices.interfaces) or devices.autoattach_pod_interface is not False


def _boots_nothing(subject: Subject) -> Iterator[Finding]:
    """A VM without a disk boots from the network or not at all, and has nothing to back up.

    Source: kubevirt v1.1.0 pkg/virt-launcher/virtwrap/converter/converter.go: boot devices are
    disks and interfaces of the VMI; kernelBoot brings a kernel along.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in _written(subject):
            spec = vm.vmi.spec
            kinds = {volume.kind for volume in spec.volumes}
            if spec.domain.kernel_boot_container or not kinds.isdisjoint(_BOOTABLE):
                continue
            has = "volumes, none of which boots" if kinds else "no disk and no volume"
            if _has_interface(vm):
                said = vm.finding(subject, f"{has}: it boots from the network", "domain", "devices")
                yield replace(said, severity=Severity.INFO), vm
            else:
                message = f"{has}, and no interface: there is nothing to boot"
                yield vm.finding(subject, message, "domain", "devices", repair="a root disk"), vm

    yield from gathered(found(), "runs without a guest", "run without a guest")


def _has_no_network(subject: Subject) -> Iterator[Finding]:
    """A VM without an interface is out of reach of Services, meshes, policies and encryption.

    Source: kubevirt v1.1.0 pkg/virt-api/webhooks/mutating-webhook (autoattachPodInterface) and
    pkg/virt-controller/services: tun and vhost-net are asked for by interfaces only.
    """

    def found() -> Iterator[tuple[Finding, Launched]]:
        for vm in _written(subject):
            if not _has_interface(vm):
                keys = ("domain", "devices", "autoattachPodInterface")
                repair = "a masquerade interface on the pod network"
                yield (
                    vm.finding(subject, "false, and no interface is listed", *keys, repair=repair),
                    vm,
                )

    without = "no network, no tun and no vhost-net"
    yield from gathered(found(), f"has {without}", f"have {without}")


def _overcommits(subject: Subject) -> Iterator[Finding]:
    """A request below the guest's memory lets the scheduler promise the same memory twice.

    The guest may use all of its memory; when the node runs out, the kubelet evicts the pods that
    are above their requests.

    Source: kubevirt v1.1.0 pkg/virt-controller/services/renderresources.go (the request is kept
    when it is given); kubernetes v1.28 pkg/kubelet/eviction/helpers.go, rankMemoryPressure.
    """
    told: dict[tuple[str, str], tuple[Finding, list[Launched]]] = {}
    for vm in _written(subject):
        domain = vm.vmi.spec.domain
        asked, guest = domain.resources.requests.get(MEMORY), domain.memory.guest
        if asked is None or guest is None or domain.memory.hugepages_page_size:
            continue
        if 0 < asked.value < guest.value:
            times = guest.value / asked.value
            message = f"{asked} for a guest of {guest}: overcommitted {times:.3g} times"
            keys = ("domain", "resources", "requests", MEMORY)
            repair = f"{guest}, or no request: KubeVirt asks for the guest's size"
            found = vm.finding(subject, message, *keys, repair=repair)
            told.setdefault((found.problem.place, found.message), (found, []))[1].append(vm)
    for found, vms in told.values():
        yield replace(found, consequence=_promised(vms))


def _promised(vms: list[Launched]) -> str:
    guests = asked = 0
    for vm in vms:
        domain = vm.vmi.spec.domain
        assert domain.memory.guest is not None
        guests += vm.count * domain.memory.guest.value
        asked += vm.count * domain.resources.requests[MEMORY].value
    told = affected(vms, "is evicted first", "are evicted first")
    if not guests:
        return f"when a node runs out, {told}"
    may = f"guests may use {guests / _GIB:,.4g} GiB, and {asked / _GIB:,.4g} GiB are asked for"
    return f"{may}; when a node runs out, {told}"


GUEST_RULES = (
    Rule("vm-nothing-to-boot", "VMs without a disk", Severity.ERROR, _boots_nothing),
    Rule("vm-without-network", "VMs without an interface", Severity.WARNING, _has_no_network),
    Rule("vm-memory-overcommitted", "Requests below the guest", Severity.WARNING, _overcommits),
)
"""What a guest has."""
