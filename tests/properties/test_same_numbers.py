"""What `simulate` says of headroom and failover is what these say, key by key."""

from __future__ import annotations

import json

import pytest

import ove_capacity as oc
from ove_capacity.report.json import simulate_document
from tests.properties import test_failover_of_odd_clusters as odd
from tests.properties import test_first_principles as small


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", [odd, small])
def test_three_documents_tell_the_same_numbers(kind, seed, tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(json.dumps(kind.written(*kind.drawn(seed))))
    case = oc.load(file)
    run = oc.simulate(case, until="1m", check=True)
    told = simulate_document(run)["clusters"]["a"]
    room = oc.headroom(case).clusters["a"].to_dict()
    room["fits"] = room["fits"][: len(told["headroom"]["fits"])]  # then the catalogue
    losses = oc.failover(case).clusters["a"].to_dict()
    assert told["headroom"] == {key: room[key] for key in told["headroom"]}
    assert told["failover"] == {key: losses[key] for key in told["failover"]}
    survives = oc.failover(run, extras=False).clusters["a"].survives_nodes
    assert told["at_end"]["failover"] == {"survives_nodes": survives}
