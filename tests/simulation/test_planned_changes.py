"""Cordons and growth, as stories."""

from dataclasses import replace

import pytest

from ove_capacity.errors import UnknownNameError
from ove_capacity.model.plan import Cordon, Growth
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster, loss, node, times, workload


def _with(plain, *, cordons=(), growths=()):
    plan = replace(plain.plan, cordons=tuple(cordons), growths=tuple(growths))
    return replace(plain, plan=plan)


def _run(plain, **changes):
    return simulate(_with(plain, **changes), until_ms=10 * DAY_MS, check=True)


def test_a_cordoned_node_keeps_its_vms_and_takes_no_more():
    early, late = workload("early", count=3), workload("late", count=4, at="2h")
    run = _run(case(early, late), cordons=[Cordon("production", HOUR_MS, node="w1")])
    assert [vm.node for vm in run.vms if vm.workload == "early"].count("w1") == 1
    assert {vm.node for vm in run.vms if vm.workload == "late"} == {"w2", "w3"}


def test_who_found_only_closed_nodes_starts_when_they_open():
    cordon = Cordon("production", HOUR_MS, 3 * HOUR_MS, pool="worker")
    run = _run(case(workload("vm", count=2, at="2h")), cordons=[cordon])
    assert times(run, "vm-pending") == [2 * 3600] * 2
    assert times(run, "vm-started") == [4 * 3600] * 2


def test_cordons_nest():
    first = Cordon("production", HOUR_MS, 4 * HOUR_MS, node="w1")
    second = Cordon("production", 2 * HOUR_MS, HOUR_MS, node="w1")
    run = _run(case(workload("vm")), cordons=[first, second])
    assert times(run, "node-cordoned") == [3600]
    assert times(run, "node-uncordoned") == [5 * 3600]


def test_a_node_written_as_unschedulable_stays_so():
    nodes = (node("w1", unschedulable=True), node("w2"))
    cordon = Cordon("production", HOUR_MS, HOUR_MS, node="w1")
    plain = case(workload("vm", count=2, at="5h"), clusters=(cluster(nodes=nodes),))
    run = _run(plain, cordons=[cordon])
    assert (times(run, "node-cordoned"), times(run, "node-uncordoned")) == ([], [])
    assert {vm.node for vm in run.vms} == {"w2"}


def test_a_node_lost_while_cordoned_comes_back_closed():
    plain = case(loss("w1", at="2h", repair="1h"), workload("vm", count=3, at="4h"))
    run = _run(plain, cordons=[Cordon("production", HOUR_MS, node="w1")])
    assert {vm.node for vm in run.vms} == {"w2", "w3"}


def test_a_cordon_of_an_unknown_node_is_refused():
    with pytest.raises(UnknownNameError, match="w9"):
        _run(case(workload("vm")), cordons=[Cordon("production", 0, node="w9")])


@pytest.mark.parametrize(
    ("count", "growth", "sizes"),
    [
        (2, {"vms": 3}, [2, 5, 8, 11]),
        (10, {"basis_points": 1000}, [10, 11, 12, 13]),
        (10, {"basis_points": 2500}, [10, 12, 15, 19]),
        (1, {"basis_points": 100}, [1, 1, 1, 1]),
        (2, {"vms": 3, "until_ms": 2 * DAY_MS}, [2, 5, 5, 5]),
    ],
)
def test_a_workload_grows_step_by_step(count, growth, sizes):
    web = workload("web", count=count, memory_gib=1)
    step = Growth(web, DAY_MS, **growth)
    plain = _with(case(web), growths=[step])
    found = [
        len(simulate(plain, until_ms=days * DAY_MS + HOUR_MS, check=True).vms)
        for days in range(len(sizes))
    ]
    assert found == sizes


def test_growth_begins_with_its_workload_and_its_names_go_on():
    web = workload("web", count=2, memory_gib=1, at="12h")
    run = simulate(_with(case(web), growths=[Growth(web, DAY_MS, vms=1)]), until_ms=3 * DAY_MS)
    assert [vm.name for vm in run.vms] == ["web-0", "web-1", "web-2", "web-3"]
    assert times(run, "workload-grown") == [36 * 3600, 60 * 3600]


def test_two_growths_of_one_workload_share_its_names():
    web = workload("web", count=1, memory_gib=1)
    both = [Growth(web, DAY_MS, vms=1), Growth(web, DAY_MS, basis_points=10_000)]
    run = simulate(_with(case(web), growths=both), until_ms=DAY_MS + 1, check=True)
    assert [vm.name for vm in run.vms] == ["web-0", "web-1", "web-2", "web-3"]
