"""Random pods come and go on odd little machines; a kubelet written twice decides each time."""

from __future__ import annotations

import random
import re
from math import ceil

import pytest

from ove_capacity.kubelet import admit, pod_demand, release, start
from ove_capacity.kubelet.cpu_assignment import NotEnoughCpus, take_packed
from ove_capacity.kubelet.cpu_distribution import take_distributed
from ove_capacity.kubelet.cpu_topology import cpu_topology
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import cpus_of, mask_of
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Core, Machine, NumaCell
from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.quantity import Quantity
from tests.properties.plain_asks import Asks
from tests.properties.plain_cpus import Cpus, Short, Thread
from tests.properties.plain_kubelet import PlainNode, Refused, Setup

GIB = 1 << 30
GPU, NIC = "nvidia.com/gpu", "openshift.io/vf"
POLICIES = ("none", "best-effort", "restricted", "single-numa-node")
TOGETHER = (
    (),
    ("full-pcpus-only",),
    ("full-pcpus-only", "strict-cpu-reservation"),
    ("full-pcpus-only", "distribute-cpus-across-numa"),
    ("distribute-cpus-across-numa",),
    ("align-by-socket",),
    ("align-by-socket", "full-pcpus-only"),
    ("distribute-cpus-across-cores",),
    ("distribute-cpus-across-cores", "align-by-socket", "strict-cpu-reservation"),
    ("prefer-align-cpus-by-uncorecache",),
    ("prefer-align-cpus-by-uncorecache", "full-pcpus-only"),
    ("prefer-align-cpus-by-uncorecache", "strict-cpu-reservation", "align-by-socket"),
)


def drawn_machine(draw: random.Random) -> Machine:
    """Up to four cells: uneven, without CPUs, of several sockets, numbered in any order."""
    with_cpus = draw.choice([1, 2, 2, 2, 3, 4])
    per_socket = draw.choice([1, 1, 2])
    spans = draw.random() < 0.15
    threads = draw.choice([1, 2, 2, 2, 4])
    halves = threads > 1 and draw.random() < 0.05
    even = draw.choice([2, 3, 4])
    sizes = [even if draw.random() < 0.8 else draw.randint(1, 5) for _ in range(with_cpus)]
    total = sum(sizes)
    ids = list(range(total * threads))
    if draw.random() < 0.3:
        draw.shuffle(ids)
    caches, cells, core = draw.choice([0, 1, 2]), [], 0
    count = with_cpus + (draw.random() < 0.2 if with_cpus < 4 else 0)
    for cell in range(count):
        own = []
        for place in range(sizes[cell] if cell < with_cpus else 0):
            count_here = threads - (halves and draw.random() < 0.3)
            cpus = tuple(sorted(ids[core + thread * total] for thread in range(count_here)))
            socket = cell * 2 + place % 2 if spans else cell // per_socket
            cache = cell * 8 + place * caches // sizes[cell] if caches else None
            own.append(Core(cpus, socket, cache))
            core += 1
        row = tuple(10 if other == cell else 11 + 10 * abs(other - cell) for other in range(count))
        gib, pages = draw.choice([8, 12, 16]), draw.choice([0, 2, 4])
        cells.append(NumaCell(cell, tuple(own), gib * GIB, {"1Gi": pages}, row))
    places = {GPU: {c: draw.randint(0, 2) for c in range(count)}, NIC: {-1: 3}}
    return Machine(tuple(cells), places if draw.random() < 0.5 else {})


def drawn_config(draw: random.Random, machine: Machine, known: tuple[str, ...]) -> KubeletConfig:
    cpus = sorted(cpu for cell in machine.cells for core in cell.cores for cpu in core.threads)
    options = [name for name in draw.choice(TOGETHER) if name in known]
    topology = {}
    if draw.random() < 0.3 and "prefer-closest-numa-nodes" in known:
        topology["prefer-closest-numa-nodes"] = "true"
    listed = draw.sample(cpus, draw.randint(1, min(3, len(cpus))))
    kept = draw.sample(range(len(machine.cells)), draw.randint(1, len(machine.cells)))
    return KubeletConfig(
        cpu_manager_policy="static" if draw.random() < 0.9 else "none",
        memory_manager_policy=draw.choice(["Static", "Static", "Static", "None"]),
        topology_manager_policy=draw.choice(POLICIES),
        topology_manager_scope=draw.choice(["container", "pod"]),
        cpu_manager_policy_options=dict.fromkeys(options, "true"),
        topology_manager_policy_options=topology,
        reserved_system_cpus=",".join(map(str, listed)) if draw.random() < 0.8 else "",
        workload_partitioning=draw.random() < 0.1,
        reserved_memory=tuple(
            ReservedMemory(cell, {"memory": draw.choice([1, 2]) * GIB}) for cell in sorted(kept)
        ),
    )


def setup_of(machine: Machine, config: KubeletConfig, minor: int, reserved_milli: int = 0) -> Setup:
    """The same in plain words; CPUs are reserved by number where the list is empty."""
    kept = {entry.cell: entry.limits for entry in config.reserved_memory}
    totals = []
    for cell in machine.cells:
        huge = cell.hugepages["1Gi"] * GIB
        own = cell.memory_bytes - kept.get(cell.number, {}).get("memory", 0) - huge
        totals.append({"hugepages-1Gi": huge, "memory": own})
    closest = "prefer-closest-numa-nodes" in config.topology_manager_policy_options
    threads = [
        Thread(
            cpu,
            min(core.threads),
            core.socket,
            cell.number,
            core.socket if core.uncore is None else core.uncore,
        )
        for cell in machine.cells
        for core in cell.cores
        for cpu in core.threads
    ]
    options = set(config.cpu_manager_policy_options)
    reserved = {int(cpu) for cpu in config.reserved_system_cpus.split(",") if cpu}
    if not reserved and config.cpu_manager_policy == "static":
        every = Cpus(threads, options, minor >= 33)
        reserved = every.take(every.all, ceil(reserved_milli / 1000))
    if config.workload_partitioning:
        options.add("strict-cpu-reservation")  # the same to the shared pool
    return Setup(
        threads,
        totals,
        config.topology_manager_policy,
        config.topology_manager_scope if config.topology_manager_policy != "none" else "none",
        options,
        reserved,
        [list(cell.distances) for cell in machine.cells] if closest else None,
        {name: dict(places) for name, places in machine.devices.items()},
        config.cpu_manager_policy == "static",
        config.memory_manager_policy == "Static",
        minor >= 33,
        minor < 35,
        minor < 32,
    )


def drawn_pod(draw: random.Random, devices: bool) -> tuple[list[Asks], PodSpec]:
    """The same pod in both forms; one in ten is Burstable."""
    kinds = ["init"] * draw.choice([0, 0, 0, 1, 2]) + ["sidecar"] * draw.choice([0, 0, 1])
    draw.shuffle(kinds)
    kinds += ["app"] * draw.choice([1, 1, 1, 2])
    guaranteed = draw.random() < 0.9
    asks, containers = [], []
    for place, kind in enumerate(kinds):
        cpu = draw.choice(["500m", "1", "2", "2", "3", "4", "4", "6", "8", "9"])
        memory = {
            "memory": draw.choice([0, 1, 1, 2, 3, 6, 9, 14]) * GIB + draw.choice([0, 1 << 20])
        }
        memory["memory"] = memory["memory"] or 1
        if draw.random() < 0.25:
            memory["hugepages-1Gi"] = draw.choice([0, 1, 2, 3, 5]) * GIB
        wanted = {GPU: draw.randint(1, 2)} if devices and draw.random() < 0.3 else {}
        if devices and draw.random() < 0.2:
            wanted[NIC] = 1
        name = f"{kind}{place}"
        asks.append(Asks(name, kind, 0 if cpu == "500m" else int(cpu), memory, wanted))
        limits = {"cpu": Quantity.parse(cpu)}
        limits |= {n: Quantity.parse(amount) for n, amount in {**memory, **wanted}.items()}
        requests = dict(limits) if guaranteed else limits | {"cpu": Quantity.parse("100m")}
        containers.append(Container(name, requests, limits, restart_always=kind == "sidecar"))
    first = sum(kind != "app" for kind in kinds)
    return asks, PodSpec(
        init_containers=tuple(containers[:first]), containers=tuple(containers[first:])
    )


def ours(kubelet, admission):
    """What the package said, in the plain words."""
    if admission.refusal is not None:
        return admission.refusal.reason, admission.refusal.message
    names = kubelet.memory.resources if kubelet.memory else ()
    return [
        (
            each.name,
            None
            if each.hint is None
            else (each.hint.cells and frozenset(cpus_of(each.hint.cells)), each.hint.preferred),
            set(cpus_of(each.cpus)),
            [[frozenset(cpus_of(b.cells)), names[b.resource], b.bytes] for b in each.blocks],
            {n: {c: k for c, k in places.items() if k} for n, places in each.devices.items()},
        )
        for each in admission.containers
    ]


def theirs(node: PlainNode, name: str, asks: list[Asks], guaranteed: bool):
    try:
        told = node.admit(name, asks, guaranteed)
    except Refused as refused:
        return refused.args
    return [
        (
            each.name,
            told[each.name]["hint"],
            told[each.name]["cpus"],
            told[each.name]["blocks"],
            {n: counted(taken) for n, taken in told[each.name]["devices"].items()},
        )
        for each in asks
    ]


def counted(taken) -> dict[int, int]:
    cells = sorted(cell for cell, _ in taken)
    return {cell: cells.count(cell) for cell in cells}


def books(kubelet, state):
    free = {n: {c: k for c, k in sorted(p.items()) if k} for n, p in state.devices.items()}
    memory = [
        (frozenset(cpus_of(cell.group)), cell.assignments, cell.free) for cell in state.memory
    ]
    return set(cpus_of(state.shared)) if kubelet.cpus else None, memory, free


def plain_books(node: PlainNode):
    free = {name: counted(left) for name, left in node.devices.items()}
    amounts = [tuple(n for _, n in sorted(cell.items())) for cell in node.free]
    memory = list(zip(node.group, node.uses, amounts, strict=True))
    return (
        node.shared if node.on.static_cpus else None,
        memory if node.on.static_memory else [],
        free,
    )


def play(seed: int, steps: int = 40) -> list[str]:
    """One node's life; the reasons that were given."""
    draw = random.Random(f"again-{seed}")
    minor = draw.choice([27, 29, 31, 32, 33, 34, 35, 36, 36, 36])
    rules = kubelet_rules(f"1.{minor}")
    machine = drawn_machine(draw)
    config = drawn_config(draw, machine, rules.options)
    milli = draw.choice([500, 1000, 1500, 2000, 3000])
    try:
        kubelet = start(machine, config, {"cpu": milli}, rules=rules)
    except StartError:
        return ["start"]
    state, node, reasons = kubelet.empty, PlainNode(setup_of(machine, config, minor, milli)), []
    for number in range(steps):
        if node.pods and draw.random() < 0.35:
            name = draw.choice(sorted(node.pods))
            state = release(kubelet, state, name)
            node.remove(name)
        else:
            name = f"p{number}"
            asks, spec = drawn_pod(draw, bool(machine.devices))
            demand = pod_demand(spec)
            admission = admit(kubelet, state, name, demand)
            state = admission.state
            said = ours(kubelet, admission)
            assert said == theirs(node, name, asks, demand.qos == "Guaranteed"), (seed, number)
            reasons.append(said[0] if isinstance(said, tuple) else "admitted")
        assert books(kubelet, state) == plain_books(node), (seed, number)
    return reasons


def choose(seed: int, times: int = 20) -> None:
    """CPUs out of what happens to be free, without anything else about them."""
    draw = random.Random(f"choose-{seed}")
    machine = drawn_machine(draw)
    options = set(draw.choice(TOGETHER))
    config = KubeletConfig(reserved_system_cpus="0")
    topology = cpu_topology(machine)
    plain = Cpus(setup_of(machine, config, 36).threads, options, draw.random() < 0.7)
    for _ in range(times):
        share = draw.random()
        free = {cpu for cpu in plain.all if draw.random() < share}
        need = draw.randint(1, len(plain.all))
        mask = mask_of(free)
        try:
            if "distribute-cpus-across-numa" in options:
                group = topology.cpus_per_core if "full-pcpus-only" in options else 1
                found = take_distributed(topology, mask, need, group)
            else:
                by_uncore = "prefer-align-cpus-by-uncorecache" in options
                spread = "distribute-cpus-across-cores" in options
                found = take_packed(
                    topology,
                    mask,
                    need,
                    by_uncore=by_uncore,
                    odd_parts=plain.odd,
                    spread=spread,
                )
        except NotEnoughCpus as error:
            with pytest.raises(Short, match=re.escape(str(error))):
                plain.take(free, need)
        else:
            assert set(cpus_of(found)) == plain.take(free, need), (seed, sorted(free), need)


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_both_kubelets_say_and_keep_the_same(first):
    for seed in range(first, first + 20):
        play(seed)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_both_choose_the_same_cpus(first):
    for seed in range(first, first + 50):
        choose(seed)


@pytest.mark.verification
def test_a_hundred_thousand_admissions_are_the_same():
    reasons = [reason for seed in range(1000, 5000) for reason in play(seed)]
    assert len(reasons) > 90_000
    for seed in range(1000, 5000):
        choose(seed)
