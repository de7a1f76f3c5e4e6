"""The search for victims by a kernel finds what the search node by node finds."""

import random

import numpy as np
import pytest

from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.preemption import best_victims, preempt
from ove_capacity.model.pod import Affinity, SpreadConstraint
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place, runs_at_once, scheduler_of, unplaced
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node, pod, selector, term

POLICY = Policy()
KINDS = ["a", "b", "c"]


def drawn_pod(rng, name, *, alone, **fields):
    app = rng.choice(KINDS)
    if not alone and rng.random() < 0.3:
        away = term(rng.choice(["kubernetes.io/hostname", "zone"]), app=rng.choice(KINDS))
        fields["affinity"] = Affinity(anti_required=(away,))
    if not alone and rng.random() < 0.2:
        fields["spread"] = (SpreadConstraint(1, "zone", "DoNotSchedule", selector(app=app)),)
    memory = rng.choice(["1Gi", "2Gi", "5Gi", "9Gi"])
    return pod(name, rng.randint(1, 5), memory, labels={"app": app}, **fields)


def drawn(seed):
    """(state, pods that come); every other time no pod looks at others."""
    rng, alone = random.Random(seed), seed % 2 == 0
    zones = [{"zone": rng.choice("xyz")} for _ in range(rng.randint(1, 6))]
    nodes = [
        node(f"w{n}", rng.choice([4, 8]), "16Gi", labels=labels, unschedulable=rng.random() < 0.1)
        for n, labels in enumerate(zones)
    ]
    existing = [
        drawn_pod(
            rng,
            f"e{i}",
            alone=alone,
            node_name=rng.choice(nodes).name,
            priority=rng.randint(0, 4),
            start_ms=rng.choice([None, 1, 2, 3]),
        )
        for i in range(rng.randint(0, 18))
    ]
    coming = [drawn_pod(rng, f"p{i}", alone=alone, priority=rng.randint(1, 6)) for i in range(6)]
    return initial_state(cluster(nodes, pods=tuple(existing)), coming), coming


@pytest.mark.parametrize("form", ["plain", "compiled"])
@pytest.mark.parametrize("seed", range(60))
def test_both_searches_choose_the_same_victims(seed, form, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", form)
    state, coming = drawn(seed)
    scheduler = scheduler_of(state)
    for c, draw in zip(
        scheduler.classify(state, coming), (0, 0.1, 0.4, 0.5, 0.8, 0.99), strict=True
    ):
        decision = scheduler.decide(state, c, -1, POLICY)
        if decision.node >= 0:
            continue
        rejections = diagnose(scheduler, state, c, -1, decision)
        best = preempt(scheduler, state, c, -1, rejections, draw).best
        expected = best[int(draw * len(best))] if best else None
        assert best_victims(scheduler, state, c, -1, decision.codes, draw) == expected
    check(state)


@pytest.mark.parametrize("form", ["plain", "compiled"])
@pytest.mark.parametrize("seed", range(60))
def test_all_at_once_is_as_one_after_the_other(seed, form, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", form)
    policy = Policy(tie=["first", "random"][seed % 3 % 2])
    state, coming = drawn(seed)
    other = state.copy()
    classes = np.array(scheduler_of(state).classify(state, coming), np.int64)
    assert runs_at_once(state, policy)
    found = unplaced(state, coming, classes, policy, np.random.default_rng(seed))
    expected = place(other, coming, policy, np.random.default_rng(seed))
    check(state)
    assert [each.pod for each in found.refused] == [each.pod for each in expected.refused]
    assert (found.displaced, found.searches) == (expected.displaced, expected.searches)
    assert state.book() == other.book()
    assert (state.pod_node == other.pod_node).all()
