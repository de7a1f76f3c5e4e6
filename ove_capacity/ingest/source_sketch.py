"""A source inventory -> the text of a scenario, and the tables of what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ove_capacity.errors import OveCapacityError
from ove_capacity.ingest.choices import PoweredOff
from ove_capacity.ingest.inventory import SourceCluster, SourceVm
from ove_capacity.ingest.sketch import Intake, Page, Sketch, Value, memory_text
from ove_capacity.ingest.source import Source
from ove_capacity.ingest.target import (
    Shape,
    pools_of,
    printable,
    shapes_of,
    slug,
    target_names,
)
from ove_capacity.tables import Table

__all__ = ["sketch_of"]

_NAMED_VMS = 6
_SHOWN_EXAMPLES = 200
_HOSTS, _CPUS, _MEMORY = 3, 32, "256Gi"
"""Of a pool, where the inventory does not say it."""


def _gib(size_mib: int) -> str:
    return f"{size_mib / 1024:,.0f} GiB"


def _sum_text(vms: Sequence[SourceVm]) -> str:
    cpus, memory = sum(vm.cpus for vm in vms), sum(vm.memory_mib for vm in vms)
    number = "1 VM" if len(vms) == 1 else f"{len(vms):,} VMs"
    return f"{number} with {cpus:,} vCPUs and {_gib(memory)}"


def _decisions(source: Source, powered_off: PoweredOff, onto: str) -> list[str]:
    stopped = [vm for vm in source.vms if vm.power != "on"]
    suspended = sum(vm.power == "suspended" for vm in stopped)
    said = list(source.decisions)
    if stopped:
        which = f"Powered off: {_sum_text(stopped)}"
        which += f" ({suspended:,} of them suspended)" if suspended else ""
        said.append(
            which
            + {
                PoweredOff.HALTED: ". They are kept with runStrategy: Halted, so they come along "
                "and take no CPU or memory until you start them (Always).",
                PoweredOff.RUN: ". They run here, as you asked (--powered-off run).",
                PoweredOff.ASIDE: ". They are set aside, as you asked (--powered-off aside).",
            }[powered_off]
        )
    if onto:
        said.append(f"All VMs go to the cluster {onto} (--onto).")
    else:
        said.append("Each source cluster becomes a cluster of its own; --onto NAME makes it one.")
    said.append(
        "The pools are placeholders: as many machines as the source has hosts, as large, a thread "
        "a CPU. Put yours there, or real Node objects under nodes and the pools' count to 0."
    )
    said.append(
        "A workload is all VMs of one size and operating system (label os); names stand beside "
        "the small ones. Disks and networks are not carried over."
    )
    return said


def _write_source(page: Page, cluster: SourceCluster) -> None:
    running = cluster.running
    sums = f"running there: {_sum_text(running)}" if running else "no running VM was read"
    page.comment(f"Source {printable(str(cluster.key))}; {sums}.", 2)
    if cluster.ready:
        text = f"Its {len(cluster.ready):,} hosts have {cluster.cores:,} cores and "
        text += _gib(cluster.memory_mib) if cluster.memory_mib else "memory that is not known"
        if running and cluster.vcpus_per_core is not None:
            text += f": {cluster.vcpus_per_core:.2f} vCPUs a core"
        by_hosts = cluster.vcpus_per_core_by_hosts
        if by_hosts is not None:
            text += f" ({by_hosts:.2f} as the hosts count)"
        page.comment(text + ".", 2)
    lost = cluster.memory_percent_with_one_host_less
    if running and lost is not None:
        text = f"Running VMs take {cluster.memory_percent:.0f} % of that memory, "
        page.comment(text + f"and {lost:.0f} % when the largest host is lost.", 2)


def _write_cluster(page: Page, name: str, clusters: Sequence[SourceCluster]) -> None:
    for cluster in clusters:
        _write_source(page, cluster)
    page.key(name, indent=2)
    page.key("assume", {"virtualization": "installed"}, indent=4)
    page.comment("nodes: nodes.yaml  (`oc get nodes -o yaml`; then each pool's count: 0)", 4)
    page.key("pools", indent=4)
    pools = pools_of(clusters) or [(_HOSTS, 0, 0, 0)]
    for index, (number, threads, memory_mib, cores) in enumerate(pools):
        memory = memory_text(memory_mib << 20) if memory_mib else _MEMORY
        node: Value = {"cpu": threads or _CPUS, "memory": memory}
        pool: Value = {"count": number, "node": node}
        said = [f"hosts of today, {cores:,} cores each"] if cores else ["CPUs are a guess"]
        said += [] if memory_mib else ["memory is a guess"]
        comment = f"PLACEHOLDER: {', '.join(said)}"
        page.key("worker" if not index else f"worker-{index + 1}", pool, indent=6, comment=comment)


def _write_workload(page: Page, shape: Shape, cluster: str) -> None:
    value: dict[str, Value] = {
        "name": shape.name,
        "cluster": cluster,
        "count": len(shape.vms),
        "cpu": shape.cpus,
        "memory": memory_text(shape.memory_mib << 20),
        "labels": {"os": shape.family},
    }
    if shape.is_halted:
        value["runStrategy"] = "Halted"
    names = [printable(vm.name, 30) for vm in shape.vms[:_NAMED_VMS]]
    more = len(shape.vms) - len(names)
    page.comment(", ".join(names) + (f" and {more:,} more" if more else ""), 2, hanging=2)
    page.item(value, indent=2)


def _text(source: Source, decisions: Sequence[str], powered_off: PoweredOff, onto: str) -> str:
    page = Page()
    title = ", ".join(file.name for file in source.files)
    page.head(printable(title, 400), slug(source.name or source.files[0].stem, "fleet"), decisions)
    names = target_names([cluster.key for cluster in source.clusters], onto)
    together: defaultdict[str, list[SourceCluster]] = defaultdict(list)
    for cluster in source.clusters:
        together[names[cluster.key]].append(cluster)
    page.blank()
    page.key("clusters")
    for name, clusters in together.items():
        _write_cluster(page, name, clusters)
    page.blank()
    page.key("workloads")
    for name, clusters in together.items():
        vms = [vm for cluster in clusters for vm in cluster.vms]
        prefix = f"{name}-" if len(together) > 1 else ""
        for shape in shapes_of(vms, powered_off, prefix):
            _write_workload(page, shape, name)
    return page.text()


def _vm_table(source: Source) -> Table:
    rows = []
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
    columns = ("VMs", "their size", "number", "vCPUs", "memory MiB", "provisioned disk MiB")
    return Table.of("VMs whose size is known", columns, rows)


def _sums(vms: Sequence[SourceVm]) -> tuple[int, int, int, int]:
    cpus, memory = sum(vm.cpus for vm in vms), sum(vm.memory_mib for vm in vms)
    return len(vms), cpus, memory, sum(vm.provisioned_mib for vm in vms)


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


def sketch_of(source: Source, intake: Intake, powered_off: PoweredOff, onto: str) -> Sketch:
    """The scenario of a source, and the tables of what was found in it.

    Raises:
        OveCapacityError: *onto* is no name that a cluster can have.
    """
    if onto and slug(onto, "") != onto:
        raise OveCapacityError(f"--onto {onto}: a cluster's name has only a-z, 0-9 and dashes")
    decisions = _decisions(source, powered_off, onto)
    findings = [_vm_table(source), _cluster_table(source)]
    if source.disagreements:
        rows = [(each.what, each.number, each.used, each.example) for each in source.disagreements]
        columns = ("what", "how often", "used", "for example")
        findings.append(Table.of("Where it contradicts itself", columns, rows))
    if source.left_out:
        aside = [(printable(each.name), each.place, each.why) for each in source.left_out]
        more = len(aside) - _SHOWN_EXAMPLES
        notes = (f"and {more:,} more",) if more > 0 else ()
        columns_aside = ("VM", "place", "why")
        shown = tuple(aside[:_SHOWN_EXAMPLES])
        findings.append(Table("Set aside", columns_aside, shown, notes))
    return Sketch(
        text=_text(source, decisions, powered_off, onto),
        decisions=tuple(decisions),
        report=intake.table(),
        findings=tuple(findings),
    )
