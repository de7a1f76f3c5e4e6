"""Clusters with an autoscaler, over months: what its loops cost."""

from __future__ import annotations

import time
from dataclasses import replace

from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, MachineTimes, NodeGroup
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.model.plan import Arrivals, Duration, Growth, Plan, Workload
from ove_capacity.model.resources import KVM, TUN, VHOST_NET
from ove_capacity.model.vm import Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Quantity
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS
from ove_capacity.testing.build import cluster, node

GIB = 1 << 30
NODES = 50
_LABELS = {"kubernetes.io/arch": "amd64", "kubevirt.io/schedulable": "true"}
_DEVICES = {KVM: 1000, TUN: 1000, VHOST_NET: 1000}


def _machine(name: str):
    extra = {**_DEVICES, "ephemeral-storage": 1 << 40}
    return node(name, 84, "512Gi", extra=extra, labels=_LABELS, pool="worker")


def _workload(name: str, count: int, **fields) -> Workload:
    asked = Resources({"cpu": Quantity.of(1)})
    spec = VmiSpec(Domain(memory=Memory(guest=Quantity.of(4 * GIB)), resources=asked))
    return Workload(name, Vmi(name, "vms", spec), count, "test", **fields)


def _case(most: int, *workloads: Workload, **plan) -> Case:
    nodes = [_machine(f"w{n}") for n in range(NODES)]
    autoscaling = Autoscaling(
        ClusterAutoscaler(),
        (NodeGroup("worker", 10, most),),
        {each.name: "worker" for each in nodes},
        {"worker": _machine("worker")},
        times=MachineTimes(),
    )
    scaled = replace(cluster(nodes), autoscaling=autoscaling)
    fleet = Fleet((scaled,), hub=HubObjects(binds_all=True))
    return Case("bench", fleet, Plan(workloads, **plan), seed=1)


def _timed(case: Case, until_ms: int) -> dict[str, float]:
    begun = time.process_time()
    run = simulate(case, until_ms=until_ms)
    cpu_s = time.process_time() - begun
    (group,) = run.scaling["test"].groups
    return {
        "cpu_s": round(cpu_s, 2),
        "vms": len(run.vms),
        "machines_made": group.machines_made,
        "nodes_end": group.nodes_end,
    }


def idle_year() -> dict[str, float]:
    """A year of 50 workers with two VMs each: nothing happens."""
    return _timed(_case(100, _workload("web", 2 * NODES)), 365 * DAY_MS)


def quarter_of_growth() -> dict[str, float]:
    """90 days of 50 full workers: 4,100 VMs, 5 more a day, and 5 a day that come and go."""
    web = _workload("web", 4100)
    batch = _workload("batch", 1, lifetime=Duration("exponential", 20 * DAY_MS))
    plan = {
        "arrivals": (Arrivals(batch, DAY_MS // 5),),
        "growths": (Growth(web, DAY_MS, vms=5),),
    }
    return _timed(_case(80, web, **plan), 90 * DAY_MS)
