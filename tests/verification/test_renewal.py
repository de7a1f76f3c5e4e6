"""Failures and repairs against renewal theory."""

import pytest

from ove_capacity.model.plan import Duration, NodeLoss
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, HOUR_MS
from tests.simulation.build import case, cluster

pytestmark = pytest.mark.verification

DAYS = 4_000


@pytest.mark.parametrize(
    ("distribution", "shape"), [("exponential", 1.0), ("weibull", 2.0), ("lognormal", 0.8)]
)
def test_failures_and_availability_are_those_of_an_alternating_renewal_process(distribution, shape):
    every, repair = 20 * DAY_MS, 36 * HOUR_MS
    loss = NodeLoss(
        "production",
        Duration("lognormal", repair, 0.5),
        every=Duration(distribution, every, shape),
    )
    plan = case(loss, clusters=(cluster(workers=40),))
    run = simulate(plan, until_ms=DAYS * DAY_MS, sample_every_ms=11 * HOUR_MS)
    workers = run.samples.workers
    assert run.events.count("node-lost") / 40 == pytest.approx(
        DAYS * DAY_MS / (every + repair), rel=0.03
    )
    assert sum(workers) / len(workers) / 40 == pytest.approx(every / (every + repair), rel=0.01)
