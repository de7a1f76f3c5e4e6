"""Whatever comes and goes, no NUMA cell is promised twice."""

import random
from functools import reduce
from operator import or_

import pytest

from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import machine_of
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.topology import Topology
from ove_capacity.place import initial_state, place
from ove_capacity.quantity import Quantity
from ove_capacity.state.checkpoint import Checkpoint
from ove_capacity.state.claim import lose_node, release, restore_node
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node

GIB = 1 << 30
POLICIES = ("none", "best-effort", "restricted", "single-numa-node")


def machines(chance):
    """Up to six nodes of one or two kinds, and one that admits by its totals."""
    kinds = []
    for _ in range(chance.randint(1, 2)):
        topology = Topology(2, chance.choice((4, 8)), chance.choice((1, 2)), chance.choice((1, 2)))
        config = KubeletConfig(
            cpu_manager_policy="static",
            memory_manager_policy="Static",
            topology_manager_policy=chance.choice(POLICIES),
            topology_manager_scope=chance.choice(("container", "pod")),
            reserved_system_cpus="0",
            reserved_memory=(ReservedMemory(0, {"memory": GIB}),),
        )
        kinds.append((NodeKubelet(machine_of(topology, 64 * GIB, {"1Gi": 16}), config), topology))
    made = [node("totals", 16, "64Gi")]
    for i in range(chance.randint(2, 5)):
        kubelet, topology = chance.choice(kinds)
        pages = {"hugepages-1Gi": 16 * GIB}
        made.append(node(f"w{i}", topology.cpus - 1, "47Gi", extra=pages, kubelet=kubelet))
    return made


def vms(chance, count, first=0, priorities=(0, 1)):
    found = []
    for i in range(first, first + count):
        memory = f"{chance.randint(1, 12)}Gi"
        asked = {"cpu": Quantity.parse(chance.randint(1, 9)), "memory": Quantity.parse(memory)}
        if chance.random() < 0.4:
            asked["hugepages-1Gi"] = Quantity.parse(f"{chance.randint(1, 8)}Gi")
        limits = asked if chance.random() < 0.8 else {}
        spec = PodSpec(
            containers=(Container("c", asked, limits),), priority=chance.choice(priorities)
        )
        found.append(Pod(f"p{i}", spec))
    return found


def assert_cells_hold(state):
    """Exclusive CPUs are disjoint, no book is overdrawn, and who holds something stands there."""
    for n, now in enumerate(state.admitting.states):
        if now is None:
            continue
        kubelet = state.admitting.started[n]
        held = [each.cpus for each in now.pods.values()]
        assert reduce(or_, held, 0) == kubelet.cpus.shared & ~now.shared
        assert sum(map(int.bit_count, held)) == reduce(or_, held, 0).bit_count()
        assert all(free >= 0 for cell in now.memory for free in cell.free)
        assert {int(key) for key in now.pods} <= set(state.pods_on(n))
        if not now.pods:
            assert now.shared == kubelet.empty.shared


@pytest.mark.parametrize("seed", range(25))
def test_scheduler_and_kubelet_never_promise_a_cell_twice(seed):
    chance = random.Random(seed)
    state = initial_state(cluster(machines(chance)))
    live = []
    for turn in range(6):
        outcome = place(state, vms(chance, 12, 12 * turn), Policy(), insist=chance.random() < 0.5)
        gone = {each.pod.name for each in outcome.displaced}
        live = [each for each in (*live, *outcome.bound) if each.pod.name not in gone]
        told = (*outcome.bound, *outcome.refused, *outcome.turned_away, *outcome.displaced)
        assert {each.pod.name for each in told} >= {f"p{12 * turn + i}" for i in range(12)}
        for each in chance.sample(live, len(live) // 3):
            live.remove(each)
            release(state, each.row)
        if chance.random() < 0.5:
            n = chance.randrange(len(state.nodes))
            lost = set(lose_node(state, n))
            live = [each for each in live if each.row not in lost]
            restore_node(state, n)
        check(state)
        assert_cells_hold(state)


@pytest.mark.parametrize("seed", range(8))
def test_a_rewound_state_admits_as_a_copy_does(seed):
    chance = random.Random(seed)
    coming = vms(chance, 20)
    state = initial_state(cluster(machines(chance)), coming)
    place(state, coming[:10], Policy())
    copy, mark = state.copy(), Checkpoint(state)
    lose_node(state, 1)
    place(state, coming[10:], Policy())
    mark.rewind()
    outcomes = [place(each, coming[10:], Policy()) for each in (state, copy)]
    first, second = ([(p.pod.name, p.node) for p in each.bound] for each in outcomes)
    assert first == second
    assert len(outcomes[0].refused) == len(outcomes[1].refused)
    assert_cells_hold(state)


@pytest.mark.parametrize("seed", range(8))
def test_batches_admit_as_pods_one_by_one_do(seed):
    """Binding several before their kubelets are asked changes nothing, while nobody comes again."""
    chance = random.Random(seed)
    nodes, coming = machines(chance), vms(chance, 40, priorities=(0,))
    together, alone = (initial_state(cluster(nodes), coming) for _ in range(2))
    whole = place(together, coming, Policy(), insist=False)
    parts = [place(alone, [each], Policy(), insist=False) for each in coming]
    bound = [(each.pod.name, each.node) for part in parts for each in part.bound]
    assert [(each.pod.name, each.node) for each in whole.bound] == bound
    away = [each.pod.name for part in parts for each in part.turned_away]
    assert [each.pod.name for each in whole.turned_away] == away
