"""The scenarios that come with the project, and real files when they are at hand."""

from pathlib import Path

import pytest

from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.scenario import load
from tests.real import REAL, needs_real

_SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(scope="module")
def architecture():
    """As written."""
    return load(_SCENARIOS / "rh-ove.yaml")


@pytest.fixture(scope="module")
def intended():
    return load(_SCENARIOS / "rh-ove.yaml", variant="intended")


def test_the_architecture_has_its_five_clusters(architecture):
    sizes = {
        each.name: (len(each.nodes), len(each.workers)) for each in architecture.fleet.clusters
    }
    assert sizes == {
        "management": (6, 3),
        "production-primary": (15, 9),
        "production-secondary": (15, 9),
        "staging": (6, 3),
        "development": (5, 2),
    }


def test_the_architecture_selects_its_production_clusters(architecture):
    (placement,) = architecture.fleet.placements
    labels = {each.name: each.labels for each in architecture.fleet.clusters}
    matching = [n for n in labels if any(p.labels.matches(labels[n]) for p in placement.predicates)]
    assert matching == ["production-primary", "production-secondary"]


def test_the_template_finds_its_label_only_as_intended(architecture, intended):
    (web,) = [each for each in architecture.plan.workloads if each.name == "web"]
    assert web.vmi.spec.node_selector["vm-workload"] == "true"
    labels = [
        {node.labels.get("vm-workload") for node in case.fleet.cluster("staging").workers}
        for case in (architecture, intended)
    ]
    assert labels == [{None}, {"true"}]


REPAIRS = ("admission", "hub.cluster_sets", "kubelet.cpu_manager_policy", "node.labels")


@pytest.mark.parametrize("variant", [None, "intended", "spare", "no-remediation"])
def test_nothing_is_repaired_by_an_assumption(variant):
    case = load(_SCENARIOS / "rh-ove.yaml", variant=variant)
    assert [each.name for each in case.assumptions if each.name in REPAIRS] == []


def test_what_the_manifests_hold_beyond_the_model_is_named(architecture):
    (kinds,) = [w for w in architecture.warnings if w.startswith("read, not modelled yet")]
    assert "1 PrometheusRule" in kinds
    assert "HyperConverged spec.configuration (3x)" in kinds
    assert any("node_count says 12, its parts" in warning for warning in architecture.warnings)


@pytest.mark.parametrize("variant", ["intended", "spare", "no-remediation"])
def test_each_variant_loads(variant):
    assert load(_SCENARIOS / "rh-ove.yaml", variant=variant).fleet.clusters


def test_the_small_real_cluster_loads_without_a_warning_but_of_the_halted():
    case = load(_SCENARIOS / "real-cluster.yaml")
    assert sum(each.count for each in case.plan.workloads) == 29
    assert case.warnings == ()


def _real_case(nodes):
    return load(
        _SCENARIOS / "real-cluster.yaml",
        set={
            "clusters.real.nodes": f"{REAL}/{nodes}",
            "clusters.real.vms[0].path": f"{REAL}/vm/kubevirt-examples",
        },
    )


@needs_real
def test_real_bare_metal_nodes_are_taken_at_their_word():
    nodes = _real_case("nodes/nto").fleet.clusters[0].nodes
    assert {n.name: (n.capacity["cpu"], n.allocatable["cpu"]) for n in nodes} == {
        "master.internal": (112_000, 111_500),
        "worker1.internal": (80_000, 74_000),
        "worker2.internal": (32_000, 31_500),
    }
    assert {n.name: n.allocatable["memory"] >> 10 for n in nodes} == {
        "master.internal": 262391316,
        "worker1.internal": 195245132,
        "worker2.internal": 195497136,
    }
    assert nodes[1].pool == "worker-cnf"


@needs_real
def test_real_platform_pods_ask_for_what_was_counted_independently():
    cluster = _real_case("must-gather/metal").fleet.clusters[0]
    found = {}
    for node in cluster.nodes:
        pods = [pod for pod in cluster.pods if pod.spec.node_name == node.name]
        requests = [effective_requests(pod) for pod in pods]
        cores = sum(each["cpu"].nano for each in requests if "cpu" in each) / 1e9
        memory = sum(each["memory"].nano for each in requests if "memory" in each) / 1e9 / 2**30
        found[node.name.split(".")[0]] = (round(cores, 2), round(memory, 2), len(pods))
    assert found == {
        "master-0": (1.97, 6.48, 56),
        "master-1": (1.62, 4.77, 31),
        "master-2": (1.57, 4.82, 29),
        "worker-0": (0.42, 1.13, 15),
        "worker-1": (0.30, 0.77, 12),
        "worker-2": (0.81, 4.44, 30),
    }


@needs_real
def test_real_vms_run_or_are_left_out_with_a_reason():
    case = _real_case("nodes/nto")
    left_out = [warning for warning in case.warnings if "is left out" in warning]
    assert (len(case.plan.workloads), len(left_out)) == (29, 7)
    assert any("no NetworkAttachmentDefinition is listed" in each for each in case.warnings)
