"""Ratios in one run; absolute seconds are never asserted."""

import pytest

from tests.benchmarks.placing import compiled_against_plain

pytestmark = pytest.mark.benchmark


def test_the_compiled_cycle_beats_its_plain_form_at_least_threefold():
    assert compiled_against_plain()["ratio"] >= 3
