"""Placements and ManagedClusters."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.placement import managed_cluster_of, placement_of
from ove_capacity.model.placement import PrioritizerWeight


def _placement(**spec):
    return {"metadata": {"name": "p", "namespace": "n"}, "spec": spec}


def test_predicates_are_ored_selectors():
    selectors = [{"labelSelector": {"matchLabels": {"env": env}}} for env in ("prod", "test")]
    placement = placement_of(
        _placement(predicates=[{"requiredClusterSelector": each} for each in selectors])
    )
    labels = ({"env": "prod"}, {"env": "test"}, {"env": "dev"})
    assert [any(p.matches(each) for p in placement.predicates) for each in labels] == [
        True,
        True,
        False,
    ]


def test_an_empty_predicate_lets_every_cluster_pass():
    placement = placement_of(_placement(predicates=[{}]))
    assert placement.predicates[0].matches({})


def test_prioritizers_keep_their_weights():
    built_in = {"scoreCoordinate": {"builtIn": "Steady"}}
    score = {"resourceName": "r", "scoreName": "s"}
    add_on = {"scoreCoordinate": {"type": "AddOn", "addOn": score}, "weight": -2}
    placement = placement_of(_placement(prioritizerPolicy={"configurations": [built_in, add_on]}))
    assert placement.mode == "Additive"
    assert placement.prioritizers == (
        PrioritizerWeight("Steady", 1),
        PrioritizerWeight("AddOn/r/s", -2),
    )


def test_a_wrong_mode_and_number_are_refused():
    with pytest.raises(ScenarioError) as caught:
        placement_of(_placement(prioritizerPolicy={"mode": "Some"}, numberOfClusters=-1))
    assert [problem.path for problem in caught.value.problems] == [
        "spec.numberOfClusters",
        "spec.prioritizerPolicy.mode",
    ]


def test_a_managed_cluster_has_labels():
    cluster = {"metadata": {"name": "c", "labels": {"region": "primary"}}}
    assert managed_cluster_of(cluster) == ("c", {"region": "primary"})
