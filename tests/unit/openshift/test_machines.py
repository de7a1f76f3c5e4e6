"""How long machines take by platform, and which of them a health check replaces."""

import math

import numpy as np
import pytest

from ove_capacity.model.autoscaling import MachineHealthCheck, UnhealthyCondition
from ove_capacity.openshift.machines import (
    is_replaceable,
    machine_times,
    startup_timeout_ms,
    unready_timeout_ms,
)
from ove_capacity.sim.draw import draw_ms
from ove_capacity.simtime import MINUTE_MS


@pytest.mark.parametrize("distribution", ["lognormal", "weibull"])
def test_what_is_drawn_has_the_median_and_the_percentile_that_were_asked_for(distribution):
    times = machine_times(
        "vsphere", p50_ms=6 * MINUTE_MS, p95_ms=20 * MINUTE_MS, distribution=distribution
    )
    rng = np.random.default_rng(1)
    drawn = [draw_ms(times.until_ready, rng) for _ in range(20_000)]
    assert np.percentile(drawn, 50) == pytest.approx(6 * MINUTE_MS, rel=0.03)
    assert np.percentile(drawn, 95) == pytest.approx(20 * MINUTE_MS, rel=0.03)


def test_a_median_alone_keeps_the_platforms_ratio():
    slow = machine_times("baremetal", p50_ms=30 * MINUTE_MS).until_ready
    assert slow.shape == machine_times("baremetal").until_ready.shape
    assert slow.mean_ms == pytest.approx(1.5 * machine_times("baremetal").until_ready.mean_ms)


def test_distributions_of_one_number_heed_the_median():
    constant = machine_times(distribution="constant", p50_ms=7000).until_ready
    assert (constant.distribution, constant.mean_ms) == ("constant", 7000)
    exponential = machine_times(distribution="exponential", p50_ms=7000).until_ready
    assert exponential.mean_ms == round(7000 / math.log(2))


@pytest.mark.parametrize(
    ("most", "unhealthy", "machines", "allowed"),
    [
        ("100%", 3, 3, True),
        ("40%", 1, 3, True),  # 1.2, rounded down
        ("40%", 2, 3, False),
        ("2", 2, 9, True),
        ("2", 3, 9, False),
        ("0", 1, 9, False),
    ],
)
def test_too_many_unhealthy_machines_are_left_alone(most, unhealthy, machines, allowed):
    check = MachineHealthCheck("watch", max_unhealthy=most)
    assert is_replaceable(check, unhealthy, machines) is allowed


def test_no_start_up_timeout_is_for_ever():
    assert startup_timeout_ms(MachineHealthCheck("watch", node_startup_timeout_ms=0)) is None
    assert startup_timeout_ms(None) is None


def test_the_shortest_time_unknown_counts():
    conditions = (
        UnhealthyCondition("Ready", "False", 10),
        UnhealthyCondition("Ready", "Unknown", 300),
        UnhealthyCondition("Ready", "Unknown", 200),
    )
    assert unready_timeout_ms(MachineHealthCheck("watch", {}, conditions)) == 200
    assert unready_timeout_ms(MachineHealthCheck("watch", {}, conditions[:1])) is None
