"""When the hub notices, and when it takes a cluster back."""

import itertools

import numpy as np
import pytest

from ove_capacity.ocm.health import (
    UNAVAILABLE,
    UNREACHABLE,
    Availability,
    expiry_ms,
    heard_again,
    next_tick_ms,
    renewal_age_ms,
    with_availability,
)
from tests.unit.ocm.build import cluster, taint

LEASE = 60_000


def draws(*values):
    return iter(values).__next__


@pytest.mark.parametrize(
    ("drawn", "age_s"), [(0.0, 0), (0.5, 33.75), (8 / 9, 60), (1 - 1e-12, 75), (0.95, 64.937)]
)
def test_the_age_of_a_renewal_lies_between_none_and_a_lease_and_a_quarter(drawn, age_s):
    assert renewal_age_ms(LEASE, drawn) == pytest.approx(age_s * 1000, abs=1)


def test_ages_are_those_of_an_agent_that_renews_with_jitter():
    rng = np.random.default_rng(5)
    renewals = np.cumsum(LEASE * (1 + 0.25 * rng.random(40_000)))
    moments = rng.random(20_000) * renewals[-2] + renewals[0]
    watched = moments - renewals[np.searchsorted(renewals, moments) - 1]
    drawn = [renewal_age_ms(LEASE, each) for each in rng.random(20_000)]
    for share in (10, 50, 90, 95, 99):
        assert np.percentile(drawn, share) == pytest.approx(np.percentile(watched, share), rel=0.04)


def test_a_dead_cluster_is_unknown_225_to_300_seconds_later():
    delays = [expiry_ms(-renewal_age_ms(LEASE, each), LEASE) / 1000 for each in (0, 0.5, 1 - 1e-12)]
    assert delays == pytest.approx([300, 266.25, 225], abs=0.01)


def test_a_cluster_that_is_heard_in_time_was_never_away():
    heard = heard_again(0, 80_000, LEASE, draws(0.999, 0.5), was_known=True)
    assert heard.unknown_ms is None
    assert heard.renewed_ms <= 75_000


def test_a_lease_may_run_out_between_the_return_and_the_next_renewal():
    heard = heard_again(0, 10_000, LEASE, draws(0.5, 0.0), was_known=True)
    assert (heard.unknown_ms, heard.renewed_ms) == (10_000, 33_750)
    assert heard.available_ms == heard.renewed_ms


def test_a_cluster_that_was_given_up_is_back_within_75_seconds():
    for first, second in itertools.product((0, 0.5, 0.999), repeat=2):
        heard = heard_again(1000, 0, LEASE, draws(first, second), was_known=False)
        assert heard.unknown_ms is None
        assert 1000 <= heard.renewed_ms <= heard.available_ms <= 76_000


@pytest.mark.parametrize(
    ("available", "keys"),
    [
        (Availability.TRUE, ["own"]),
        (Availability.FALSE, ["own", UNAVAILABLE]),
        (Availability.UNKNOWN, ["own", UNREACHABLE]),
    ],
)
def test_a_condition_is_a_taint_and_removes_the_other(available, keys):
    before = [taint("own"), taint(UNAVAILABLE, added_s=1), taint(UNREACHABLE, added_s=2)]
    after = with_availability(cluster("c", taints=before), available, 9000)
    assert [each.key for each in after.taints] == keys


def test_a_taint_that_is_there_keeps_its_time_and_a_new_one_has_the_moment():
    once = with_availability(cluster("c"), Availability.UNKNOWN, 7000)
    assert [(each.effect, each.added_ms) for each in once.taints] == [("NoSelect", 7000)]
    assert with_availability(once, Availability.UNKNOWN, 9000) is once


def test_ticks_come_after_now():
    assert [next_tick_ms(now, 100, 30) for now in (0, 29, 30, 129, 130)] == [30, 30, 130, 130, 230]
