"""What managing the fleet costs: the hub's own load, and what it puts on every cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ove_capacity.analysis.hub_load_tables import (
    clusters_table,
    growth_table,
    machines_table,
    parts_table,
    totals_table,
)
from ove_capacity.analysis.rehearsal import Loss, Rehearsal
from ove_capacity.analysis.service_pods import service_records
from ove_capacity.analysis.settle import settle
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.management import DeclaredService, Management, ServicePart
from ove_capacity.model.resources import CPU, MEMORY, Amounts, amounts
from ove_capacity.platform.management import Growth, fleet_growth, series_room
from ove_capacity.platform.mesh import gets_proxy, proxy_requests
from ove_capacity.sim.hub import hub_cluster
from ove_capacity.sim.run import Run
from ove_capacity.simtime import SECOND_MS, parse_duration
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.tables import Table

__all__ = ["ClusterServices", "HubLoad", "hub_load"]

_STORAGE = "storage"
_SCRAPED_MS = 15 * SECOND_MS


@dataclass(frozen=True, slots=True)
class ClusterServices:
    """What runs beside VMs on a cluster that is managed."""

    cluster: str
    parts: tuple[ServicePart, ...]
    workers: int
    sidecars: int = 0
    """VMs of the plan into whose pods the mesh puts a proxy."""

    @property
    def requests(self) -> Amounts:
        """Of all pods, proxies among them."""
        total = dict(_total_of(self.parts, self.workers))
        for name, amount in amounts(proxy_requests()).items():
            total[name] = total.get(name, 0) + self.sidecars * amount
        return total

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "parts": [_part_dict(part) for part in self.parts],
            "workers": self.workers,
            "sidecars": self.sidecars,
            "requests": dict(self.requests),
        }


@dataclass(frozen=True, slots=True)
class HubLoad:
    """The hub's services, what they ask for, and where they stand."""

    hub: str
    """The cluster; empty: the fleet has none that is the hub."""
    parts: tuple[ServicePart, ...]
    totals: Mapping[str, Amounts]
    """``written``, ``documented`` and ``in_effect`` -> sums over all replicas."""
    managed_clusters: int
    growth: tuple[Growth, ...] = ()
    machines: tuple[tuple[str, Amounts, Amounts], ...] = ()
    """Worker of the hub, requests of services there, what is left there."""
    losses: tuple[Loss, ...] = ()
    """Of each worker of the hub; services are what is placed again."""
    clusters: Mapping[str, ClusterServices] = field(default_factory=FrozenMap)
    notes: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """In one sentence."""
        if not self.parts:
            return "No object says what runs on the hub."
        written, real = self.totals["written"], self.totals["in_effect"]
        told = (
            f"The hub's services ask for {_cpu(real)} CPUs and {_gib(real)} GiB; "
            f"their manifests say {_cpu(written)} and {_gib(written)}."
        )
        if not self.losses:
            return told
        bad = [loss for loss in self.losses if not loss.is_survived]
        if not bad:
            return f"{told} Any one worker of {self.hub} may be lost."
        worst = max(bad, key=lambda loss: len(loss.not_returned))
        return (
            f"{told} Of {len(self.losses)} workers of {self.hub}, the loss of {len(bad)} leaves "
            f"services without a node; of {worst.nodes[0]}, {len(worst.not_returned)} pods."
        )

    @property
    def services(self) -> Mapping[str, Mapping[str, Amounts]]:
        """Service of the hub -> `totals` of its own parts."""
        names = dict.fromkeys(part.service for part in self.parts)
        own = {name: [part for part in self.parts if part.service == name] for name in names}
        return {name: _totals(parts, len(self.machines)) for name, parts in own.items()}

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the documented numbers are from, by service."""
        every = [*self.parts, *(part for each in self.clusters.values() for part in each.parts)]
        told = dict.fromkeys(f"{each.service} ({each.evidence}): {each.source}" for each in every)
        return tuple(told)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Parts, sums, growth, machines of the hub, and the managed clusters."""
        every = (
            totals_table(self.totals),
            parts_table("Services of the hub, by pod", self.parts),
            machines_table(self.machines, self.losses),
            growth_table(self.growth),
            clusters_table(
                [
                    (each.cluster, each.parts, each.workers, each.sidecars, each.requests)
                    for each in self.clusters.values()
                ]
            ),
        )
        return tuple(table for table in every if table.rows)

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "hub": self.hub,
            "managed_clusters": self.managed_clusters,
            "parts": [_part_dict(part) for part in self.parts],
            "totals": {name: dict(total) for name, total in self.totals.items()},
            "growth": [each.to_dict() for each in self.growth],
            "machines": {
                name: {"services": dict(asked), "left": dict(left)}
                for name, asked, left in self.machines
            },
            "losses": [loss.to_dict() for loss in self.losses],
            "clusters": {name: each.to_dict() for name, each in self.clusters.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n\n".join([self.answer, *(table.text() for table in self.tables), *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.html() for table in self.tables)


def hub_load(subject: Case | Run) -> HubLoad:
    """What the services of the hub ask for, as written and as documented, and where they stand.

    Of a case: when its listed workloads are placed. Of a run: as it ended.
    """
    run = settle(subject)
    fleet, known = run.case.fleet, run.case.fleet.management
    hub = hub_cluster(fleet)
    workers = len(fleet.cluster(hub).workers) if hub else 0
    managed = [each for each in fleet.clusters if each.name != hub]
    kinds = {each.kind for each in known.declared}
    return HubLoad(
        hub=hub,
        parts=known.parts,
        totals=_totals(known.parts, workers),
        managed_clusters=len(managed),
        growth=fleet_growth(
            len(managed),
            sum(len(each.nodes) for each in managed),
            has_hub="MultiClusterHub" in kinds,
            has_prometheus="Prometheus" in kinds,
        ),
        machines=_machines(run, hub) if hub else (),
        losses=_losses(run, hub) if hub else (),
        clusters=FrozenMap({each.name: _services(run, each) for each in managed}),
        notes=tuple(_notes(fleet, known, hub)),
    )


def _part_dict(part: ServicePart) -> dict[str, object]:
    """One part for JSON output."""
    return {
        "service": part.service,
        "name": part.name,
        "daemon": part.is_daemon,
        "replicas": part.replicas,
        "requests": dict(part.requests),
        "limits": dict(part.limits),
        "storage_bytes": part.storage_bytes,
        "written": {
            "replicas": part.written_replicas,
            "requests": dict(part.written_requests),
            "limits": dict(part.written_limits),
            "storage_bytes": part.written_storage_bytes,
        },
        "documented": {
            "replicas": part.documented_replicas,
            "requests": dict(part.documented_requests),
            "storage_bytes": part.documented_storage_bytes,
        },
        "source": part.source,
        "evidence": str(part.evidence),
    }


def _total_of(parts: Iterable[ServicePart], workers: int) -> Amounts:
    """Requests of all pods as they take effect; ``storage`` in bytes, ``pods`` in pieces."""
    return _totals(tuple(parts), workers)["in_effect"]


def _totals(parts: Sequence[ServicePart], workers: int) -> Mapping[str, Amounts]:
    totals: dict[str, dict[str, int]] = {}
    for part in parts:
        real = workers if part.is_daemon else part.replicas
        theirs = workers if part.is_daemon else part.documented_replicas
        written = 1 if part.written_replicas is None else part.written_replicas
        for name, number, requests, volume in (
            ("written", written, part.written_requests, part.written_storage_bytes),
            ("documented", theirs, part.documented_requests, part.documented_storage_bytes),
            ("in_effect", real, part.requests, part.storage_bytes),
        ):
            said = {**requests, _STORAGE: volume, "pods": 1 if requests or volume else 0}
            total = totals.setdefault(name, {CPU: 0, MEMORY: 0, _STORAGE: 0, "pods": 0})
            for resource, amount in said.items():
                total[resource] = total.get(resource, 0) + number * amount
    empty = {CPU: 0, MEMORY: 0, _STORAGE: 0, "pods": 0}
    return FrozenMap(
        {name: totals.get(name, empty) for name in ("written", "documented", "in_effect")}
    )


def _machines(run: Run, hub: str) -> tuple[tuple[str, Amounts, Amounts], ...]:
    state = run.states[hub]
    asked = {
        node.name: {name: node.services.get(name, 0) for name in (CPU, MEMORY)}
        for node in state.nodes
    }
    for record in service_records(run, hub):
        part = next(each for each in _parts(run, hub) if each.name == record.workload)
        for name, amount in part.requests.items():
            asked[record.node][name] = asked[record.node].get(name, 0) + amount
    return tuple(
        (node.name, asked[node.name], _left(state, n))
        for n, node in enumerate(state.nodes)
        if node.is_worker
    )


def _parts(run: Run, hub: str) -> tuple[ServicePart, ...]:
    return run.case.fleet.cluster(hub).management.parts


def _left(state: ClusterState, n: int) -> Amounts:
    found = {}
    for name in (CPU, MEMORY):
        r = state.resource_index(name)
        found[name] = int(state.allocatable[n, r]) - int(state.requested[n, r])
    return found


def _losses(run: Run, hub: str) -> tuple[Loss, ...]:
    records = service_records(run, hub)
    if not records:
        return ()
    stage = Rehearsal(run.states[hub], records, run.case)
    found = []
    for n in stage.workers:
        found.append(stage.lose([n]))
        stage.rewind()
    return tuple(found)


def _services(run: Run, cluster: Cluster) -> ClusterServices:
    sidecars = sum(
        vm.exists and gets_proxy(vm.pod.labels, cluster.namespaces.get(vm.namespace, {}))
        for vm in run.vms_of(cluster.name)
    )
    return ClusterServices(cluster.name, cluster.management.parts, len(cluster.workers), sidecars)


def _notes(fleet: Fleet, known: Management, hub: str) -> Iterable[str]:
    if known.parts and not hub:
        yield (
            'no cluster of the fleet is the hub: give one the label local-cluster: "true", or the '
            "profile management, and it carries this load"
        )
    for each in known.declared:
        yield from _of_service(each)
    for cluster in fleet.clusters:
        for each in cluster.management.declared if cluster.name != hub else ():
            if each.settings.get("outputs"):
                yield (
                    f"{cluster.name}: logs go to {each.settings['outputs']}: what receives them is "
                    "in no manifest, and counted nowhere"
                )


def _of_service(said: DeclaredService) -> Iterable[str]:
    where = f"{said.kind} {said.name}"
    for part in said.dropped:
        yield (
            f"{where}: the resources of {part} are written where the API server drops them; the "
            "documented default takes effect"
        )
    if said.settings.get("observability") == "operator":
        yield (
            f"{where}: the observability operator is on, and does nothing without a "
            "MultiClusterObservability, which would ask for 3.2 CPUs and 12.2 GiB"
        )
    retention_ms = 0
    with suppress(ValueError):
        retention_ms = parse_duration(said.settings.get("retention", ""))
    volume, retention = said.storage_bytes.get("prometheus"), said.settings.get("retention")
    if volume and retention_ms:
        room = series_room(volume, retention_ms, _SCRAPED_MS)
        yield (
            f"{where}: {volume >> 30} GiB hold {room / 1e6:.2f} million series for {retention} "
            "when scraped every 15s, at two bytes a sample; further replicas are copies"
        )
    if said.kind == "Prometheus" and not said.requests:
        yield f"{where}: says no request: the scheduler sees its config reloader, and nothing else"


def _cpu(total: Amounts) -> str:
    return f"{total[CPU] / 1000:.1f}"


def _gib(total: Amounts) -> str:
    return f"{total[MEMORY] / (1 << 30):.1f}"
