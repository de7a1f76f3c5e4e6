"""What a hub holds beside Placements."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.hub import (
    add_on_score_of,
    binding_of,
    cluster_set_of,
    managed_cluster_of,
    placement_decision_of,
)
from ove_capacity.model.managed_cluster import ClusterTaint
from ove_capacity.model.selector import EVERYTHING


def managed(status=None, **spec):
    meta = {"name": "c", "labels": {"region": "primary"}}
    return {"metadata": meta, "spec": spec, "status": status or {}}


def problems_of(reader, document):
    with pytest.raises(ScenarioError) as caught:
        reader(document)
    return [(each.path, each.message) for each in caught.value.problems]


def test_a_managed_cluster_has_taints_since_when_and_claims_by_name():
    claims = [{"name": "id", "value": "x"}, {"name": "id", "value": "y"}]
    taint = {"key": "gone", "effect": "NoSelect", "timeAdded": "1970-01-01T00:01:00Z"}
    found = managed_cluster_of(managed({"clusterClaims": claims}, taints=[taint]))
    assert (found.labels, found.claims) == ({"region": "primary"}, {"id": "y"})
    assert found.taints == (ClusterTaint("gone", "NoSelect", "", 60_000),)
    assert not found.is_deleting
    assert found.document["spec"]["taints"] == [taint]


def test_a_managed_cluster_has_totals_and_the_float_of_an_odd_one():
    sizes = {"cpu": "0.3", "memory": "1Gi"}
    found = managed_cluster_of(managed({"allocatable": sizes, "capacity": {"cpu": "1"}}))
    assert (found.allocatable, found.capacity) == (
        {"cpu": 300, "memory": 1 << 30},
        {"cpu": 1000},
    )
    assert found.approximate == {"cpu": 3 * 0.1}


def test_a_wrong_time_and_a_taint_without_an_effect_are_told():
    wrong = managed(taints=[{"key": "a", "timeAdded": "noon"}])
    assert problems_of(managed_cluster_of, wrong) == [
        ("spec.taints[0]", "'effect' is missing"),
        ("spec.taints[0].timeAdded", "must be a time like 2025-01-01T00:00:00Z (got 'noon')"),
    ]


@pytest.mark.parametrize("spoilt", [{"status": True}, {"status": {"allocatable": {"cpu": "x"}}}])
def test_a_managed_cluster_that_is_wrong_is_nothing_that_expressions_read(spoilt):
    problems = Problems()
    found = managed_cluster_of(managed() | spoilt, problems)
    assert (len(problems.errors), found.name, found.document) == (1, "c", {})


@pytest.mark.parametrize(
    ("selector", "kind", "labels"),
    [
        ({}, "ExclusiveClusterSetLabel", None),
        ({"selectorType": "LabelSelector"}, "LabelSelector", None),
        ({"selectorType": "LabelSelector", "labelSelector": {}}, "LabelSelector", EVERYTHING),
    ],
)
def test_a_set_selects_by_its_own_label_or_by_a_selector(selector, kind, labels):
    found = cluster_set_of({"metadata": {"name": "s"}, "spec": {"clusterSelector": selector}})
    assert (found.selector_type, found.selector) == (kind, labels)


def test_a_set_of_an_unknown_type_is_refused():
    selector = {"selectorType": "LegacyClusterSetLabel"}
    (found,) = problems_of(
        cluster_set_of, {"metadata": {"name": "s"}, "spec": {"clusterSelector": selector}}
    )
    assert found[0] == "spec.clusterSelector.selectorType"
    assert found[1].startswith("unsupported value 'LegacyClusterSetLabel'")


def test_a_set_that_stops_its_placements_is_a_warning():
    problems = Problems()
    labels = {"matchLabels": {"a": "no good"}}
    selector = {"selectorType": "LabelSelector", "labelSelector": labels}
    cluster_set_of({"metadata": {"name": "s"}, "spec": {"clusterSelector": selector}}, problems)
    message = problems.warnings[0].message
    assert 'values[0][a]: Invalid value: "no good"' in message
    assert "are not decided any more" in message


def test_a_binding_is_named_as_its_set():
    meta = {"name": "s", "namespace": "ns"}
    found = binding_of({"metadata": meta, "spec": {"clusterSet": "s"}})
    assert (found.name, found.namespace) == ("s", "ns")
    wrong = {"metadata": meta, "spec": {"clusterSet": "t"}}
    assert problems_of(binding_of, wrong) == [
        ("spec.clusterSet", "must be the binding's own name, 's' (got 't')")
    ]


def test_a_score_belongs_to_the_cluster_of_its_namespace_until_it_expires():
    status = {
        "scores": [{"name": "cpu", "value": 70}, {"name": "big", "value": 101}],
        "validUntil": "1970-01-01T00:00:05Z",
    }
    problems = Problems()
    document = {"metadata": {"name": "use", "namespace": "c"}, "status": status}
    found = add_on_score_of(document, problems)
    assert (found.cluster, found.name, found.valid_until_ms) == ("c", "use", 5000)
    assert found.scores == (("cpu", 70), ("big", 101))
    assert [each.path for each in problems.warnings] == ["status.scores[1].value"]


def test_a_decision_is_known_by_its_labels():
    prefix = "cluster.open-cluster-management.io/"
    labels = {f"{prefix}placement": "p", f"{prefix}decision-group-index": "1"}
    meta = {"name": "p-decision-1", "namespace": "ns", "labels": labels}
    chosen = [{"clusterName": "b", "reason": ""}, {"clusterName": "a", "reason": ""}]
    found = placement_decision_of({"metadata": meta, "status": {"decisions": chosen}})
    assert (found.key, found.group_name, found.group_index) == ("ns/p", "", "1")
    assert found.clusters == ("b", "a")
