"""Where the meshes of a fleet send requests, and how many VMs answer there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ove_capacity.model.cluster import Cluster, Service
from ove_capacity.model.network import Route
from ove_capacity.sim.run import Run
from ove_capacity.sim.world import VmStatus

__all__ = ["RouteOutcome", "answering", "route_outcomes"]


@dataclass(frozen=True, slots=True)
class RouteOutcome:
    """One way of requests, before and after a loss."""

    cluster: str
    route: Route
    before: int | None
    """VMs that answer; None: the cluster has no such Service, so nobody does."""
    after: int | None
    """The same; None also when the cluster is lost."""
    is_lost: bool
    """The cluster is, with all who ask there."""

    def to_dict(self) -> dict[str, object]:
        """For JSON output."""
        return {
            "cluster": self.cluster,
            "host": self.route.host,
            "match": self.route.match,
            "service": self.route.service,
            "weight_percent": self.route.weight_percent,
            "before": self.before,
            "after": self.after,
            "lost": self.is_lost,
        }


def answering(run: Run) -> dict[tuple[str, str], int | None]:
    """(cluster, Service that a route leads to) -> VMs that run there in the end and answer."""
    return {
        (cluster.name, route.service): _count(run, cluster, route.service)
        for cluster in run.case.fleet.clusters
        for route in cluster.routes
    }


def _count(run: Run, cluster: Cluster, service: str) -> int | None:
    known: dict[str, Service] = {
        f"{each.namespace}/{each.name}": each for each in cluster.services if each.kind == "Service"
    }
    found = known.get(service)
    if found is None:
        return None
    return sum(
        vm.status is VmStatus.RUNNING
        and vm.namespace == found.namespace
        and found.selector.matches(vm.pod.labels)
        for vm in run.vms_of(cluster.name)
    )


def route_outcomes(
    before: Run, after: Mapping[tuple[str, str], int | None], lost: tuple[str, ...]
) -> tuple[RouteOutcome, ...]:
    """Each way of each cluster."""
    first = answering(before)
    return tuple(
        RouteOutcome(
            cluster.name,
            route,
            first[cluster.name, route.service],
            None if cluster.name in lost else after[cluster.name, route.service],
            cluster.name in lost,
        )
        for cluster in before.case.fleet.clusters
        for route in cluster.routes
    )
