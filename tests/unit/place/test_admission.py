"""What the scheduler binds and a kubelet does not admit."""

import pytest

from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet, ReservedMemory
from ove_capacity.model.machine import machine_of
from ove_capacity.model.pod import Container, Pod, PodSpec
from ove_capacity.model.policy import Policy
from ove_capacity.model.topology import Topology
from ove_capacity.place import explain_pod, fitting, initial_state, place, takers
from ove_capacity.quantity import Quantity
from ove_capacity.state.checkpoint import Checkpoint
from ove_capacity.state.claim import lose_node, release, restore_node
from ove_capacity.state.invariants import check
from ove_capacity.testing.build import cluster, node

GIB = 1 << 30
FIRST = Policy()
MISALIGNED = "TopologyAffinityError: Resources cannot be allocated with Topology locality"


def pinned(name, cpus, memory="8Gi", **fields):
    asked = {"cpu": Quantity.parse(cpus), "memory": Quantity.parse(memory)}
    return Pod(name, PodSpec(containers=(Container("c", asked, asked),), **fields))


def workers(count=2, policy="single-numa-node", **fields):
    """Nodes of two cells, 16 threads each, of which one is reserved."""
    machine = machine_of(Topology(2, 8, 2), 128 * GIB)
    config = KubeletConfig(
        cpu_manager_policy="static",
        memory_manager_policy="Static",
        topology_manager_policy=policy,
        reserved_system_cpus="0",
        reserved_memory=(ReservedMemory(0, {"memory": GIB}),),
        **fields,
    )
    kubelet = NodeKubelet(machine, config)
    return [node(f"w{i}", 31, "127Gi", kubelet=kubelet) for i in range(count)]


def settled(*pods, nodes=None, policy=FIRST, **how):
    state = initial_state(cluster(nodes or workers()))
    outcome = place(state, pods, policy, **how)
    check(state)
    return state, outcome


def names(outcome):
    return [(each.pod.name, each.node) for each in outcome.bound]


def test_a_vm_that_no_cell_can_hold_is_bound_again_and_again():
    _, outcome = settled(pinned("wide", 20))
    assert not outcome.bound
    (refused,) = outcome.refused
    assert refused.message == f"bound to w0, whose kubelet refuses: {MISALIGNED}, again and again"
    assert refused.rejections[0].reasons == ("TopologyAffinityError",)


def test_what_fits_the_totals_may_fit_no_cell():
    """Ten of 16 threads twice leave 6 and 5: 11 in sum, and no room for eight."""
    pods = [pinned(f"p{i}", 10) for i in range(4)] + [pinned("late", 8)]
    state, outcome = settled(*pods)
    assert [each.pod.name for each in outcome.refused] == ["late"]
    assert (state.allocatable - state.requested)[:, 0].tolist() == [11000, 11000]


def lopsided(*beside, **fields):
    """w0 has 5 and 6 CPUs free in its cells, w1 has 10 and 1: eight fit w1 only."""
    held = {"w0": (10, 10), "w1": (5, 15)}
    standing = [
        pinned(f"{name}-{i}", cpus, node_name=name)
        for name, both in held.items()
        for i, cpus in enumerate(both)
    ]
    return initial_state(cluster(workers(), pods=(*standing, *beside), **fields))


def shared(name, cpus, on, **fields):
    asked = {"cpu": Quantity.parse(cpus)}
    spec = PodSpec(
        containers=(Container("c", asked),), node_selector={"kubernetes.io/hostname": on}, **fields
    )
    return Pod(name, spec)


def test_another_of_the_equally_good_nodes_is_found_by_coming_again():
    state = lopsided()
    assert explain_pod(state, pinned("p", 8), FIRST).node == "w0"
    assert explain_pod(state, pinned("p", 8), FIRST).not_admitted == (MISALIGNED, "")
    assert takers(state, pinned("p", 8), FIRST) == (1,)
    assert len(fitting(state, pinned("p", 8), FIRST)[0]) == 1
    assert names(place(state, [pinned("p", 8)], FIRST)) == [("p", "w1")]


def test_a_node_that_scores_best_keeps_who_does_not_fit_there():
    state = lopsided(shared("more", 2, "w1", node_name="w1"))
    outcome = place(state, [pinned("p", 8)], FIRST)
    assert outcome.refused[0].message.startswith("bound to w0, whose kubelet refuses")


def test_who_was_turned_away_comes_again_after_the_others():
    state = lopsided(shared("more", 2, "w1", node_name="w1"))
    outcome = place(state, [pinned("p", 8), shared("moves w0 down", 6, "w0")], FIRST)
    assert names(outcome) == [("p", "w1"), ("moves w0 down", "w0")]


def test_like_pods_are_turned_away_alike_and_others_are_placed_between():
    wide = [pinned(f"wide{i}", 20) for i in range(30)]
    _, outcome = settled(*wide[:10], pinned("a", 8), *wide[10:], pinned("b", 8))
    assert names(outcome) == [("a", "w0"), ("b", "w1")]
    assert len(outcome.refused) == 30


def test_what_a_pod_held_is_free_when_it_leaves_dies_or_never_was():
    state = initial_state(cluster(workers(1)))
    pair = [pinned("a", 12), pinned("b", 12)]
    rows = [each.row for each in place(state, pair, FIRST).bound]
    assert len(rows) == 2
    assert not place(state, [pinned("c", 6)], FIRST).bound
    release(state, rows[0])
    twin = state.copy()
    assert len(place(state, [pinned("c", 12)], FIRST).bound) == 1
    assert len(place(twin, [pinned("c", 12)], FIRST).bound) == 1
    lose_node(state, 0)
    restore_node(state, 0)
    assert len(place(state, pair, FIRST).bound) == 2
    check(state)


def test_a_checkpoint_brings_cells_back():
    state, outcome = settled(pinned("a", 12), nodes=workers(1))
    mark = Checkpoint(state)
    for _ in range(3):
        assert len(place(state, [pinned("b", 12)], FIRST).bound) == 1
        release(state, outcome.bound[0].row)
        mark.rewind()
    assert len(place(state, [pinned("b", 12), pinned("c", 12)], FIRST).bound) == 1


def test_pods_that_stand_there_although_no_cell_has_room_stay_and_are_noted():
    standing = [pinned(f"s{i}", 10, node_name="w0") for i in range(3)]
    state = initial_state(cluster(workers(1), pods=tuple(standing)))
    assert [why.reason for why in state.admitting.unplaced.values()] == ["TopologyAffinityError"]


def test_who_has_a_clock_is_told_who_was_turned_away():
    _, outcome = settled(pinned("wide", 20), pinned("fits", 8), insist=False)
    assert names(outcome) == [("fits", "w0")]
    (away,) = outcome.turned_away
    assert (away.pod.name, away.node, away.message, away.again) == ("wide", "w0", MISALIGNED, True)


def test_pods_that_ask_for_no_cell_are_admitted_by_any_kubelet():
    state, outcome = settled(
        *(Pod(f"p{i}", PodSpec(containers=(Container("c"),))) for i in range(9))
    )
    assert len(outcome.bound) == 9
    assert all(not held.pods for held in state.admitting.states)


@pytest.mark.parametrize(
    ("policy", "fit"), [("none", 4), ("best-effort", 4), ("restricted", 0), ("single-numa-node", 0)]
)
def test_how_many_wide_vms_fit_by_policy(policy, fit):
    """14 CPUs fit a cell; 20 span two, and their 8 GiB would not need to."""
    state = initial_state(cluster(workers(4, policy)))
    nodes, refused = fitting(state, pinned("wide", 20), FIRST)
    assert len(nodes) == fit
    assert refused is not None


@pytest.mark.parametrize("strategy", ["LeastAllocated", "MostAllocated", "LeastNUMANodes"])
def test_a_scheduler_that_sees_zones_goes_where_the_cell_is(strategy):
    state = lopsided(shared("more", 2, "w1", node_name="w1"), numa_strategy=strategy)
    verdict = explain_pod(state, pinned("p", 8), FIRST)
    assert [(node, each.reasons) for node, each in verdict.rejections] == [
        ("w0", ("cannot align container",))
    ]
    assert names(place(state, [pinned("p", 8)], FIRST)) == [("p", "w1")]
    (refused,) = place(state, [pinned("q", 8)], FIRST).refused
    assert refused.message == (
        "0/2 nodes are available: 1 Insufficient cpu, 1 cannot align container."
    )


def test_of_nodes_whose_zones_have_room_the_scored_one_wins():
    state = lopsided(numa_strategy="LeastAllocated")
    verdict = explain_pod(state, pinned("p", 2), FIRST)
    assert verdict.feasible == ("w0", "w1")
    (aligned,) = [each for each in verdict.scores if each.plugin == "NodeResourceTopologyMatch"]
    assert aligned.raw[0] != aligned.raw[1]
    totals = dict(zip(verdict.feasible, verdict.total, strict=True))
    assert totals[verdict.node] == max(verdict.total) > min(verdict.total)
