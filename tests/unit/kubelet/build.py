"""Small machines, kubelets and pods in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ove_capacity.kubelet.admit import Admission, admit
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.kubelet.hint import Hint
from ove_capacity.kubelet.node_state import Kubelet, NodeState, start
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.model.cpu_set import cpus_of
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Machine, machine_of
from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.model.topology import Topology
from ove_capacity.quantity import Quantity

GIB = 1 << 30


def machine(
    cells: int = 2,
    cores: int = 4,
    threads: int = 2,
    *,
    per_socket: int = 1,
    cpuless: int = 0,
    memory: int = 16,
    pages: Mapping[str, int] | None = None,
    devices: Mapping[str, Mapping[int, int]] | None = None,
    uncores: int = 1,
) -> Machine:
    """Cells of so many cores; the first threads are numbered first, as on most machines.

    *per_socket*: cells a socket; *cpuless*: further cells without cores; *memory*: GiB a cell;
    *uncores*: last-level caches a cell.
    """
    return machine_of(
        Topology(cells // per_socket, cores * per_socket, threads, per_socket),
        cells * memory * GIB,
        {size: cells * count for size, count in (pages or {}).items()},
        cpuless=(memory * GIB,) * cpuless,
        devices=devices,
        caches_per_cell=uncores,
    )


def kubelet(
    policy: str = "single-numa-node",
    on: Machine | None = None,
    *,
    scope: str = "container",
    reserved: str = "0",
    options: tuple[str, ...] = (),
    drift: bool = True,
    rules: KubeletRules = LATEST,
    **fields: Any,
) -> Kubelet:
    """Static CPU and memory managers; 1 GiB of cell 0 and CPU 0 are reserved."""
    config = KubeletConfig(
        cpu_manager_policy=fields.pop("cpu", "static"),
        memory_manager_policy=fields.pop("memory", "Static"),
        topology_manager_policy=policy,
        topology_manager_scope=scope,
        cpu_manager_policy_options=dict.fromkeys(options, "true"),
        reserved_system_cpus=reserved,
        reserved_memory=(ReservedMemory(0, {"memory": GIB}),),
        **fields,
    )
    return start(on or machine(), config, rules=rules, drift=drift)


def container(
    name: str = "c",
    cpu: str | int = 1,
    memory: str = "1Gi",
    *,
    sidecar: bool = False,
    **more: str | int,
) -> Container:
    """Requests equal limits; other resources by name, ``_`` for what no identifier may hold."""
    asked = {"cpu": Quantity.parse(cpu), "memory": Quantity.parse(memory)}
    names = {"gpu": "nvidia.com/gpu", "huge": "hugepages-1Gi"}
    asked |= {names[key]: Quantity.parse(amount) for key, amount in more.items()}
    return Container(name, asked, asked, restart_always=sidecar)


def pod(*containers: Container, init: tuple[Container, ...] = ()) -> PodSpec:
    """A Guaranteed pod."""
    return PodSpec(containers=containers or (container(),), init_containers=init)


def let_in(on: Kubelet, *pods: PodSpec, state: NodeState | None = None) -> Admission:
    """Admit pods named p0, p1 … one after another; the verdict on the last."""
    state = state or on.empty
    first = len(state.pods)
    for number, spec in enumerate(pods, first):
        last = admit(on, state, f"p{number}", pod_demand(spec))
        state = last.state
    return last


def text_of(hint: Hint) -> str:
    """``0,1*``: cells, with a star when preferred."""
    cells = "any" if hint.cells is None else ",".join(map(str, cpus_of(hint.cells)))
    return cells + ("*" if hint.preferred else "")
