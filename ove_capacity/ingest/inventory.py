"""What a virtualization platform has, as its inventory tells it: VMs, hosts, clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Disagreement",
    "LeftOut",
    "SourceCluster",
    "SourceDatastore",
    "SourceHost",
    "SourceKey",
    "SourceVm",
]


@dataclass(frozen=True, slots=True, order=True)
class SourceKey:
    """Which cluster of which site."""

    site: str
    """The file it was read from, without folder and suffix."""
    datacenter: str = ""
    cluster: str = ""
    """Empty: the inventory names none."""

    def __str__(self) -> str:
        parts = (self.datacenter, self.cluster) if self.cluster else (self.datacenter, "no cluster")
        return "/".join(part for part in (self.site, *parts) if part)


@dataclass(frozen=True, slots=True)
class SourceVm:
    """One VM whose size is known."""

    name: str
    key: SourceKey
    cpus: int
    memory_mib: int
    family: str
    """Of its operating system: ``rhel``."""
    power: str
    """``on``, ``off`` or ``suspended``."""
    is_filled: bool = False
    """A part of its size stands only on another tab."""
    provisioned_mib: int = 0
    """Disk space it was promised."""
    disks_mib: tuple[int, ...] = ()
    """Sizes of its disks, the largest first."""
    networks: tuple[str, ...] = ()
    """It has an interface on each, by name."""
    identity: str = ""
    """What no two VMs of one name share; empty: unknown."""
    place: str = ""
    """``file.xlsx!vInfo!A7``."""


@dataclass(frozen=True, slots=True)
class SourceHost:
    """One hypervisor host; 0 is unknown."""

    name: str
    key: SourceKey
    cores: int
    threads: int
    memory_mib: int
    in_maintenance: bool
    vcpus: int
    """Of the running VMs, as the host itself counts."""
    running_vms: int


@dataclass(frozen=True, slots=True)
class SourceDatastore:
    """One datastore; 0 is unknown."""

    name: str
    site: str
    kind: str
    """VMFS, NFS, vsan …"""
    capacity_mib: int
    used_mib: int
    provisioned_mib: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was read and is not in the scenario."""

    name: str
    place: str
    """``file.xlsx!vInfo!A7``."""
    why: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two places of an inventory that say different things of the same."""

    what: str
    number: int
    used: str
    """Which was believed."""
    example: str


@dataclass(frozen=True, slots=True)
class SourceCluster:
    """A cluster with its hosts and VMs."""

    key: SourceKey
    hosts: Sequence[SourceHost]
    vms: Sequence[SourceVm]

    @property
    def running(self) -> list[SourceVm]:
        """The VMs that are powered on."""
        return [vm for vm in self.vms if vm.power == "on"]

    @property
    def ready(self) -> list[SourceHost]:
        """The hosts that are not in maintenance."""
        return [host for host in self.hosts if not host.in_maintenance]

    @property
    def cores(self) -> int:
        """Of the ready hosts; 0 when one of them is unknown."""
        cores = [host.cores for host in self.ready]
        return sum(cores) if all(cores) else 0

    @property
    def memory_mib(self) -> int:
        """Of the ready hosts; 0 when one of them is unknown."""
        sizes = [host.memory_mib for host in self.ready]
        return sum(sizes) if all(sizes) else 0

    @property
    def vcpus_per_core(self) -> float | None:
        """Over-commit of CPU by the running VMs that were read."""
        return sum(vm.cpus for vm in self.running) / self.cores if self.cores else None

    @property
    def vcpus_per_core_by_hosts(self) -> float | None:
        """The same as the hosts count their VMs."""
        vcpus = sum(host.vcpus for host in self.ready)
        return vcpus / self.cores if self.cores and vcpus else None

    @property
    def memory_percent(self) -> float | None:
        """Memory of the running VMs that were read, of what the hosts have."""
        return self._percent(self.memory_mib)

    @property
    def memory_percent_with_one_host_less(self) -> float | None:
        """The same when the largest host is gone; more than 100: no N+1 without over-commit."""
        sizes = [host.memory_mib for host in self.ready]
        return self._percent(self.memory_mib - max(sizes)) if self.memory_mib else None

    def _percent(self, available_mib: int) -> float | None:
        if available_mib <= 0:
            return None
        return 100 * sum(vm.memory_mib for vm in self.running) / available_mib
