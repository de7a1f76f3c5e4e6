"""Which column is which: header names by version, by language of the export, and by alias.

RVTools 4 renamed its "MB" headers to "MiB"; the amounts were binary all along, as vSphere counts.

Source: the pairs are those that kubev2v/migration-planner, spiral023/rvtools-analyzer and
sbroenne/RVToolsMerge read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TABS", "Columns", "columns_of", "tab_of"]

_VM = ("VM", "VM Name", "vInfoVMName", "vCPUVMName", "vMemoryVMName", "vPartitionVMName")
_ID = ("VM ID", "vInfoVMID")
_UUID = ("VM UUID", "vInfoUUID", "vMemoryUUID", "vPartitionUUID")
_CLUSTER = ("Cluster", "vInfoCluster", "vHostCluster")
_DATACENTER = ("Datacenter", "vInfoDataCenter", "vHostDatacenter")
_JOIN = {"name": _VM, "id": _ID, "uuid": _UUID, "cluster": _CLUSTER, "datacenter": _DATACENTER}

TABS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vInfo": _JOIN
    | {
        "power": ("Powerstate", "Power state", "vInfoPowerstate"),
        "template": ("Template", "vInfoTemplate"),
        "placeholder": ("SRM Placeholder", "vInfoSRMPlaceHolder"),
        "connection": ("Connection state",),
        "cpus": ("CPUs", "# CPUs", "vInfoCPUs"),
        "memory_mib": ("Memory", "# Memory", "Memory MiB", "Memory MB", "vInfoMemory"),
        "disks": ("Disks", "vInfoNumVirtualDisks"),
        "disks_mib": ("Total disk capacity MiB", "Total disk capacity MB"),
        "provisioned_mib": ("Provisioned MiB", "Provisioned MB", "vInfoProvisioned"),
        "latency": ("Latency Sensitivity",),
        "rules": ("Cluster rule name(s)",),
        "passthrough": ("Fixed Passthru HotPlug",),
        "host": ("Host", "vInfoHost"),
        "os_tools": ("OS according to the VMware Tools", "vInfoOSTools"),
        "os_config": ("OS according to the configuration file", "OS", "vInfoOS"),
        "vcenter": ("VI SDK UUID", "vCenter UUID"),
    }
    | {f"network_{number}": (f"Network #{number}",) for number in range(1, 9)},
    "vCPU": _JOIN
    | {
        "cpus": ("CPUs", "# CPUs"),
        "sockets": ("Sockets",),
        "cores": ("Cores p/s", "Cores per Socket"),
        "reservation_mhz": ("Reservation",),
        "os_tools": ("OS according to the VMware Tools",),
        "os_config": ("OS according to the configuration file",),
    },
    "vMemory": _JOIN
    | {
        "memory_mib": ("Size MiB", "Size MB", "Size MiB (total)", "vMemorySizeMiB"),
        "reservation_mib": ("Reservation", "vMemoryReservation"),
    },
    "vDisk": _JOIN
    | {
        "capacity_mib": ("Capacity MiB", "Capacity MB"),
        "raw": ("Raw",),
        "sharing": ("Sharing mode",),
    },
    "vNetwork": _JOIN | {"network": ("Network", "Network label")},
    "vPartition": _JOIN
    | {
        "capacity_mib": ("Capacity MiB", "Capacity MB", "vPartitionCapacityMiB"),
        "consumed_mib": ("Consumed MiB", "Consumed MB", "vPartitionConsumedMiB"),
    },
    "vHost": {
        "host": ("Host", "Name", "vHostName"),
        "cluster": _CLUSTER,
        "datacenter": _DATACENTER,
        "sockets": ("# CPU", "vHostNumCpu"),
        "cores_per_socket": ("Cores per CPU", "vHostCoresPerCPU"),
        "cores": ("# Cores", "Cores", "NumCpuCores", "vHostNumCpuCores"),
        "threads": ("HT Active",),
        "memory_mib": ("# Memory", "Memory", "# Memory MiB", "vHostMemorySize"),
        "maintenance": ("in Maintenance Mode", "Maintenance Mode"),
        "running_vms": ("# VMs",),
        "vcpus": ("# vCPUs", "vHostvCPUs"),
    },
    "vCluster": {"cluster": ("Name", "Cluster"), "hosts": ("NumHosts", "# Hosts")},
    "vDatastore": {
        "datastore": ("Name",),
        "kind": ("Type",),
        "capacity_mib": ("Capacity MiB", "Capacity MB"),
        "used_mib": ("In Use MiB", "In Use MB", "In use MiB", "In use MB"),
        "provisioned_mib": ("Provisioned MiB", "Provisioned MB"),
    },
}
"""Tab -> field -> the headers it goes by, the newest first."""

_NEEDED = {"vHost": "host", "vCluster": "cluster", "vDatastore": "datastore"}
"""The field without which a row of the tab says nothing; of the others it is the VM's name."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a tab stand."""

    letters: Mapping[str, str]
    """Field -> column."""
    headers: Mapping[str, str]
    """Field -> the header as it is written."""
    unused: tuple[str, ...]
    """Headers of columns that are not read, custom attributes among them."""
    doubled: tuple[str, ...]
    """Headers that stand over two columns; the first is read."""

    @property
    def wanted(self) -> frozenset[str]:
        """The columns to read."""
        return frozenset(self.letters.values())


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()


def tab_of(name: str) -> str:
    """Our name of a tab: ``vInfo`` for ``tabvInfo``, too; "" if it is none that is read."""
    folded = _folded(name).removeprefix("rvtools_").removeprefix("tab")
    return next((tab for tab in TABS if tab.casefold() == folded), "")


def columns_of(tab: str, cells: Mapping[str, str]) -> Columns | None:
    """The columns that a row heads, by any of their names; None when it is no header row."""
    seen: dict[str, str] = {}
    doubled = []
    for column, header in cells.items():
        if _folded(header) in seen:
            doubled.append(header)
        seen.setdefault(_folded(header), column)
    letters, headers = {}, {}
    for field, names in TABS[tab].items():
        found = next((name for name in names if _folded(name) in seen), None)
        if found is not None:
            letters[field] = seen[_folded(found)]
            headers[field] = cells[letters[field]]
    needed = _NEEDED.get(tab, "name")
    if needed not in letters or len(letters) < 2:
        return None
    used = set(letters.values())
    unused = tuple(text for column, text in cells.items() if column not in used)
    return Columns(letters, headers, unused, tuple(doubled))
