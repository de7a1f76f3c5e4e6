import pytest

from ove_capacity.openshift.remediation import (
    DETECTION_MS,
    assumptions,
    fencing_ms,
    may_remediate,
)


@pytest.mark.parametrize(("workers", "seconds"), [(3, 180), (9, 186), (100, 294), (1, 180)])
def test_self_node_remediation_waits_longer_the_more_peers_are_asked(workers, seconds):
    assert fencing_ms("nhc-snr", workers) == seconds * 1000


def test_a_dead_node_is_remediated_after_340_seconds_at_the_earliest():
    assert DETECTION_MS == 340_000


@pytest.mark.parametrize(
    ("kind", "healthy", "allowed"),
    [("nhc-snr", 5, False), ("nhc-snr", 6, True), ("nhc-far", 5, False), ("mhc", 0, True)],
)
def test_node_health_check_holds_back_when_too_many_nodes_are_unhealthy(kind, healthy, allowed):
    assert may_remediate(kind, healthy, workers=10) is allowed


@pytest.mark.parametrize(("kind", "count"), [("none", 0), ("nhc-snr", 2), ("mhc", 2)])
def test_every_number_of_a_remediation_is_in_the_ledger(kind, count):
    assert len(assumptions(kind, "production")) == count
