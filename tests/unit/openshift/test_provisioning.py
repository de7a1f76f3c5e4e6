"""Stages from a commit to a cluster that Placements choose."""

from __future__ import annotations

import pytest

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.plan import Duration
from ove_capacity.openshift.provisioning import STAGES, assumptions, install_shares
from ove_capacity.simtime import MINUTE_MS


@pytest.mark.parametrize("length_ms", [1, 7, 40 * MINUTE_MS, 2_025_000])
def test_the_stages_of_an_install_add_up(length_ms: int) -> None:
    shares = install_shares(length_ms)
    assert sum(shares.values()) == length_ms
    assert min(shares.values()) >= 0


def test_most_of_an_install_is_its_bootstrap_and_its_operators() -> None:
    shares = install_shares(100_000)
    assert sorted(shares, key=lambda name: -shares[name])[:2] == ["bootstrap", "operators"]


def test_what_the_scenario_says_is_no_assumption() -> None:
    every = assumptions({}, "new")
    assert [each.name for each in every] == [f"provisioning.{stage.name}" for stage in STAGES]
    assert {each.evidence for each in every} == set(Evidence)
    left = assumptions({"install": Duration("constant", 90 * MINUTE_MS)}, "new")
    assert {each.name for each in every} - {each.name for each in left} == {"provisioning.install"}
