"""How many pinned VMs a second the kubelet's managers decide on, and what others pay for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from ove_capacity.kubelet import admit, pod_demand, release, start
from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import Machine, machine_of
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.topology import Topology
from ove_capacity.place import initial_state, place
from ove_capacity.place.outcome import Placed
from ove_capacity.place.standing import scheduler_of
from ove_capacity.quantity import Quantity
from ove_capacity.state.claim import record_bound
from ove_capacity.state.cluster_state import ClusterState
from ove_capacity.testing.build import cluster, node

GIB = 1 << 30
ADMISSIONS = 4000
LIVE = 12
"""VMs on the node at most: so many that the next one is sometimes refused."""


def _launcher() -> PodSpec:
    """Eight CPUs and eight pages of 1Gi, beside them the sidecar for the console's log."""
    vm = {"cpu": "8", "memory": "1Gi", "hugepages-1Gi": "8Gi"}
    log = {"cpu": "15m", "memory": "60M"}
    vm_asks, log_asks = (
        {name: Quantity.parse(text) for name, text in each.items()} for each in (vm, log)
    )
    return PodSpec(
        containers=(Container("compute", vm_asks, vm_asks),),
        init_containers=(Container("guest-console-log", log_asks, log_asks, restart_always=True),),
    )


CONFIG = KubeletConfig(
    cpu_manager_policy="static",
    memory_manager_policy="Static",
    topology_manager_policy="single-numa-node",
    cpu_manager_policy_options={"full-pcpus-only": "true"},
    reserved_system_cpus="0,64",
    reserved_memory=(ReservedMemory(0, {"memory": 2 * GIB}),),
)


def _admissions(machine: Machine) -> dict[str, float]:
    kubelet, demand = start(machine, CONFIG), pod_demand(_launcher())
    state, live = kubelet.empty, []
    begun = time.process_time()
    for number in range(ADMISSIONS):
        admission = admit(kubelet, state, str(number), demand)
        state = admission.state
        if admission.refusal is None:
            live.append(str(number))
        if len(live) > LIVE or admission.refusal is not None:
            state = release(kubelet, state, live.pop(number % len(live)))
    cpu_s = time.process_time() - begun
    return {"admissions": ADMISSIONS, "per_cpu_s": round(ADMISSIONS / cpu_s)}


def two_cells() -> dict[str, float]:
    """Two sockets of 32 cores and 64 threads."""
    return _admissions(machine_of(Topology(2, 32, 2), 512 * GIB, {"1Gi": 256}))


def eight_cells() -> dict[str, float]:
    """Two sockets of four cells each, 128 threads in all."""
    topology = Topology(2, 32, 2, cells_per_socket=4)
    return _admissions(machine_of(topology, 512 * GIB, {"1Gi": 256}))


def relay() -> dict[str, float]:
    """1,400 such VMs scheduled, bound and admitted on 100 nodes, which they fill."""
    kubelet = NodeKubelet(machine_of(Topology(2, 32, 2), 512 * GIB, {"1Gi": 256}), CONFIG)
    pages = {"hugepages-1Gi": 256 * GIB}
    nodes = [node(f"w{i}", 126, "253Gi", extra=pages, kubelet=kubelet) for i in range(100)]
    spec = _launcher()
    pods = [Pod(f"p{i}", spec) for i in range(1400)]
    state = initial_state(cluster(nodes), pods[:1])
    begun = time.process_time()
    outcome = place(state, pods, Policy())
    cpu_s = time.process_time() - begun
    return {"bound": len(outcome.bound), "per_cpu_s": round(len(pods) / cpu_s)}


def unpinned_against_totals() -> dict[str, float]:
    """20,000 VMs that are not pinned: where kubelets admit by cell, and where totals are all."""
    asks = {"cpu": Quantity.parse("800m"), "memory": Quantity.parse("8Gi")}
    spec = PodSpec(containers=(Container("compute", asks),))
    pods = [Pod(f"p{i}", spec) for i in range(20_000)]
    kubelet = NodeKubelet(machine_of(Topology(2, 32, 2), 512 * GIB, {"1Gi": 256}), CONFIG)

    def seconds(own: NodeKubelet | None) -> float:
        nodes = [node(f"w{i}", 126, "253Gi", kubelet=own) for i in range(800)]
        state = initial_state(cluster(nodes), pods[:1])
        begun = time.process_time()
        assert len(place(state, pods, Policy()).bound) == len(pods)
        return time.process_time() - begun

    seconds(None)
    pairs = [(seconds(None), seconds(kubelet)) for _ in range(7)]
    totals_s, cells_s = (min(each) for each in zip(*pairs, strict=True))
    return {
        "totals_s": round(totals_s, 3),
        "cells_s": round(cells_s, 3),
        "ratio": round(cells_s / totals_s, 2),
    }


def _scheduled(state: ClusterState, pods: list[Pod]) -> list[Placed]:
    """Bound as the scheduler says, with nobody after it."""
    scheduler = scheduler_of(state)
    classes = np.array(scheduler.classify(state, pods), np.int64)
    rows = state.add_many(pods, classes)
    chosen, done = scheduler.schedule(state, classes, np.zeros(len(pods)), Policy())
    record_bound(state, rows[:done], chosen[:done])
    names = [node.name for node in state.nodes]
    found = zip(pods, rows.tolist(), chosen.tolist(), strict=True)
    return [Placed(pod, row, names[n]) for pod, row, n in found]


def relay_against_scheduler() -> dict[str, float]:
    """20,000 VMs on 800 nodes without policies: by the relay, and by its scheduler alone."""
    asks = {"cpu": Quantity.parse("800m"), "memory": Quantity.parse("8Gi")}
    spec = PodSpec(containers=(Container("compute", asks),))
    pods = [Pod(f"p{i}", spec) for i in range(20_000)]
    state = initial_state(cluster([node(f"w{i}", 126, "253Gi") for i in range(800)]), pods[:1])
    copies = state.copy(), state.copy()
    placed = place(copies[0], pods, Policy()).bound
    assert list(placed) == _scheduled(copies[1], pods), "the relay decides by its scheduler"

    def seconds(bring: Callable[[ClusterState], object]) -> float:
        trial = state.copy()
        begun = time.process_time()
        bring(trial)
        return time.process_time() - begun

    pairs = [
        (
            seconds(lambda trial: _scheduled(trial, pods)),
            seconds(lambda trial: place(trial, pods, Policy())),
        )
        for _ in range(25)
    ]
    return {
        "scheduler_s": round(min(alone for alone, _ in pairs), 4),
        "relay_s": round(min(both for _, both in pairs), 4),
        "ratio": round(median(both / alone for alone, both in pairs), 2),
    }
