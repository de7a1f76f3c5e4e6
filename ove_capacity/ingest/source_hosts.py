"""vHost, vCluster, vDatastore -> what the VMs run on today, and where the tabs disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ove_capacity.ingest.cells import BadCellError, is_true, whole
from ove_capacity.ingest.inventory import (
    Disagreement,
    SourceDatastore,
    SourceHost,
    SourceKey,
    SourceVm,
)
from ove_capacity.ingest.tabs import Record, Tab
from ove_capacity.model.topology import CPUS_MAX

__all__ = ["host_disagreements", "source_datastores", "source_hosts"]

_MOST = 100_000
_MEMORY_MOST_MIB = 64 * 1024 * 1024


def source_hosts(site: str, tabs: Mapping[str, Tab], odd_cells: list[str]) -> list[SourceHost]:
    """The hosts of vHost; cells that say nothing usable are added to *odd_cells*.

    A host that names no cluster belongs to that of the VMs on it, or to the only one there is.
    """
    tab = tabs.get("vHost")
    if tab is None:
        return []
    keys: dict[str, SourceKey] = {}
    for record in tabs["vInfo"].records:
        if record.get("cluster"):
            key = SourceKey(site, record.get("datacenter"), record.get("cluster"))
            keys.setdefault(record.get("host"), key)
    only = next(iter(keys.values())) if len(set(keys.values())) == 1 else SourceKey(site)
    return [
        _host(_key(site, record, keys, only), tab, record, odd_cells)
        for record in tab.records
        if record.get("host")
    ]


def source_datastores(
    site: str, tabs: Mapping[str, Tab], odd_cells: list[str]
) -> list[SourceDatastore]:
    """The datastores of vDatastore; cells that say nothing usable are added to *odd_cells*."""
    tab = tabs.get("vDatastore")
    if tab is None:
        return []

    def number(record: Record, field: str) -> int:
        try:
            return whole(record.get(field), tab.columns.headers.get(field, field)) or 0
        except BadCellError as error:
            odd_cells.append(f"{tab.place(record, field)}: {error}")
            return 0

    return [
        SourceDatastore(
            name=record.get("datastore"),
            site=site,
            kind=record.get("kind"),
            capacity_mib=number(record, "capacity_mib"),
            used_mib=number(record, "used_mib"),
            provisioned_mib=number(record, "provisioned_mib"),
        )
        for record in tab.records
        if record.get("datastore")
    ]


def _key(site: str, record: Record, keys: Mapping[str, SourceKey], only: SourceKey) -> SourceKey:
    if record.get("cluster"):
        return SourceKey(site, record.get("datacenter"), record.get("cluster"))
    return keys.get(record.get("host"), only)


def _host(key: SourceKey, tab: Tab, record: Record, odd_cells: list[str]) -> SourceHost:
    def number(field: str, most: int = _MOST) -> int:
        try:
            found = whole(record.get(field), tab.columns.headers.get(field, field)) or 0
            if found > most:
                raise BadCellError(f"no host has {found:,} of it")
        except BadCellError as error:
            odd_cells.append(f"{tab.place(record, field)}: {error}")
            return 0
        return found

    cores = number("cores") or number("sockets") * number("cores_per_socket")
    threads = cores * (2 if is_true(record.get("threads")) else 1)
    if threads > CPUS_MAX:
        odd_cells.append(f"{tab.place(record, 'cores')}: no host has {threads:,} CPUs")
        cores = threads = 0
    return SourceHost(
        name=record.get("host"),
        key=key,
        cores=cores,
        threads=threads,
        memory_mib=number("memory_mib", _MEMORY_MOST_MIB),
        in_maintenance=is_true(record.get("maintenance")),
        vcpus=number("vcpus"),
        running_vms=number("running_vms"),
    )


def host_disagreements(
    tabs: Mapping[str, Tab], hosts: Sequence[SourceHost], vms: Sequence[SourceVm]
) -> Iterator[Disagreement]:
    """Where vHost and vCluster say other things than vInfo."""
    names = {host.name for host in hosts}
    named = sorted({record.get("host") for record in tabs["vInfo"].records} - {""})
    strangers = [name for name in named if name not in names]
    if hosts and strangers:
        text = "hosts that vInfo names and vHost does not have"
        yield Disagreement(text, len(strangers), "VMs stay with their cluster", strangers[0])
    counted = sum(host.running_vms for host in hosts)
    running = sum(vm.power == "on" for vm in vms)
    if counted and counted != running:
        text = "running VMs: by vInfo, and as the hosts count them"
        example = f"{running:,} and {counted:,}: is the export filtered?"
        yield Disagreement(text, abs(counted - running), "vInfo", example)
    yield from _cluster_sizes(tabs.get("vCluster"), hosts)


def _cluster_sizes(tab: Tab | None, hosts: Sequence[SourceHost]) -> Iterator[Disagreement]:
    for record in tab.records if tab else ():
        try:
            said = whole(record.get("hosts"), "NumHosts")
        except BadCellError:
            continue
        name = record.get("cluster")
        listed = sum(host.key.cluster == name for host in hosts)
        if said is not None and listed and said != listed:
            text = f"hosts of cluster {name}: by vCluster, and rows of vHost"
            yield Disagreement(text, abs(said - listed), "vHost", f"{said:,} and {listed:,}")
