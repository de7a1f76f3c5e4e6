"""Many pods through one kernel fare as pod after pod: victims, kubelets' refusals, rows and all."""

import random

import numpy as np
import pytest

from ove_capacity.kubelet.node_state import PodHolding
from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import machine_of
from ove_capacity.model.pod import Affinity, Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.topology import Topology
from ove_capacity.place import initial_state, place, runs_at_once, scheduler_of, unplaced
from ove_capacity.quantity import Quantity
from ove_capacity.state.checkpoint import Checkpoint
from ove_capacity.state.claim import lose_node
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, term

GIB = 1 << 30


def workers(rng):
    """Nodes of two cells; some of their kubelets look at them."""
    machine = machine_of(Topology(2, 8, 2), 128 * GIB)
    kubelets = [
        NodeKubelet(
            machine,
            KubeletConfig(
                cpu_manager_policy="static",
                memory_manager_policy=rng.choice(["None", "Static"]),
                topology_manager_policy=policy,
                reserved_system_cpus="0",
                reserved_memory=(ReservedMemory(0, {"memory": GIB}),),
            ),
        )
        for policy in ("single-numa-node", "restricted", "best-effort")
    ]
    mostly = [*kubelets, kubelets[0], kubelets[0], None]
    return [
        node(f"w{n}", 31, "127Gi", kubelet=rng.choice(mostly)) for n in range(rng.randint(1, 5))
    ]


def drawn_pod(rng, name, **fields):
    cpus, memory = rng.choice([(2, 4), (4, 8), (6, 20), (9, 10), (12, 30), (20, 40)])
    asked = {"cpu": Quantity.of(cpus), "memory": Quantity.of(memory * GIB)}
    limits = asked if rng.random() < 0.7 else {}
    labels = {"app": rng.choice("ab")}
    if rng.random() < 0.1:
        away = term("kubernetes.io/hostname", app=labels["app"])
        fields["affinity"] = Affinity(anti_required=(away,))
    priority = rng.randint(0, 3)
    spec = PodSpec(containers=(Container("c", asked, limits),), priority=priority, **fields)
    return Pod(name, spec, labels=labels)


def drawn(seed):
    """(state, pods that come, how ties are broken); first what stands there found its node."""
    rng = random.Random(f"at-once-{seed}")
    policy = Policy(tie=rng.choice(["first", "random"]))
    state = initial_state(cluster(workers(rng)))
    standing = [drawn_pod(rng, f"e{i}") for i in range(rng.randint(0, 16))]
    shapes = [drawn_pod(rng, "shape") for _ in range(4)]
    coming = [
        Pod(f"p{i}", shape.spec, labels=shape.labels)
        for i in range(rng.randint(1, 24))
        for shape in (rng.choice(shapes),)
    ]
    place(state, standing, policy, np.random.default_rng(seed))
    return state, coming, policy


def told(outcome):
    displaced = [(each.pod.name, each.node, each.by) for each in outcome.displaced]
    return [each.pod.name for each in outcome.refused], displaced


@pytest.mark.parametrize("form", ["plain", "compiled"])
@pytest.mark.parametrize("seed", range(60))
def test_pods_fare_alike_again_and_again(seed, form, monkeypatch):
    """What was remembered of nodes before a rewind is no less true after it."""
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", form)
    state, coming, policy = drawn(seed)
    scheduler_of(state).classify(state, coming)
    untouched, start = state.copy(), Checkpoint(state)
    assert runs_at_once(state)
    for turn in range(3):
        other = untouched.copy()
        lost = (seed + turn) % (len(state.nodes) + 1)
        if lost < len(state.nodes):
            pods = [state.pod(row) for row in lose_node(state, lost)]
            lose_node(other, lost)
        else:
            pods = coming[turn:]
        while pods:
            pods = fare_alike(state, other, pods, policy, seed)
        start.rewind()


def fare_alike(state, other, pods, policy, seed):
    """Both states meet these pods, each in its way; who had to go."""
    classes = np.array(scheduler_of(state).classify(state, pods), np.int64)
    found = unplaced(state, pods, classes, policy, np.random.default_rng(seed))
    expected = place(other, pods, policy, np.random.default_rng(seed))
    check(state)
    assert told(found) == told(expected)
    assert found.searches <= expected.searches
    assert state.book() == other.book()
    rows = len(state.pods)
    assert state.pod_node[:rows].tolist() == other.pod_node[:rows].tolist()
    assert books(state) == books(other)
    return [each.pod for each in expected.displaced]


@pytest.mark.parametrize("seed", range(20))
def test_sentences_are_those_of_pod_after_pod(seed):
    state, coming, policy = drawn(seed)
    classes = np.array(scheduler_of(state).classify(state, coming), np.int64)
    other = state.copy()
    rng = np.random.default_rng
    found = unplaced(state, coming, classes, policy, rng(seed), explain=True)
    expected = place(other, coming, policy, rng(seed))
    assert [(e.pod.name, e.message, e.rejections) for e in found.refused] == [
        (e.pod.name, e.message, e.rejections) for e in expected.refused
    ]


def books(state):
    """What each kubelet knows; who holds nothing may be known or not."""
    if state.admitting is None:
        return None
    return [
        each and (each.shared, each.memory, each.devices, holders(each.pods))
        for each in state.admitting.states
    ]


def holders(pods):
    return {key: holding for key, holding in pods.items() if holding != PodHolding()}
