"""Headroom and the ladder of random plans: sums, bounds, and a state that stays as it was."""

from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.analysis.settle import settle
from ove_capacity.model.policy import Policy
from ove_capacity.place import place
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS
from tests.properties.test_runs import drawn_case


@pytest.mark.parametrize("seed", range(12))
def test_headroom_of_any_moment_adds_up_and_changes_nothing(seed):
    run = simulate(drawn_case(seed), until_ms=3 * DAY_MS)
    state = run.states["production"]
    before = (state.requested.copy(), state.allocatable.copy(), state.rows())
    found = oc.headroom(run).clusters["production"]
    assert found.workers == int(state.alive.sum())
    running = [vm for vm in run.vms if vm.status == "running"]
    asked = sum(vm.pod.spec.containers[0].requests["cpu"].milli for vm in running)
    assert found.waterfall.step("guest_requests").cpu_milli == asked
    assert found == oc.headroom(run).clusters["production"]
    assert oc.ladder(run) == oc.ladder(run)
    assert (state.requested == before[0]).all()
    assert (state.allocatable == before[1]).all()
    assert state.rows() == before[2]


@pytest.mark.parametrize("seed", range(12))
def test_as_many_fit_as_are_said_to_and_not_one_more(seed):
    run = settle(drawn_case(seed))
    one_of = {vm.workload: vm.pod for vm in run.vms}
    for fit in oc.headroom(run).clusters["production"].fits:
        pod = one_of.get(fit.shape)
        if pod is None or pod.spec.priority:
            continue  # no VM of it came, or it would push others out, which headroom does not
        more = [replace(pod, name=f"{pod.name}-more-{i}") for i in range(fit.count + 1)]
        outcome = place(run.states["production"].copy(), more, Policy())
        assert (len(outcome.bound), len(outcome.refused)) == (fit.count, 1)
        assert outcome.refused[0].message == fit.message


@pytest.mark.parametrize("seed", range(12))
def test_the_first_rung_is_what_binds_when_the_mix_is_one_shape(seed):
    run = settle(drawn_case(seed))
    for fit in oc.headroom(run).clusters["production"].fits:
        (first, *_) = oc.ladder(run, mix={fit.shape: 1}).clusters["production"].rungs
        if fit.count < 10_000:
            assert first.vms == fit.count
            assert first.constraint.endswith(fit.binding)
