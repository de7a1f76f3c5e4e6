"""Failover counted again: by plain Python on small clusters, and on fresh copies of odd ones."""

from __future__ import annotations

import json
from itertools import combinations, permutations

import pytest

import ove_capacity as oc
from ove_capacity.analysis.rehearsal import Rehearsal
from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Fleet
from ove_capacity.model.plan import Plan
from ove_capacity.model.policy import Policy
from ove_capacity.place import initial_state, place
from ove_capacity.sim.run import VmRecord
from ove_capacity.sim.world import VmStatus
from ove_capacity.state import claim
from ove_capacity.state.invariants import check
from ove_capacity.testing.random_fleet import random_cluster, random_pods
from tests.properties.test_first_principles import Cluster, drawn, launcher, written


def crowded(seed):
    """A drawn cluster with enough workers for sets of them to be lost."""
    minor, born, machine, shapes = drawn(seed)
    machine["count"] = 2 + seed % 5
    for shape in shapes:
        shape["count"] += 2 * machine["count"]
    return minor, born, machine, shapes


def settled(minor, born, machine, shapes):
    """The cluster with every VM that fits, and each shape's rank."""
    cluster = Cluster(minor, born, machine)
    for shape in shapes:
        for _ in range(shape["count"]):
            cluster.place(shape, launcher(minor, shape))
    return cluster, {shape["name"]: rank for rank, shape in enumerate(shapes)}


def lose(cluster, nodes, rank):
    """(the cluster without these nodes, how many of their VMs find no other); the oldest first."""
    left, gone = cluster, []
    for n in sorted(nodes, reverse=True):
        gone += left.vms[n]
        left = left.copy(without=n)
    gone.sort(key=lambda each: rank[each[0]["name"]])
    return left, sum(not left.place(*each) for each in gone)


def counted(given):
    """The oracle's answer: survived, by pair, second losses that fail."""
    cluster, rank = settled(*given)
    count = len(cluster.used)
    fails = {
        size: [lose(cluster, group, rank)[1] for group in combinations(range(count), size)]
        for size in range(1, count + 1)
    }
    survived = next((size - 1 for size in fails if any(fails[size])), count)
    second = 0
    for first, other in permutations(range(count), 2):
        left, missing = lose(cluster, [first], rank)
        if not missing:
            second += lose(left, [other - (other > first)], rank)[1] > 0
    return survived, fails[1], fails[2], second


@pytest.mark.parametrize("seed", range(30))
def test_a_small_cluster_survives_what_plain_counting_says(seed, tmp_path):
    given = crowded(seed)
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(written(*given)))
    found = oc.failover(oc.load(file), cluster="a").clusters["a"]
    survived, singles, pairs, second = counted(given)
    assert found.survives_nodes == survived
    if not found.vms:
        assert survived == found.workers
        return
    matrix = found.pairs.matrix
    assert [len(loss.not_returned) for loss in found.losses] == singles
    assert [matrix[i][j] for i, j in combinations(range(len(matrix)), 2)] == pairs
    assert found.second_losses.not_survived == second


def odd(seed):
    """A cluster with zones, taints, priorities and affinities, and its pods as VMs."""
    cluster, pods = random_cluster(seed, nodes=5), random_pods(seed, 40)
    state = initial_state(cluster, pods)
    bound = place(state, pods, Policy()).bound
    vms = [
        VmRecord(
            cluster.name, each.pod.namespace, each.pod.name, "", VmStatus.RUNNING, each.node,
            each.pod, each.row, 0, 0, "",
        )
        for each in bound
        if state.node_of(each.row) >= 0 and state.pod(each.row) is each.pod
    ]  # fmt: skip
    return state, vms, Case("odd", Fleet((cluster,)), Plan())


def on_a_copy(state, vms, group):
    """The same question asked of a copy, with `place` alone."""
    copy, known = state.copy(), {vm.pod.key: i for i, vm in enumerate(vms)}
    gone = [copy.pod(row).key for n in group for row in claim.lose_node(copy, n)]
    order = [i for i, vm in enumerate(vms) if vm.pod.key in gone]
    missing = []
    while order:
        order.sort(key=lambda i: (-vms[i].pod.spec.priority, i))
        outcome = place(copy, [vms[i].pod for i in order], Policy())
        check(copy)
        missing += [each.pod.name for each in outcome.refused]
        order = [known[each.pod.key] for each in outcome.displaced]
    return missing


@pytest.mark.parametrize("seed", range(25))
def test_a_rewound_state_answers_as_fresh_copies_do(seed):
    state, vms, asked = odd(seed)
    stage = Rehearsal(state, vms, asked)
    for size in (1, 2):
        for group in combinations(stage.workers, size):
            loss = stage.lose(group, explain=size == 1)
            check(stage.state)
            stage.rewind()
            found = [each.vm.partition("/")[2] for each in loss.not_returned]
            assert found == on_a_copy(state, vms, group), group


@pytest.mark.parametrize("seed", range(5))
def test_what_is_survived_by_k_is_survived_by_fewer(seed, tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(written(*crowded(seed))))
    found = oc.failover(oc.load(file))
    told = [found.survives(k) for k in range(8)]
    assert told == sorted(told, reverse=True)
