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
@pytest.mark.parametrize("seed", range(80))
def test_pods_with_kubelets_fare_alike(seed, form, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", form)
    state, coming, policy = drawn(seed)
    classes = np.array(scheduler_of(state).classify(state, coming), np.int64)
    other = state.copy()
    assert runs_at_once(state)
    start = Checkpoint(state)
    for _ in range(2):
        found = unplaced(state, coming, classes, policy, np.random.default_rng(seed))
        expected = place(other, coming, policy, np.random.default_rng(seed))
        check(state)
        assert told(found) == told(expected)
        assert found.searches <= expected.searches
        assert state.book() == other.book()
        assert (state.pod_node == other.pod_node).all()
        assert books(state) == books(other)
        coming = [each.pod for each in expected.displaced] or coming[:3]
        classes = np.array(scheduler_of(state).classify(state, coming), np.int64)
    start.rewind()
    check(state)


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
