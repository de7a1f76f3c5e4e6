"""The search for victims by a kernel finds what the search node by node finds."""

import random

import numpy as np
import pytest

from ove_capacity.kube.diagnosis import diagnose
from ove_capacity.kube.preemption import best_victims, preempt
from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.pod import Affinity, SpreadConstraint
from ove_capacity.model.policy import Policy
from ove_capacity.model.selector import LabelSelector, Requirement
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
    budgets = tuple(drawn_budget(rng, i) for i in range(rng.choice([0, 1, 3, 6])))
    made = cluster(nodes, pods=tuple(existing), disruption_budgets=budgets)
    return initial_state(made, coming), coming


def drawn_budget(rng, i):
    chosen = Requirement("app", rng.choice(["In", "In", "NotIn"]), (rng.choice(KINDS),))
    both = (Requirement("app", "Exists"), chosen)
    which = rng.choice([None, (), (chosen,), (chosen,), both])
    return DisruptionBudget(
        f"b{i}",
        rng.choice(["default", "default", "default", "other"]),
        None if which is None else LabelSelector(which),
        rng.randint(-1, 2),
        tuple(f"e{rng.randint(0, 9)}" for _ in range(rng.randint(0, 2))),
    )


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
    assert runs_at_once(state)
    found = unplaced(state, coming, classes, policy, np.random.default_rng(seed))
    expected = place(other, coming, policy, np.random.default_rng(seed))
    check(state)
    assert [each.pod for each in found.refused] == [each.pod for each in expected.refused]
    assert (found.displaced, found.searches) == (expected.displaced, expected.searches)
    assert state.book() == other.book()
    assert (state.pod_node == other.pod_node).all()


@pytest.mark.parametrize("seed", range(8))
def test_all_at_once_samples_nodes_as_one_after_the_other_does(seed):
    rng = random.Random(seed)
    nodes = [node(f"w{n}", 4, "16Gi") for n in range(130)]
    existing = tuple(
        drawn_pod(rng, f"e{i}", alone=True, node_name=f"w{i % 130}", priority=rng.randint(0, 4))
        for i in range(150)
    )
    coming = [drawn_pod(rng, f"p{i}", alone=True, priority=5 - i // 30) for i in range(150)]
    state, policy = (
        initial_state(cluster(nodes, pods=existing), coming),
        Policy(nodes_scored="adaptive"),
    )
    other = state.copy()
    classes = np.array(scheduler_of(state).classify(state, coming), np.int64)
    found, expected = unplaced(state, coming, classes, policy), place(other, coming, policy)
    check(state)
    assert [each.pod for each in found.refused] == [each.pod for each in expected.refused]
    assert found.displaced
    assert found.displaced == expected.displaced
    assert (state.pod_node == other.pod_node).all()
