"""A state that was rewound is the state that it was, to the scheduler too."""

import numpy as np
import pytest

from ove_capacity.model.pod import Affinity
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.state import claim
from ove_capacity.state.checkpoint import Checkpoint
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod, term

SIZES = ("1Gi", "2Gi", "3Gi", "5Gi")


def fleet(rng, nodes):
    """A state with pods, some of which keep apart, and like pods that may still come."""
    apart = Affinity(anti_required=(term(app="a"),))
    specs = [pod("s", int(rng.integers(1, 4)), size).spec for size in SIZES]
    pods = [pod(f"p{i}", 1, "1Gi", labels={"app": "a"}, affinity=apart) for i in range(2)]
    for i in range(6 * nodes):
        each = pod(f"q{i}", 1, "1Gi", priority=int(rng.integers(3)))
        spec = specs[int(rng.integers(len(specs)))]
        pods.append(type(each)(each.name, spec, labels=each.labels))
    state = initial_state(cluster([node(f"w{i}", 16, "16Gi") for i in range(nodes)]), pods)
    place(state, pods[: 4 * nodes], Policy())
    return state, pods[4 * nodes :]


def everything(state):
    rows = [(row, state.pod(row).key, state.node_of(row)) for row in state.rows()]
    arrays = (*state.arrays[:6], *state.counters)
    return rows, [array.tolist() for array in arrays]


@pytest.mark.parametrize("kernels", ["plain", "compiled"])
@pytest.mark.parametrize("seed", range(4))
def test_what_was_lost_and_placed_since_is_undone(seed, kernels, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", kernels)
    rng = np.random.default_rng(seed)
    state, coming = fleet(rng, nodes=int(rng.integers(2, 9)))
    mark, before = Checkpoint(state), everything(state)
    for _ in range(6):
        fresh = state.copy()
        lost = int(rng.integers(len(state.nodes)))
        chosen = []
        for each in (state, fresh):
            claim.lose_node(each, lost)
            claim.cordon(each, (lost + 1) % len(each.nodes), True)
            outcome = place(each, coming, Policy())
            chosen.append([(placed.pod.key, placed.node) for placed in outcome.bound])
        assert chosen[0] == chosen[1]
        mark.rewind()
        check(state)
        assert everything(state) == before


def test_a_mark_within_a_mark_comes_back_to_each():
    state, coming = fleet(np.random.default_rng(1), nodes=5)
    start, before = Checkpoint(state), everything(state)
    claim.lose_node(state, 0)
    middle, between = Checkpoint(state), everything(state)
    for _ in range(3):
        place(state, coming, Policy())
        middle.rewind()
        assert everything(state) == between
    start.rewind()
    assert everything(state) == before


def test_no_class_may_be_compiled_in_between():
    state, _ = fleet(np.random.default_rng(1), nodes=2)
    mark = Checkpoint(state)
    place(state, [pod("new", 3, "7Gi")], Policy())
    with pytest.raises(AssertionError, match="compiled anew"):
        mark.rewind()
