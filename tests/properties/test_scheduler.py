"""What holds of the scheduler on any cluster: random ones, from seeds."""

import numpy as np
import pytest

from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place, scheduler_of
from ove_capacity.state.claim import (
    bind,
    cordon,
    count_on_node,
    lose_node,
    release,
    restore_node,
)
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, pod
from ove_capacity.testing.random_fleet import random_cluster, random_pods

FIRST = Policy()
SEEDS = range(12)


def settled(seed, count=60, **pods):
    state = initial_state(random_cluster(seed))
    outcome = place(state, random_pods(seed, count, **pods), FIRST)
    return state, outcome


def fingerprint(outcome):
    bound = [(placed.pod.name, placed.node) for placed in outcome.bound]
    refused = [(refused.pod.name, refused.message) for refused in outcome.refused]
    displaced = [(each.pod.name, each.node, each.by) for each in outcome.displaced]
    return bound, refused, displaced


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pod_is_bound_refused_or_displaced_and_the_books_balance(seed):
    state, outcome = settled(seed)
    check(state)
    told = [pod for group in fingerprint(outcome) for pod, *_ in group]
    assert sorted(told) == sorted(f"p{i}" for i in range(60))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_node_hands_out_more_than_it_has(seed):
    state, _ = settled(seed, count=200)
    assert (state.requested <= state.allocatable).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_placing_on_a_copy_leaves_the_original_alone(seed):
    state, _ = settled(seed)
    before = [array.copy() for array in (*state.arrays[:-2], *state.counters)]
    trial = state.copy()
    place(trial, random_pods(seed + 100, 30), FIRST)
    lose_node(trial, 0)
    after = (*state.arrays[:-2], *state.counters)
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    check(state)
    check(trial)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_pods_on_the_same_cluster_go_the_same_way(seed):
    assert fingerprint(settled(seed)[1]) == fingerprint(settled(seed)[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_compiled_and_plain_kernels_decide_alike(seed, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", "plain")
    plain = fingerprint(settled(seed)[1])
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", "compiled")
    assert fingerprint(settled(seed)[1]) == plain


@pytest.mark.parametrize("seed", SEEDS)
def test_one_call_decides_as_many_calls_do(seed):
    """Trees, repaired from the log of changes, against the full cycle for each pod."""
    pods = random_pods(seed, 80, plain=True)
    state = initial_state(random_cluster(seed), pods)
    at_once = fingerprint(place(state.copy(), pods, FIRST))
    scheduler = scheduler_of(state)
    nodes = []
    for each, c in zip(pods, scheduler.classify(state, pods), strict=True):
        row = state.add(each, c)
        node = scheduler.decide(state, c, row, FIRST).node
        if node >= 0:
            bind(state, row, node)
            nodes.append((each.name, state.nodes[node].name))
    assert at_once[0] == nodes


def come_and_go(state, seed, steps=30):
    """Something else happens at each step."""
    rng = np.random.default_rng(seed)
    for step in range(steps):
        rows = [row for row in state.rows() if state.node_of(row) >= 0]
        n = int(rng.integers(len(state.nodes)))
        if step % 3 == 0 and rows:
            release(state, rows[int(rng.integers(len(rows)))])
        elif step % 3 == 1:
            lost = lose_node(state, n)
            place(state, [state.pod(row) for row in lost], FIRST)
            restore_node(state, n)
        else:
            cordon(state, n, bool(rng.random() < 0.5))
            place(state, random_pods(seed + step, 5), FIRST)
        yield step


@pytest.mark.parametrize("seed", SEEDS)
def test_coming_and_going_keeps_the_books(seed):
    state, outcome = settled(seed)
    for _ in come_and_go(state, seed):
        check(state)
    assert outcome.bound or outcome.refused


@pytest.mark.parametrize("form", ["plain", "compiled"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_nodes_said_is_remembered_no_longer_than_it_is_true(seed, form, monkeypatch):
    """The cycle that asks only the nodes that changed against the one that asks all of them."""
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", form)
    state, _ = settled(seed)
    scheduler, draw = scheduler_of(state), np.zeros(1)
    rng, found = np.random.default_rng(seed), 0
    for _ in come_and_go(state, seed):
        known = len(scheduler.table.classes)
        for c in rng.permutation(known)[:10].tolist():
            whole = scheduler.decide(state, c, -1, FIRST).node
            chosen, _ = scheduler.schedule(state, np.array([c]), draw, FIRST)
            assert chosen[0] == whole
            if whole >= 0:
                count_on_node(c, whole, -1, *state.views())
                found += 1
    assert found > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_renumbering_the_nodes_renumbers_the_scores(seed):
    pods = random_pods(seed, 30)
    forward = random_cluster(seed)
    backward = type(forward)(
        **{name: getattr(forward, name) for name in forward.__slots__}
        | {"nodes": tuple(reversed(forward.nodes))}
    )
    tables = []
    for each in (forward, backward):
        state = initial_state(each, pods)
        scheduler = scheduler_of(state)
        c = scheduler.classify(state, pods[:1])[0]
        decision = scheduler.decide(state, c, -1, FIRST)
        names = [state.nodes[n].name for n in decision.feasible]
        tables.append(dict(zip(names, decision.total or [0] * len(names), strict=True)))
    assert tables[0] == tables[1]


def test_random_ties_come_from_the_stream_and_spread_the_load():
    state = initial_state(cluster(8))
    policy = Policy(tie="random")

    def chosen(seed):
        outcome = place(state.copy(), [pod("p")], policy, np.random.default_rng(seed))
        return outcome.bound[0].node

    assert {chosen(seed) for seed in range(60)} == {f"w{i}" for i in range(8)}
    assert chosen(5) == chosen(5)
