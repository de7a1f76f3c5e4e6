from dataclasses import replace

from ove_capacity.model.cluster import Cluster, Fleet
from ove_capacity.model.managed_cluster import (
    AddOnPlacementScore,
    ClusterTaint,
    HubObjects,
    ManagedCluster,
    ManagedClusterSet,
    ManagedClusterSetBinding,
    PlacementDecision,
)
from ove_capacity.model.node import Node
from ove_capacity.model.placement import AddOnScore, ClusterSelector, Placement, PrioritizerWeight
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm import first_sync
from ove_capacity.releases import release

SET = "cluster.open-cluster-management.io/clusterset"


def cluster(name, cpu, **labels):
    size = {"cpu": cpu * 1000, "memory": 1 << 30}
    return Cluster(name, release("4.15"), (Node(f"{name}-w", size, size),), labels=labels)


CLUSTERS = (cluster("a", 4, **{SET: "vms"}), cluster("b", 8, **{SET: "vms"}), cluster("c", 16))
ONE = Placement("p", "ns", 1, prioritizers=(PrioritizerWeight("ResourceAllocatableCPU"),))
VMS, BOUND = ManagedClusterSet("vms"), ManagedClusterSetBinding("vms", "ns")


def decided(*placements, **objects):
    fleet = Fleet(CLUSTERS, placements, HubObjects(**objects))
    return {key: each.clusters for key, each in first_sync(fleet).items()}


def test_without_a_binding_nothing_is_open():
    assert decided(ONE, Placement("q", "elsewhere")) == {"elsewhere/q": (), "ns/p": ()}


def test_where_all_is_bound_every_cluster_is_open_to_every_namespace():
    named = replace(ONE, cluster_sets=("vms",))
    assert decided(named, Placement("q", "elsewhere"), binds_all=True) == {
        "elsewhere/q": ("a", "b", "c"),
        "ns/p": ("c",),
    }


def test_with_sets_and_bindings_only_what_is_bound_is_open():
    told = decided(ONE, Placement("q", "elsewhere"), cluster_sets=(VMS,), bindings=(BOUND,))
    assert told == {"elsewhere/q": (), "ns/p": ("b",)}


def test_sets_without_a_binding_open_nothing():
    assert decided(ONE, cluster_sets=(VMS,)) == {"ns/p": ()}


def test_every_hub_has_a_global_set_and_a_default_one_of_clusters_that_are_in_no_other():
    bindings = (ManagedClusterSetBinding("default", "ns"), ManagedClusterSetBinding("global", "x"))
    told = decided(ONE, Placement("q", "x"), cluster_sets=(VMS,), bindings=bindings)
    assert told == {"ns/p": ("c",), "x/q": ("a", "b", "c")}


def test_a_set_that_is_handed_in_is_the_one_that_counts():
    none = ManagedClusterSet("global", "LabelSelector")
    told = decided(ONE, cluster_sets=(none,), bindings=(ManagedClusterSetBinding("global", "ns"),))
    assert told == {"ns/p": ()}


def test_totals_are_those_of_the_nodes_and_taints_those_of_the_hub():
    claimed = {"cpu": 999_000}
    small = ManagedCluster("a", {}, claimed, claimed, approximate={"cpu": 999.0})
    gone = ManagedCluster("c", taints=(ClusterTaint("gone", added_ms=5000),))
    assert decided(ONE, managed_clusters=(small, gone), binds_all=True) == {"ns/p": ("b",)}


def test_an_expression_sees_the_labels_of_the_scenario_and_the_rest_of_the_object():
    document = {
        "metadata": {"name": "a", "labels": {"old": "1"}, "annotations": {"owner": "me"}},
        "status": {"capacity": {"cpu": "999"}, "version": {"kubernetes": "1.31.0"}},
    }
    known = ManagedCluster("a", {"old": "1"}, document=document)
    seen = (
        "!has(managedCluster.metadata.labels.old)",
        f"managedCluster.metadata.labels['{SET}'] == 'vms'",
        "managedCluster.metadata.annotations.owner == 'me'",
        "managedCluster.status.version.kubernetes == '1.31.0'",
        "managedCluster.status.capacity.cpu == '4'",
    )
    asked = replace(ONE, predicates=(ClusterSelector(cel=seen),))
    assert decided(asked, managed_clusters=(known,), binds_all=True) == {"ns/p": ("a",)}


def test_the_hub_is_asked_at_the_latest_moment_that_its_objects_tell_of():
    tainted = (
        ManagedCluster("c", taints=(ClusterTaint("gone", added_ms=5000),)),
        ManagedCluster("a", taints=(ClusterTaint("gone", added_ms=9000),)),
    )
    for seconds, expected in ((5, "c"), (4, "b")):
        tolerant = replace(ONE, tolerations=(Toleration("gone", "Exists", seconds=seconds),))
        told = decided(tolerant, managed_clusters=tainted, binds_all=True)
        assert told == {"ns/p": (expected,)}


def test_decisions_that_stand_are_where_it_starts_from():
    standing = PlacementDecision("p-decision-1", "ns", "p", clusters=("b",))
    heavy = replace(ONE, prioritizers=(*ONE.prioritizers, PrioritizerWeight("Steady", 3)))
    assert decided(heavy, decisions=(standing,), binds_all=True) == {"ns/p": ("b",)}


def test_what_a_placement_names_and_nobody_handed_in_is_told():
    eur = PrioritizerWeight("AddOn/cost/eur", 2, "AddOn", AddOnScore("cost", "eur"))
    asked = replace(ONE, cluster_sets=("vms", "more"), prioritizers=(eur, replace(eur, weight=0)))
    decision = first_sync(Fleet(CLUSTERS, (asked,), HubObjects(binds_all=True)))["ns/p"]
    assert decision.warnings == (
        "Placement ns/p: every cluster is assumed to be bound; vms, more ignored",
        "Placement ns/p: AddOn/cost/eur counts 0, no AddOnPlacementScore cost is listed",
    )
    known = HubObjects(
        cluster_sets=(VMS,), bindings=(BOUND,), add_on_scores=(AddOnPlacementScore("cost", "a"),)
    )
    assert first_sync(Fleet(CLUSTERS, (asked,), known))["ns/p"].warnings == ()
