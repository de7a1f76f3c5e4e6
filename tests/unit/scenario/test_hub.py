"""What Placements choose from: objects of the hub among the manifests."""

from ove_capacity.model.assumption import Evidence
from ove_capacity.ocm import first_sync

API = "apiVersion: cluster.open-cluster-management.io/v1\n"
PLACEMENT = API + "kind: Placement\nmetadata: {name: p, namespace: ns}\nspec: {}\n---\n"
SET = API + "kind: ManagedClusterSet\nmetadata: {name: vms}\nspec: {}\n---\n"
BINDING = API + (
    "kind: ManagedClusterSetBinding\nmetadata: {name: vms, namespace: ns}\n"
    "spec: {clusterSet: vms}\n---\n"
)
CLUSTER = API + (
    "kind: ManagedCluster\nmetadata:\n  name: one\n"
    "  labels: {cluster.open-cluster-management.io/clusterset: vms}\n"
    "spec: {taints: [{key: gone, effect: %s, timeAdded: '2026-01-01T00:00:00Z'}]}\n---\n"
)
HUB = "manifests: hub.yaml\n"


def chosen(case):
    return {key: each.clusters for key, each in first_sync(case.fleet).items()}


ALL = HUB + "assume: {placementBinding: all}\n"


def test_without_a_binding_no_cluster_is_chosen(scenario):
    case = scenario(HUB, {"hub.yaml": PLACEMENT})
    assert chosen(case) == {"ns/p": ()}
    assert not any(each.name == "hub.cluster_sets" for each in case.assumptions)


def test_that_every_cluster_is_bound_is_the_scenarios_word_and_is_told(scenario):
    case = scenario(ALL, {"hub.yaml": PLACEMENT})
    assert chosen(case) == {"ns/p": ("one",)}
    (assumed,) = (each for each in case.assumptions if each.name == "hub.cluster_sets")
    assert assumed.evidence is Evidence.ASSUMED
    assert "no ManagedClusterSetBinding in ns" in assumed.source


def test_a_binding_that_is_assumed_for_no_placement_is_told(scenario):
    case = scenario("assume: {placementBinding: all}\n")
    assert any("changes nothing: there is no Placement" in each for each in case.warnings)


def test_with_sets_nothing_is_assumed_and_the_binding_decides(scenario):
    for objects, expected in ((SET, ()), (SET + BINDING, ("one",))):
        files = {"hub.yaml": PLACEMENT + objects + CLUSTER % "PreferNoSelect"}
        case = scenario(HUB, files)
        assert chosen(case) == {"ns/p": expected}
        assert not any(each.name == "hub.cluster_sets" for each in case.assumptions)


def test_a_taint_of_the_managed_cluster_keeps_placements_away(scenario):
    files = {"hub.yaml": PLACEMENT + SET + BINDING + CLUSTER % "NoSelect"}
    assert chosen(scenario(HUB, files)) == {"ns/p": ()}


def test_a_managed_cluster_among_the_clusters_own_manifests_counts_too(scenario):
    files = {"hub.yaml": PLACEMENT, "own.yaml": (CLUSTER % "NoSelect").replace("one", "other")}
    case = scenario("    manifests: own.yaml\n" + ALL, files)
    assert chosen(case) == {"ns/p": ()}


def test_a_placement_among_a_clusters_manifests_is_told(scenario):
    case = scenario("    manifests: own.yaml\n", {"own.yaml": PLACEMENT + SET})
    told = "ManagedClusterSet, Placement of the hub, not of a cluster: list them under manifests"
    assert any(warning.endswith(told) for warning in case.warnings)
