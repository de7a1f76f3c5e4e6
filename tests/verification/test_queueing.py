"""Arrivals, lifetimes and the queue against queueing theory."""

import math

import pytest

from ove_capacity.model.plan import Arrivals, Duration
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster, workload

pytestmark = pytest.mark.verification


def erlang_c(servers, load):
    """Chance that an arrival waits in M/M/c."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


def run_of(*, every_ms, lifetime, workers, memory_gib, days):
    stream = Arrivals(workload("vm", memory_gib=memory_gib, lifetime=lifetime), every_ms)
    plan = case(arrivals=[stream], clusters=(cluster(workers=workers),), seed=11)
    return simulate(plan, until_ms=days * DAY_MS, sample_every_ms=7 * HOUR_MS)


def mean(values):
    return sum(values) / len(values)


def test_the_share_of_vms_that_wait_is_erlangs():
    # Four nodes with room for one VM each; hours are so long that back-off seconds do not count.
    lifetime = Duration("exponential", 70 * HOUR_MS)
    run = run_of(every_ms=25 * HOUR_MS, lifetime=lifetime, workers=4, memory_gib=100, days=20_000)
    started = [vm for vm in run.vms if vm.started_ms is not None]
    waited = [vm.started_ms - vm.arrived_ms for vm in started]
    chance = erlang_c(4, 2.8)
    assert mean([each > 0 for each in waited]) == pytest.approx(chance, rel=0.08)
    assert mean(waited) == pytest.approx(chance * 70 * HOUR_MS / (4 - 2.8), rel=0.15)


@pytest.mark.parametrize(
    "lifetime",
    [
        Duration("constant", 50 * HOUR_MS),
        Duration("exponential", 50 * HOUR_MS),
        Duration("lognormal", 50 * HOUR_MS, 1.0),
        Duration("weibull", 50 * HOUR_MS, 0.7),
    ],
)
def test_without_waiting_the_mean_number_of_vms_depends_on_the_mean_lifetime_only(lifetime):
    run = run_of(every_ms=5 * HOUR_MS, lifetime=lifetime, workers=6, memory_gib=8, days=2_000)
    running = run.samples.vms_running[200:]
    assert run.events.count("vm-pending") == 0
    assert mean(running) == pytest.approx(10, rel=0.05)
