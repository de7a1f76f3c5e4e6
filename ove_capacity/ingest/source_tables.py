"""What was found in a source inventory, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ove_capacity.ingest.inventory import SourceVm
from ove_capacity.ingest.source import Source
from ove_capacity.ingest.target import printable
from ove_capacity.tables import Cell, Table

__all__ = ["source_tables"]

_SHOWN_EXAMPLES = 200


def _vm_table(source: Source) -> Table:
    rows: list[tuple[Cell, ...]] = []
    kinds = (
        ("powered on", [vm for vm in source.vms if vm.power == "on"]),
        ("powered off", [vm for vm in source.vms if vm.power == "off"]),
        ("suspended", [vm for vm in source.vms if vm.power == "suspended"]),
    )
    for kind, vms in kinds:
        for is_filled, where in ((False, "as they stand"), (True, "filled in from other tabs")):
            same = [vm for vm in vms if vm.is_filled is is_filled]
            if same:
                rows.append((kind, where, *_sums(same)))
    rows.append(("all", "", *_sums(source.vms)))
    columns = (
        "VMs",
        "their size",
        "number",
        "vCPUs",
        "memory MiB",
        "provisioned disk MiB",
        "disks MiB",
    )
    return Table.of("VMs whose size is known", columns, rows)


def _sums(vms: Sequence[SourceVm]) -> tuple[int, ...]:
    return (
        len(vms),
        sum(vm.cpus for vm in vms),
        sum(vm.memory_mib for vm in vms),
        sum(vm.provisioned_mib for vm in vms),
        sum(sum(vm.disks_mib) for vm in vms),
    )


def _cluster_table(source: Source) -> Table:
    rows = [
        (
            printable(str(each.key)),
            len(each.hosts),
            each.cores or None,
            each.memory_mib or None,
            len(each.running),
            each.vcpus_per_core,
            each.vcpus_per_core_by_hosts,
            each.memory_percent,
            each.memory_percent_with_one_host_less,
        )
        for each in source.clusters
    ]
    columns = (
        *("cluster", "hosts", "cores", "memory MiB", "running VMs", "vCPUs/core"),
        *("by hosts", "memory %", "N-1 memory %"),
    )
    notes = (
        "by hosts: vCPUs a core as the hosts count their VMs; N-1: when the largest host is lost",
    )
    return Table("The source", columns, tuple(rows), notes)


def _network_table(source: Source) -> Table:
    """VMs on each network, the busiest first."""
    vms = Counter(network for vm in source.used for network in vm.networks)
    ordered = sorted(vms.items(), key=lambda each: (-each[1], each[0]))
    rows = [(printable(network), number) for network, number in ordered]
    return Table.of("Networks of the source", ("network", "VMs"), rows)


def _datastore_table(source: Source) -> Table:
    rows = [
        (
            *(printable(each.site), printable(each.name), printable(each.kind)),
            *(each.capacity_mib or None, each.used_mib or None, each.provisioned_mib or None),
        )
        for each in source.datastores
    ]
    columns = (*("site", "datastore", "type", "capacity MiB", "in use MiB", "provisioned MiB"),)
    return Table.of("Datastores of the source", columns, rows)


def _aside_table(source: Source) -> Table:
    aside = [(printable(each.name), each.place, each.why) for each in source.left_out]
    more = len(aside) - _SHOWN_EXAMPLES
    notes = (f"and {more:,} more",) if more > 0 else ()
    return Table("Set aside", ("VM", "place", "why"), tuple(aside[:_SHOWN_EXAMPLES]), notes)


def source_tables(source: Source) -> tuple[Table, ...]:
    """All there is to show of a source, without the tables that would be empty."""
    found = [_vm_table(source), _cluster_table(source)]
    if any(vm.networks for vm in source.used):
        found.append(_network_table(source))
    if source.datastores:
        found.append(_datastore_table(source))
    if source.disagreements:
        rows = [(each.what, each.number, each.used, each.example) for each in source.disagreements]
        columns = ("what", "how often", "used", "for example")
        found.append(Table.of("Where it contradicts itself", columns, rows))
    if source.left_out:
        found.append(_aside_table(source))
    return tuple(found)
