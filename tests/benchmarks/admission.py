"""How many pinned VMs a second the kubelet's managers decide on."""

from __future__ import annotations

import time

from ove_capacity.kubelet import admit, pod_demand, release, start
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Machine, machine_of
from ove_capacity.model.topology import Topology
from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.quantity import Quantity

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


def _admissions(machine: Machine) -> dict[str, float]:
    config = KubeletConfig(
        cpu_manager_policy="static",
        memory_manager_policy="Static",
        topology_manager_policy="single-numa-node",
        cpu_manager_policy_options={"full-pcpus-only": "true"},
        reserved_system_cpus="0,64",
        reserved_memory=(ReservedMemory(0, {"memory": 2 * GIB}),),
    )
    kubelet, demand = start(machine, config), pod_demand(_launcher())
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
