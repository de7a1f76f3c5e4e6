"""A source inventory -> the text of a scenario."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ove_capacity.errors import OveCapacityError
from ove_capacity.ingest.choices import Networks, PoweredOff
from ove_capacity.ingest.inventory import SourceCluster, SourceDatastore, SourceVm
from ove_capacity.ingest.sketch import Intake, Page, Sketch, Value, memory_text
from ove_capacity.ingest.source import Source
from ove_capacity.ingest.source_tables import source_tables
from ove_capacity.ingest.target import (
    Shape,
    network_names,
    pools_of,
    printable,
    shapes_of,
    slug,
    target_names,
)

__all__ = ["Choices", "sketch_of"]

_NAMED_VMS = 6
_HOSTS, _CPUS, _MEMORY = 3, 32, "256Gi"
"""Of a pool, where the inventory does not say it."""


def _gib(size_mib: int) -> str:
    return f"{size_mib / 1024:,.0f} GiB"


def _sum_text(vms: Sequence[SourceVm]) -> str:
    cpus, memory = sum(vm.cpus for vm in vms), sum(vm.memory_mib for vm in vms)
    number = "1 VM" if len(vms) == 1 else f"{len(vms):,} VMs"
    return f"{number} with {cpus:,} vCPUs and {_gib(memory)}"


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose who reads an inventory."""

    powered_off: PoweredOff
    onto: str = ""
    """The one cluster all VMs go to; else each source cluster has its own."""
    networks: Networks = Networks.KEEP


def _decisions(source: Source, choices: Choices) -> list[str]:
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
            }[choices.powered_off]
        )
    if choices.onto:
        said.append(f"All VMs go to the cluster {choices.onto} (--onto).")
    else:
        said.append("Each source cluster becomes a cluster of its own; --onto NAME makes it one.")
    said.append(
        "The pools are placeholders: as many machines as the source has hosts, as large, a thread "
        "a CPU. Put yours there, or real Node objects under nodes and the pools' count to 0."
    )
    said.append(
        "A workload is all VMs of one size and operating system (label os)"
        + (" on the same networks" if _networks(source, choices) else "")
        + "; names stand beside the small ones."
    )
    return [*said, *_of_disks(source), *_of_networks(source, choices)]


def _of_disks(source: Source) -> list[str]:
    sizes = [size for vm in source.used for size in vm.disks_mib]
    if not sizes:
        return ["No disks were read: the inventory lists none."]
    return [
        f"Disks: {len(sizes):,} with {_gib(sum(sizes))}. Where the VMs of a workload differ, each "
        "has one disk of the mean of their total, rounded up to a GiB: the sum is right."
    ]


def _networks(source: Source, choices: Choices) -> dict[str, str]:
    """Networks of all VMs used, if they are carried over."""
    return network_names(source.used) if choices.networks is Networks.KEEP else {}


def _of_networks(source: Source, choices: Choices) -> list[str]:
    names = network_names(source.used)
    if not names:
        return []
    if choices.networks is Networks.ASIDE:
        return [f"Networks: {len(names):,}, set aside, as you asked (--networks aside)."]
    apart = len(shapes_of(source.used, choices.powered_off, "", names))
    together = len(shapes_of(source.used, choices.powered_off, "", {}))
    said = f"Networks: {len(names):,}, by port group; say the addresses of each (range)."
    if apart > together:
        said += f" They tell VMs apart: {apart:,} kinds instead of {together:,}; --networks aside."
    return [said]


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


def _write_networks(
    page: Page, clusters: Sequence[SourceCluster], names: Mapping[str, str]
) -> None:
    """The networks of a cluster's VMs, to be given addresses."""
    vms = Counter(each for cluster in clusters for vm in cluster.vms for each in vm.networks)
    here = [network for network in names if vms[network]]
    if not here:
        return
    page.key("network", indent=4)
    page.key("vmNetworks", indent=6)
    for network in here:
        number = "1 VM" if vms[network] == 1 else f"{vms[network]:,} VMs"
        page.key(names[network], {}, indent=8, comment=f"{printable(network)}: {number}")


def _write_cluster(
    page: Page, name: str, clusters: Sequence[SourceCluster], networks: Mapping[str, str]
) -> None:
    for cluster in clusters:
        _write_source(page, cluster)
    page.key(name, indent=2)
    page.key("assume", {"virtualization": "installed"}, indent=4)
    page.comment("nodes: nodes.yaml  (`oc get nodes -o yaml`; then each pool's count: 0)", 4)
    _write_networks(page, clusters, networks)
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


def _by_site(datastores: Sequence[SourceDatastore]) -> dict[str, list[SourceDatastore]]:
    sites: dict[str, list[SourceDatastore]] = {}
    for each in datastores:
        sites.setdefault(each.site, []).append(each)
    return sites


def _datastores_text(site: str, datastores: Sequence[SourceDatastore]) -> str:
    capacity = sum(each.capacity_mib for each in datastores)
    used = sum(each.used_mib for each in datastores)
    number = "1 datastore" if len(datastores) == 1 else f"{len(datastores):,} datastores"
    return (
        f"Source {printable(site)}: {number} of {_gib(capacity)}, {_gib(used)} in use. What stores "
        "the VMs here is for you to say, under storage of the cluster."
    )


def _write_workload(page: Page, shape: Shape, cluster: str) -> None:
    value: dict[str, Value] = {
        "name": shape.name,
        "cluster": cluster,
        "count": len(shape.vms),
        "cpu": shape.cpus,
        "memory": memory_text(shape.memory_mib << 20),
        "labels": {"os": shape.family},
    }
    sizes: list[Value] = [memory_text(size << 20) for size in shape.disks_mib]
    if sizes:
        value["disks"] = sizes[0] if len(sizes) == 1 else sizes
    if shape.networks:
        value["networks"] = list(shape.networks)
    if shape.is_halted:
        value["runStrategy"] = "Halted"
    names = [printable(vm.name, 30) for vm in shape.vms[:_NAMED_VMS]]
    more = len(shape.vms) - len(names)
    page.comment(", ".join(names) + (f" and {more:,} more" if more else ""), 2, hanging=2)
    page.item(value, indent=2)


def _text(source: Source, decisions: Sequence[str], choices: Choices) -> str:
    page = Page()
    title = ", ".join(file.name for file in source.files)
    page.head(printable(title, 400), slug(source.name or source.files[0].stem, "fleet"), decisions)
    names = target_names([cluster.key for cluster in source.clusters], choices.onto)
    together: defaultdict[str, list[SourceCluster]] = defaultdict(list)
    for cluster in source.clusters:
        together[names[cluster.key]].append(cluster)
    page.blank()
    for site, datastores in _by_site(source.datastores).items():
        page.comment(_datastores_text(site, datastores))
    page.key("clusters")
    networks = _networks(source, choices)
    for name, clusters in together.items():
        _write_cluster(page, name, clusters, networks)
    page.blank()
    page.key("workloads")
    for name, clusters in together.items():
        vms = [vm for cluster in clusters for vm in cluster.vms]
        prefix = f"{name}-" if len(together) > 1 else ""
        for shape in shapes_of(vms, choices.powered_off, prefix, networks):
            _write_workload(page, shape, name)
    return page.text()


def sketch_of(source: Source, intake: Intake, choices: Choices) -> Sketch:
    """The scenario of a source, and the tables of what was found in it.

    Raises:
        OveCapacityError: the cluster that was chosen has a name that none can have.
    """
    onto = choices.onto
    if onto and slug(onto, "") != onto:
        raise OveCapacityError(f"--onto {onto}: a cluster's name has only a-z, 0-9 and dashes")
    decisions = _decisions(source, choices)
    return Sketch(
        text=_text(source, decisions, choices),
        decisions=tuple(decisions),
        report=intake.table(),
        findings=source_tables(source),
    )
