"""One Placement over thousands of clusters: how long the hub's controller would take here."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace

from ove_capacity.model.managed_cluster import (
    ClusterTaint,
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
    PlacementDecision,
)
from ove_capacity.model.placement import ClusterSelector, Placement, PrioritizerWeight
from ove_capacity.model.pod import Toleration
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.ocm import Decisions, Hub, Inventory, sync

CLUSTERS = 5000
SYNCS = 200
_SET = "cluster.open-cluster-management.io/clusterset"
_GONE = "cluster.open-cluster-management.io/unreachable"
_WEIGHTS = ("Steady", "ResourceAllocatableCPU", "ResourceAllocatableMemory")


def _cluster(number: int, rng: random.Random) -> ManagedCluster:
    size = {"cpu": rng.randrange(8, 400) * 1000, "memory": rng.randrange(8, 2000) << 30}
    taints = (ClusterTaint(_GONE, added_ms=rng.randrange(600_000)),) if rng.random() < 0.05 else ()
    labels = {_SET: "fleet", "region": rng.choice("abc")}
    return ManagedCluster(f"c{number:05}", labels, size, size, taints)


def _hub(rng: random.Random) -> Hub:
    clusters = [_cluster(number, rng) for number in range(CLUSTERS)]
    names = [cluster.name for cluster in clusters]
    others = (
        PlacementDecision(f"o{n}-decision-1", "x", f"o{n}", clusters=tuple(rng.sample(names, 20)))
        for n in range(50)
    )
    binding = ManagedClusterSetBinding("fleet", "ns")
    return Hub(Inventory(clusters), (ManagedClusterSet("fleet"),), (binding,), Decisions(others))


def _region(name: str) -> ClusterSelector:
    return ClusterSelector(LabelSelector((Requirement("region", "In", (name,)),)))


def five_thousand_clusters() -> dict[str, float]:
    """Syncs, each after one cluster has grown; the first one reads every cluster.

    Two predicates, a timed toleration, five prioritizers; ten clusters are wanted, and all of them.
    """
    asked = Placement(
        "p",
        "ns",
        10,
        (_region("a"), _region("b")),
        prioritizers=tuple(PrioritizerWeight(name) for name in _WEIGHTS),
        tolerations=(Toleration(_GONE, "Exists", seconds=300),),
    )
    first_ms, median_ms = _timed(asked)
    _, all_ms = _timed(replace(asked, number_of_clusters=None))
    return {
        "clusters": CLUSTERS,
        "first_cpu_ms": round(first_ms, 1),
        "ten_wanted_cpu_ms": round(median_ms, 2),
        "all_wanted_cpu_ms": round(all_ms, 2),
    }


def _timed(asked: Placement) -> tuple[float, float]:
    """CPU milliseconds of the first sync, and the median of those that follow."""
    rng = random.Random(1)
    hub, figures = _hub(rng), []
    for number in range(SYNCS + 1):
        old = hub.inventory.clusters[number]
        size = {**old.allocatable, "cpu": old.allocatable["cpu"] + 1000}
        started = time.process_time()
        grown = hub.inventory.replaced(replace(old, allocatable=size))
        hub = sync(replace(hub, inventory=grown), asked, 600_000 + number).hub
        figures.append((time.process_time() - started) * 1000)
    return figures[0], statistics.median(figures[1:])
