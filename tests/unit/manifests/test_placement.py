"""Placements and ManagedClusters."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.hub import managed_cluster_of
from ove_capacity.manifests.placement import _TAINT_KEY, placement_of
from ove_capacity.model.placement import AddOnScore, ClusterSelector, PrioritizerWeight
from ove_capacity.ocm.predicates import predicate_error


def _placement(**spec):
    return {"metadata": {"name": "p", "namespace": "n"}, "spec": spec}


def test_predicates_are_ored_selectors():
    selectors = [{"labelSelector": {"matchLabels": {"env": env}}} for env in ("prod", "test")]
    placement = placement_of(
        _placement(predicates=[{"requiredClusterSelector": each} for each in selectors])
    )
    labels = ({"env": "prod"}, {"env": "test"}, {"env": "dev"})
    assert [any(p.labels.matches(each) for p in placement.predicates) for each in labels] == [
        True,
        True,
        False,
    ]


def test_an_empty_predicate_lets_every_cluster_pass():
    placement = placement_of(_placement(predicates=[{}]))
    assert placement.predicates == (ClusterSelector(),)


def test_prioritizers_keep_their_weights():
    built_in = {"scoreCoordinate": {"builtIn": "Steady"}}
    score = {"resourceName": "r", "scoreName": "s"}
    add_on = {"scoreCoordinate": {"type": "AddOn", "addOn": score}, "weight": -2}
    placement = placement_of(_placement(prioritizerPolicy={"configurations": [built_in, add_on]}))
    assert placement.mode == "Additive"
    assert placement.prioritizers == (
        PrioritizerWeight("Steady", 1),
        PrioritizerWeight("AddOn/r/s", -2, "AddOn", AddOnScore("r", "s")),
    )


def spec_errors(**spec):
    with pytest.raises(ScenarioError) as caught:
        placement_of(_placement(**spec))
    return [(problem.path, problem.message) for problem in caught.value.problems]


def configured(**one):
    return {"configurations": [{"scoreCoordinate": {"builtIn": "Steady"}, **one}]}


def selecting(requirement):
    return {"requiredClusterSelector": {"labelSelector": {"matchExpressions": [requirement]}}}


def test_an_empty_key_passes_the_schema_and_stops_the_controller():
    placement = placement_of(_placement(predicates=[selecting({"key": "", "operator": "Exists"})]))
    assert predicate_error(placement).startswith("key: Invalid value")


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        (
            {"prioritizerPolicy": configured(weight=11)},
            "prioritizerPolicy.configurations[0].weight",
            "should be less than or equal to 10 (got 11)",
        ),
        (
            {"prioritizerPolicy": configured(weight=-11)},
            "prioritizerPolicy.configurations[0].weight",
            "should be greater than or equal to -10 (got -11)",
        ),
        (
            {"prioritizerPolicy": {"configurations": [{"weight": 1}]}},
            "prioritizerPolicy.configurations[0]",
            "'scoreCoordinate' is missing",
        ),
        (
            {"prioritizerPolicy": configured(scoreCoordinate={"type": "Addon"})},
            "prioritizerPolicy.configurations[0].scoreCoordinate.type",
            'unsupported value \'Addon\': supported values: "BuiltIn", "AddOn"',
        ),
        (
            {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]},
            "tolerations[0].effect",
            "unsupported value 'NoSchedule': supported values: "
            '"NoSelect", "PreferNoSelect", "NoSelectIfNew"',
        ),
        (
            {"decisionStrategy": {"groupStrategy": {"clustersPerDecisionGroup": "0%"}}},
            "decisionStrategy.groupStrategy.clustersPerDecisionGroup",
            "should match '^((100|[1-9][0-9]{0,1})%|[1-9][0-9]*)$' (got '0%')",
        ),
        (
            {"sortBy": "Size"},
            "sortBy",
            'unsupported value \'Size\': supported values: "ClusterName", "Score"',
        ),
        (
            {"tolerations": [{"key": "", "operator": "Exists"}]},
            "tolerations[0].key",
            f"should match '^{_TAINT_KEY.pattern}$' (got '')",
        ),
        (
            {"tolerations": [{"key": "k", "value": "v" * 1025}]},
            "tolerations[0].value",
            "may not be longer than 1024",
        ),
        (
            {"spreadPolicy": {"spreadConstraints": [{"topologyKey": "zone"}]}},
            "spreadPolicy.spreadConstraints[0]",
            "'topologyKeyType' is missing",
        ),
        (
            {"predicates": [selecting({"operator": "Exists"})]},
            "predicates[0].requiredClusterSelector.labelSelector.matchExpressions[0]",
            "'key' is missing",
        ),
        ({"scoreRateLimit": "1d"}, "scoreRateLimit", "should match '^[0-9]+[hms]$' (got '1d')"),
        (
            {"numberOfClusters": 1 << 31},
            "numberOfClusters",
            "should be less than or equal to 2147483647 (got 2147483648)",
        ),
    ],
)
def test_what_the_schema_refuses_is_an_error_in_its_words(spec, path, message):
    assert spec_errors(**spec) == [(f"spec.{path}", message)]


def test_a_group_needs_a_selector_and_a_name_of_two_letters():
    strategy = {"groupStrategy": {"decisionGroups": [{"groupName": "g"}]}}
    assert [path for path, _ in spec_errors(decisionStrategy=strategy)] == [
        "spec.decisionStrategy.groupStrategy.decisionGroups[0]",
        "spec.decisionStrategy.groupStrategy.decisionGroups[0].groupName",
    ]


def cel(*expressions):
    selector = {"celSelector": {"celExpressions": list(expressions)}}
    return [{"requiredClusterSelector": selector}]


def labelled(operator):
    selector = {"labelSelector": {"matchExpressions": [{"key": "a", "operator": operator}]}}
    return [{"requiredClusterSelector": selector}]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"numberOfClusters": -1}, "the controller crashes"),
        ({"numberOfClusters": 0}, "never satisfied"),
        ({"prioritizerPolicy": {"mode": "exact"}}, "incorrect prioritizer policy mode: exact"),
        (
            {"prioritizerPolicy": configured(scoreCoordinate={"builtIn": "Stedy"})},
            "incorrect builtin prioritizer: Stedy: the controller calls the Placement "
            "misconfigured and empties its decisions",
        ),
        ({"prioritizerPolicy": configured(weight=-1)}, "decisions never settle"),
        ({"tolerations": [{"value": "x"}]}, "If the key is empty, operator must be Exists."),
        ({"tolerations": [{"key": "a", "operator": "In"}]}, "'In' matches no taint"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 0}]}, "over when it begins"),
        (
            {"tolerations": [{"key": "a", "effect": "NoSelectIfNew", "tolerationSeconds": 9}]},
            "it counts for NoSelectIfNew too",
        ),
        ({"predicates": labelled("Gt")}, '"Gt" is not a valid label selector operator'),
        ({"predicates": labelled("In")}, "values set can't be empty"),
        ({"predicates": cel("'a'.find('b') == ''")}, "CEL's find is not modelled"),
        ({"predicates": cel("a.b((")}, "compilation failed: ERROR: <input>:1:6: Syntax error"),
        (
            {"decisionStrategy": {"groupStrategy": {"clustersPerDecisionGroup": "5"}}},
            "5 invalid type: string is not a percentage: all PlacementDecisions are deleted",
        ),
        ({"spreadPolicy": {}}, ""),
        ({"spreadPolicy": {"spreadConstraints": []}}, "nothing in upstream's controller reads it"),
        ({"sortBy": "Score"}, "decisions stay sorted by name"),
    ],
)
def test_what_the_schema_lets_through_and_goes_wrong_later_is_a_warning(spec, words):
    problems = Problems()
    placement_of(_placement(**spec), problems)
    assert problems.errors == []
    assert [words in warning.message for warning in problems.warnings] == [True]


def test_a_placement_without_surprises_is_read_in_silence():
    problems = Problems()
    tolerated = [{"key": "a", "operator": "Exists", "tolerationSeconds": 300}]
    policy = configured(weight=2)
    placement_of(_placement(tolerations=tolerated, prioritizerPolicy=policy), problems)
    assert (problems.errors, problems.warnings) == ([], [])


def test_a_placement_that_is_switched_off_says_so():
    annotation = "cluster.open-cluster-management.io/experimental-scheduling-disable"
    written = _placement()
    written["metadata"]["annotations"] = {annotation: "true"}
    assert placement_of(written).is_disabled


def test_a_managed_cluster_has_labels():
    cluster = {"metadata": {"name": "c", "labels": {"region": "primary"}}}
    found = managed_cluster_of(cluster)
    assert (found.name, found.labels) == ("c", {"region": "primary"})
