"""Fifty policies of a Placement through a hundred years of six clusters."""

from __future__ import annotations

import time

from ove_capacity.analysis.study.study import placement_study
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.model.placement import Placement, PrioritizerWeight
from ove_capacity.model.plan import Plan, Workload
from ove_capacity.model.resources import KVM, TUN, VHOST_NET
from ove_capacity.model.vm import Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Quantity
from ove_capacity.testing import build

_GIB = 1 << 30
_DEVICES = {KVM: 1000, TUN: 1000, VHOST_NET: 1000}
_LABELS = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}


def _cluster(number: int) -> Cluster:
    workers = 8 + number % 3
    nodes = [
        build.node(f"c{number}-w{i}", 32, "128Gi", labels=_LABELS, extra=_DEVICES)
        for i in range(workers)
    ]
    return build.cluster(nodes, name=f"c{number}")


def _workload(name: str, memory_gib: int, count: int, **where: str) -> Workload:
    memory = Memory(guest=Quantity.of(memory_gib * _GIB))
    spec = VmiSpec(Domain(memory=memory, resources=Resources({"cpu": Quantity.of(1)})))
    return Workload(name, Vmi(name, "vms", spec), count, **where)


def six_clusters() -> Case:
    """Two of them are wanted; each runs databases of its own."""
    size = (PrioritizerWeight("Steady"), PrioritizerWeight("ResourceAllocatableCPU"))
    placement = Placement("p", "vms", 2, prioritizers=size)
    clusters = tuple(_cluster(number) for number in range(6))
    own = [_workload(f"db-{each.name}", 30, 7, cluster=each.name) for each in clusters]
    plan = Plan((*own, _workload("web", 8, 60, placement="p")))
    return Case("six", Fleet(clusters, (placement,), HubObjects(binds_all=True)), plan, seed=7)


def fifty_policies(years: int = 100) -> dict[str, float]:
    """The default grid; what it takes in all, and for a policy and year."""
    started = time.process_time()
    found = placement_study(six_clusters(), years=years)
    spent = time.process_time() - started
    policies = sum(1 + len(each.alike) for each in found.scores)
    return {
        "policies": policies,
        "years": years,
        "cpu_s": round(spent, 1),
        "policy_year_cpu_ms": round(1000 * spent / policies / years, 2),
    }
