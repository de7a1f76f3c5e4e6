"""Ratios in one run; absolute seconds are never asserted."""

import pytest

from tests.benchmarks.admission import relay_against_scheduler, unpinned_against_totals
from tests.benchmarks.losing import rewound_against_copied
from tests.benchmarks.placing import compiled_against_plain

pytestmark = pytest.mark.benchmark


def test_the_compiled_cycle_beats_its_plain_form_at_least_threefold():
    assert compiled_against_plain()["ratio"] >= 3


def test_a_state_that_is_rewound_beats_a_copy_for_each_loss():
    assert rewound_against_copied()["ratio"] >= 1.3


def test_vms_that_are_not_pinned_pay_nothing_where_kubelets_admit_by_cell():
    assert unpinned_against_totals()["ratio"] <= 1.15


def test_a_cluster_without_policies_pays_nothing_for_the_relay():
    assert relay_against_scheduler()["ratio"] <= 1.15
