"""Random pods come and go on random nodes: nothing is lost, nothing is held twice."""

from __future__ import annotations

import random

import pytest

from ove_capacity.kubelet.admit import admit, release
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.kubelet.node_state import Kubelet, NodeState
from ove_capacity.model.pod import PodSpec
from tests.unit.kubelet.build import container, kubelet, machine, pod

GPU = "nvidia.com/gpu"
POLICIES = ("none", "best-effort", "restricted", "single-numa-node")
OPTIONS = ((), ("full-pcpus-only",), ("distribute-cpus-across-numa",), ("strict-cpu-reservation",))


def _node(draw: random.Random, drift: bool) -> Kubelet:
    per_socket = draw.choice([1, 2])
    cells = per_socket * draw.choice([1, 2])
    on = machine(
        cells,
        draw.choice([2, 4]),
        draw.choice([1, 2]),
        per_socket=per_socket,
        cpuless=draw.choice([0, 0, 1]),
        pages={"1Gi": 4},
        devices={GPU: {cell: draw.randint(0, 2) for cell in range(cells)}},
    )
    scope, options = draw.choice(["container", "pod"]), draw.choice(OPTIONS)
    return kubelet(draw.choice(POLICIES), on, scope=scope, options=options, drift=drift)


def _pod(draw: random.Random) -> PodSpec:
    def one(name: str, **more: bool):
        cpu = draw.choice(["500m", "1", "2", "3", "6"])
        asked = {"gpu": 1} if draw.random() < 0.2 else {}
        asked |= {"huge": f"{draw.randint(0, 3)}Gi"} if draw.random() < 0.3 else {}
        return container(name, cpu, f"{draw.randint(1, 12)}Gi", **more, **asked)

    init = tuple(
        one(f"i{number}", sidecar=draw.random() < 0.3)
        for number in range(draw.choice([0, 0, 1, 2]))
    )
    return pod(*(one(f"c{number}") for number in range(draw.choice([1, 1, 2]))), init=init)


def _check(on: Kubelet, state: NodeState) -> None:
    held = 0
    for holding in state.pods.values():
        assert not holding.cpus & held
        held |= holding.cpus
    assert not held & state.shared
    assert held | state.shared == on.cpus.shared
    for cell, allocatable in zip(state.memory, on.memory.allocatable, strict=True):
        assert all(0 <= free <= most for free, most in zip(cell.free, allocatable, strict=True))
    for resource in range(len(on.memory.resources)):
        taken = sum(
            allocatable[resource] - cell.free[resource]
            for cell, allocatable in zip(state.memory, on.memory.allocatable, strict=True)
        )
        blocks = [each for pod in state.pods.values() for each in pod.blocks]
        assert taken >= sum(each.bytes for each in blocks if each.resource == resource)


@pytest.mark.parametrize("drift", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_what_pods_hold_and_what_is_free_is_all_there_is(seed, drift):
    draw = random.Random(seed)
    on = _node(draw, drift)
    state = on.empty
    for number in range(60):
        if state.pods and draw.random() < 0.4:
            state = release(on, state, draw.choice(sorted(state.pods)))
        else:
            state = admit(on, state, f"p{number}", pod_demand(_pod(draw))).state
        _check(on, state)
    for key in sorted(state.pods):
        state = release(on, state, key)
    if not drift:
        assert state == on.empty


@pytest.mark.parametrize("seed", range(4))
def test_admission_is_a_function_and_leaves_its_state_alone(seed):
    draw = random.Random(seed)
    on = _node(draw, drift=True)
    demand = pod_demand(_pod(draw))
    first, again = admit(on, on.empty, "p", demand), admit(on, on.empty, "p", demand)
    assert first == again
    assert on.empty.pods == {}
