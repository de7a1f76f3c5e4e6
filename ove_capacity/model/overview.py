"""A case as tables that a person can check before anything is simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ove_capacity.model.assumption import Assumption
from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.joining import Joining
from ove_capacity.model.node import Node
from ove_capacity.model.placement import Placement
from ove_capacity.model.plan import (
    ApiOutage,
    ClusterLoss,
    Duration,
    HubLoss,
    NodeLoss,
    Partition,
    Plan,
    Recovery,
    Workload,
)
from ove_capacity.model.resources import CPU, HUGEPAGES_PREFIX, MEMORY
from ove_capacity.model.vm import Vmi
from ove_capacity.quantity import Notation, Quantity
from ove_capacity.simtime import format_duration
from ove_capacity.tables import Cell, Table

__all__ = [
    "assumptions_table",
    "changes_table",
    "fleet_losses_table",
    "fleet_table",
    "joinings_table",
    "losses_table",
    "networks_table",
    "placements_table",
    "pools_table",
    "recoveries_table",
    "size_text",
    "storage_table",
    "workloads_table",
]

_GIB = 1 << 30
_ROLE_PREFIX = "node-role.kubernetes.io/"
_WITH_REGION, _WITH_ZONE = ", with all of its region", ", with all of its zone"


def size_text(size_bytes: int) -> str:
    """Bytes as a person reads them: ``128Gi``, ``512Mi``, or ``124.3Gi`` when that is not exact."""
    if size_bytes % _GIB and size_bytes > _GIB:
        return f"{size_bytes / _GIB:.1f}Gi"
    return str(Quantity.of(size_bytes, Notation.BINARY))


def fleet_table(fleet: Fleet) -> Table:
    """Clusters with their releases and rules."""
    rows = [
        (
            cluster.name,
            cluster.profile or "-",
            str(cluster.release.openshift),
            cluster.release.kubevirt,
            len(cluster.workers),
            len(cluster.pods),
            cluster.scheduler_profile,
            cluster.remediation.kind,
        )
        for cluster in fleet.clusters
    ]
    columns = ("cluster", "profile", "release", "KubeVirt", "workers", "pods")
    return Table("Clusters", (*columns, "scheduler", "remediation"), tuple(rows))


def pools_table(fleet: Fleet) -> Table:
    """Machines of each cluster, those of a kind together."""
    rows = [row for cluster in fleet.clusters for row in _pool_rows(cluster)]
    columns = ("cluster", "pool", "nodes", "CPU", "allocatable CPU", "memory", "allocatable memory")
    return Table("Machines", (*columns, "hugepages"), tuple(rows))


def storage_table(fleet: Fleet) -> Table:
    """Storage systems, and what of them volumes may take."""
    rows = [
        (
            cluster.name,
            system.name,
            size_text(system.raw_bytes),
            system.replicas,
            f"{system.near_full_percent}%",
            size_text(system.usable_bytes),
            ", ".join(system.classes) or "every",
            size_text(system.held_bytes) if system.held_bytes else "-",
        )
        for cluster in fleet.clusters
        for system in cluster.storage
    ]
    columns = ("cluster", "storage", "raw", "replicas", "near full", "usable", "classes", "held")
    return Table("Storage", columns, tuple(rows))


def networks_table(fleet: Fleet) -> Table:
    """Networks that VMs have addresses on, and pod networks, with their addresses."""
    rows: list[tuple[Cell, ...]] = []
    for cluster in fleet.clusters:
        if cluster.network is not None:
            each = (
                f"{cluster.network.addresses_per_node} on each of {cluster.network.max_nodes} nodes"
            )
            rows.append((cluster.name, f"pods, {cluster.network.cidr}", each, "-"))
        rows += [
            (cluster.name, one.name, "-" if one.addresses is None else one.addresses, one.held)
            for one in cluster.vm_networks
        ]
    return Table("Networks", ("cluster", "network", "addresses", "held"), tuple(rows))


def workloads_table(plan: Plan) -> Table:
    """VMs that are to run, and streams of VMs that arrive."""
    rows = [_workload_row(workload, "") for workload in plan.workloads]
    rows += [
        _workload_row(each.workload, f"every {format_duration(each.every_ms)}")
        for each in plan.arrivals
    ]
    columns = ("workload", "VMs", "vCPU", "memory", "where", "from", "lifetime", "eviction")
    return Table("Virtual machines to run", columns, tuple(rows))


def recoveries_table(plan: Plan) -> Table:
    """How VMs come back on another cluster."""
    workloads = [*plan.workloads, *(each.workload for each in plan.arrivals)]
    rows = [_recovery_row(each.name, each.recovery) for each in workloads if each.recovery]
    columns = ("workload", "to", "from", "copied", "of each VM", "restored", "decided", "booted")
    return Table("Recovery on another cluster", (*columns, "home again after"), tuple(rows))


def _recovery_row(workload: str, said: Recovery) -> tuple[Cell, ...]:
    copied = f"every {format_duration(said.every_ms)}" if said.every_ms else "at once"
    streams = f"{said.streams} at a time" if said.streams else "one a worker"
    restored = f"{size_text(said.bytes_per_s)}/s, {streams}" if said.bytes_per_s else "at once"
    return (
        workload,
        said.to or "where its Placement goes",
        said.source,
        "-" if said.source == "image" else copied,
        size_text(said.data_bytes) if said.data_bytes else "-",
        restored if said.data_bytes else "-",
        f"in {_lasting(said.decide)}" if said.decide else "at once",
        f"in {_lasting(said.boot)}" if said.boot else "at once",
        _lasting(said.fail_back) if said.fail_back else "-",
    )


def losses_table(plan: Plan) -> Table:
    """What breaks, and how it is repaired."""
    rows = [
        (
            loss.cluster,
            (loss.node + (_WITH_ZONE if loss.together else ""))
            or (f"each node of {loss.pool}" if loss.pool else "each worker"),
            _when(loss),
            _lasting(loss.repair) if loss.repair else "never",
        )
        for loss in plan.losses
    ]
    return Table("Node losses", ("cluster", "node", "lost", "repaired after"), tuple(rows))


def fleet_losses_table(plan: Plan) -> Table:
    """What befalls whole clusters and the hub."""
    rows = [
        (
            each.cluster,
            f"lost{_WITH_REGION if each.together else ''}",
            _when(each),
            _lasting(each.repair) if each.repair else "for good",
        )
        for each in plan.cluster_losses
    ]
    silent: list[tuple[str, Partition | ApiOutage]] = [
        ("cut from the hub", each) for each in plan.partitions
    ]
    silent += [("its API does not answer", each) for each in plan.api_outages]
    rows += [
        (each.cluster, what, _when(each), _lasting(each.lasting) if each.lasting else "for good")
        for what, each in silent
    ]
    rows += [
        (
            "the hub",
            "lost, restored from its backup" if each.from_backup else "lost",
            _when(each),
            _lasting(each.repair) if each.repair else "for good",
        )
        for each in plan.hub_losses
    ]
    return Table("Losses of whole clusters", ("what", "event", "when", "how long"), tuple(rows))


def changes_table(plan: Plan) -> Table:
    """What is done on purpose: nodes that are closed, workloads that grow."""
    rows = [
        (
            each.cluster,
            each.node or f"each node of {each.pool}",
            "cordoned",
            f"at {format_duration(each.at_ms)}",
            format_duration(each.lasting_ms) if each.lasting_ms else "for good",
        )
        for each in plan.cordons
    ]
    rows += [
        (
            each.workload.cluster or each.workload.placement.rpartition("/")[2],
            each.workload.name,
            f"grows by {each.vms or f'{each.basis_points / 100:g}%'}",
            f"every {format_duration(each.every_ms)}",
            "for good" if each.until_ms is None else f"until {format_duration(each.until_ms)}",
        )
        for each in plan.growths
    ]
    return Table("Planned changes", ("where", "what", "change", "when", "how long"), tuple(rows))


def joinings_table(joinings: Sequence[Joining]) -> Table:
    """Clusters that are to join."""
    rows = [
        (
            each.cluster.name,
            each.cluster.profile or "-",
            len(each.cluster.workers),
            f"at {format_duration(each.at_ms)}",
            ", ".join(f"{name} {_lasting(length)}" for name, length in each.stages.items()) or "-",
        )
        for each in joinings
    ]
    columns = ("cluster", "profile", "workers", "asked for", "stages that take otherwise")
    return Table("Clusters to come", columns, tuple(rows))


def placements_table(placements: Sequence[Placement]) -> Table:
    """What the hub is asked to decide."""
    rows = [
        (
            each.key,
            "all" if each.number_of_clusters is None else str(each.number_of_clusters),
            len(each.predicates),
            each.mode,
            ", ".join(f"{one.name} {one.weight}" for one in each.prioritizers) or "-",
        )
        for each in placements
    ]
    columns = ("placement", "clusters", "predicates", "mode", "prioritizers configured")
    return Table("Placements", columns, tuple(rows))


def assumptions_table(assumptions: Iterable[Assumption], fleet: Fleet) -> Table:
    """Every number that was not read from the input; equal ones of several places together."""
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for each in assumptions:
        key = (each.name, each.value, str(each.evidence), each.source)
        places.setdefault(key, []).append(each.applies_to)
    everywhere = ", ".join(cluster.name for cluster in fleet.clusters)
    rows = []
    for (name, value, evidence, source), applies in places.items():
        where = ", ".join(filter(None, applies))
        rows.append((name, value, "all" if where in ("", everywhere) else where, evidence, source))
    columns = ("assumption", "value", "applies to", "evidence", "source")
    return Table("Numbers that the input does not give", columns, tuple(rows))


def _pool_rows(cluster: Cluster) -> list[tuple[Cell, ...]]:
    kinds: Counter[tuple[str, int, int, int, int, str]] = Counter()
    for node in cluster.nodes:
        kinds[
            node.pool or _role(node),
            node.capacity.get(CPU, 0),
            node.allocatable.get(CPU, 0),
            node.capacity.get(MEMORY, 0),
            node.allocatable.get(MEMORY, 0),
            _hugepages(node),
        ] += 1
    return [
        (
            cluster.name,
            pool,
            count,
            _cores(cpu),
            _cores(cpu_free),
            size_text(memory),
            size_text(memory_free),
            pages,
        )
        for (pool, cpu, cpu_free, memory, memory_free, pages), count in kinds.items()
    ]


def _role(node: Node) -> str:
    roles = [
        label.removeprefix(_ROLE_PREFIX)
        for label in sorted(node.labels)
        if label.startswith(_ROLE_PREFIX)
    ]
    return ",".join(roles) or "-"


def _hugepages(node: Node) -> str:
    pages = [
        f"{size_text(amount)} of {name.removeprefix(HUGEPAGES_PREFIX)}"
        for name, amount in sorted(node.allocatable.items())
        if name.startswith(HUGEPAGES_PREFIX) and amount
    ]
    return ", ".join(pages) or "-"


def _cores(milli: int) -> str:
    return f"{milli / 1000:g}"


def _workload_row(workload: Workload, coming: str) -> tuple[Cell, ...]:
    vmi = workload.vmi
    where = workload.cluster
    if not where:
        chosen = workload.placement.rpartition("/")[2]
        where = f"{chosen}, {'in all' if workload.total else 'on each'}"
    return (
        workload.name,
        workload.count,
        max(vmi.spec.domain.cpu.vcpus, 1),
        _guest_memory(vmi),
        where,
        coming or format_duration(workload.at_ms),
        _lasting(workload.lifetime) if workload.lifetime else "-",
        vmi.spec.eviction_strategy or "-",
    )


def _guest_memory(vmi: Vmi) -> str:
    domain = vmi.spec.domain
    guest = domain.memory.guest or domain.resources.requests.get(MEMORY)
    return size_text(guest.value) if guest is not None else "-"


def _when(loss: ApiOutage | ClusterLoss | HubLoss | NodeLoss | Partition) -> str:
    if loss.at_ms is not None:
        return f"at {format_duration(loss.at_ms)}"
    return f"every {_lasting(loss.every)}" if loss.every else "never"


def _lasting(duration: Duration) -> str:
    length = format_duration(duration.mean_ms)
    return length if duration.distribution == "constant" else f"{length} ({duration.distribution})"
