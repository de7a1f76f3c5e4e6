"""Clusters with an autoscaler, over months: what its loops cost."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count, islice

from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.kubevirt.node_labels import virtualization_labels
from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, MachineTimes, NodeGroup
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.model.node import Node
from ove_capacity.model.plan import Arrivals, Duration, Growth, Plan, Workload
from ove_capacity.model.pod import Pod
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import KVM, TUN, VHOST_NET, amounts
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.openshift.autoscaler.loop import LoopMemory, Moment, run_once
from ove_capacity.openshift.autoscaler.options import options_of
from ove_capacity.openshift.autoscaler.scale_up import scale_up
from ove_capacity.openshift.autoscaler.simulation import simulation_of
from ove_capacity.openshift.autoscaler.view import ClusterView, GroupState
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from ove_capacity.testing.build import cluster, node

GIB = 1 << 30
NODES = 50
_LABELS = {"kubernetes.io/arch": "amd64", "kubevirt.io/schedulable": "true"}
_DEVICES = {KVM: 1000, TUN: 1000, VHOST_NET: 1000}


def _machine(name: str, pool: str = "worker", labels: Mapping[str, str] = _LABELS) -> Node:
    extra = {**_DEVICES, "ephemeral-storage": 1 << 40}
    return node(name, 84, "512Gi", extra=extra, labels=labels, pool=pool)


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


# -- one decision ----------------------------------------------------------------------------------

GROUPS, LARGE, PENDING = 5, 500, 1000
_ROUNDS = 9
_SHAPES = ((4, 16), (1, 4), (2, 8), (2, 16), (4, 32), (8, 64))
"""CPUs and GiB of VMs."""


def _launchers(name: str, shapes: int, rng: random.Random) -> Iterator[Pod]:
    """Pods of VMs without end; every VM is an owner of its own."""
    rules = release("4.20").kubevirt_rules
    specs = []
    for cpus, gib in _SHAPES[:shapes]:
        asked = Resources({"cpu": Quantity.of(cpus)})
        specs.append(VmiSpec(Domain(memory=Memory(guest=Quantity.of(gib * GIB)), resources=asked)))
    for number in count():
        vmi = Vmi(f"{name}-{number}", "vms", rng.choice(specs))
        yield replace(launcher_pod(vmi, KubeVirt(), rules), created_ms=-HOUR_MS)


def _filled(pods: Iterator[Pod], machine: Node) -> Iterator[Pod]:
    """Pods until the next one finds no room on the machine."""
    left = dict(machine.allocatable)
    for pod in pods:
        asked = amounts(pod_requests(pod.spec))
        left = {name: left[name] - asked.get(name, 0) for name in left}
        if min(left.values()) < 0:
            return
        yield pod


def _moment(shapes: int) -> Moment:
    """500 full nodes in five groups that may double; 1,000 VMs wait, of so many shapes."""
    rng = random.Random(1)
    pools = [f"pool-{g}" for g in range(GROUPS)]
    labels = virtualization_labels(release("4.20").kubevirt_rules) | _LABELS
    nodes = [_machine(f"w{n}", pools[n % GROUPS], labels) for n in range(LARGE)]
    held = _launchers("held", shapes, rng)
    running = [(pod, each.name) for each in nodes for pod in _filled(held, each)]
    size = LARGE // GROUPS
    groups = tuple(GroupState(NodeGroup(pool, 1, 2 * size), size) for pool in pools)
    view = ClusterView(tuple(nodes), groups, {each.name: each.pool for each in nodes})
    there = cluster(nodes, release=release("4.20"))
    pending = tuple(islice(_launchers("new", shapes, rng), PENDING))
    return Moment(0, there, view, tuple(running), pending)


def decision() -> dict[str, float]:
    """One loop for 1,000 VMs that wait, of one shape or of six; its scale-up alone."""
    found: dict[str, float] = {}
    options = options_of(ClusterAutoscaler(), release("4.20").openshift)
    for shapes in (1, len(_SHAPES)):
        moment = _moment(shapes)
        whole, growing = [], []
        for _ in range(_ROUNDS):
            there = (moment.cluster, moment.view, moment.running, moment.pending)
            simulation = simulation_of(*there, options)
            begun = time.process_time()
            decided = scale_up(simulation, options, now_ms=0)
            growing.append(time.process_time() - begun)
            assert decided.increases
            begun = time.process_time()
            run_once(moment, LoopMemory(), options)
            whole.append(time.process_time() - begun)
        name = f"{shapes}_shapes"
        found[f"{name}_running_vms"] = len(moment.running)
        found[f"{name}_scale_up_cpu_ms"] = round(statistics.median(growing) * 1000, 1)
        found[f"{name}_loop_cpu_ms"] = round(statistics.median(whole) * 1000, 1)
    return found
