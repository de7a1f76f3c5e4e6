from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import ove_capacity as oc
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.case import Case, Provenance
from ove_capacity.model.placement import Placement
from ove_capacity.ocm import Decision
from ove_capacity.report.json import placements, simulate_document
from tests.simulation.build import case, cluster, loss, workload

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "simulate.schema.json").read_text())


def eventful() -> Case:
    return case(
        workload("db", memory_gib=100, count=4),
        workload("web", placement="everywhere", memory_gib=2, count=2, lifetime="2h"),
        loss("w1", at="1h", repair="4h"),
        clusters=(cluster(workers=4, remediation="nhc-snr"), cluster("second")),
        placements=(Placement("everywhere"),),
        assumptions=(Assumption("a.b_bytes", "1Gi", "ours", Evidence.ASSUMED),),
        warnings=("read, not modelled yet: Kyverno",),
        provenance=Provenance("0.1.0", "0" * 64, 7),
    )


def test_the_document_obeys_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = simulate_document(oc.simulate(eventful(), until="1d"))
    jsonschema.validate(json.loads(json.dumps(document)), SCHEMA)


def test_the_schema_describes_every_event_and_sample_of_an_eventful_run() -> None:
    document = simulate_document(oc.simulate(eventful(), until="1d"))
    kinds = {event["kind"] for event in document["events"]}
    assert {"vm-started", "vm-lost", "node-lost", "node-returned", "placement-decided"} <= kinds
    assert document["samples"]


@pytest.mark.parametrize("field", ["seed", "clusters", "events"])
def test_a_document_without_a_field_does_not_pass(field: str) -> None:
    document = json.loads(json.dumps(simulate_document(oc.simulate(eventful(), until="1h"))))
    holder = document["provenance"] if field == "seed" else document
    del holder[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("part", ["headroom", "failover", "vms"])
def test_a_document_with_a_field_that_nobody_knows_does_not_pass(part: str) -> None:
    document = json.loads(json.dumps(simulate_document(oc.simulate(eventful(), until="1h"))))
    next(iter(document["clusters"].values()))[part]["new"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_headroom_and_failover_are_those_of_the_plan_and_the_end_stands_beside_them() -> None:
    asked = eventful()
    document = simulate_document(oc.simulate(asked, until="2h"))
    found = document["clusters"]["production"]
    assert found["headroom"] == oc.headroom(asked).clusters["production"].summary()
    assert found["failover"] == oc.failover(asked).to_dict()["production"]
    assert (found["headroom"]["workers"], found["at_end"]["headroom"]["workers"]) == (4, 3)
    assert found["at_end"]["failover"]["survives_nodes"] == 0


def test_placements_go_by_name_and_by_namespace_too_where_names_are_taken_twice() -> None:
    decided = [Decision("a/web", ("c1",)), Decision("b/web"), Decision("b/db")]
    assert list(placements(decided)) == ["a/web", "b/web", "db"]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (
        json.dumps(simulate_document(oc.simulate(eventful(), until="2d"))) for _ in range(2)
    )
    assert first == second
