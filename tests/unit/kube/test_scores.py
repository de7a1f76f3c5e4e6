"""Scores, by hand from upstream's formulas."""

import pytest

from ove_capacity.kube.pod_class import nonzero_requests
from ove_capacity.kube.profile import Profile, ResourceWeight
from ove_capacity.kube.scores.image_locality import image_score, image_spread, normalized_name
from ove_capacity.model.node import NodeImage, Taint
from ove_capacity.model.pod import Affinity, Container, Pod, PodSpec, PreferredPodTerm
from ove_capacity.model.policy import Policy
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.place import explain_pod, initial_state
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release
from ove_capacity.testing.build import cluster, node, pod, term

MIB = 1 << 20


def scores(asked, nodes, existing=(), profile=None):
    """Plugin -> normalised scores by node."""
    state = initial_state(cluster(nodes, pods=tuple(existing)), profile=profile)
    verdict = explain_pod(state, asked, Policy())
    return {score.plugin: score.normalized for score in verdict.scores}


PAIR = [node("w0", 4, "8Gi"), node("w1", 4, "8Gi")]


@pytest.mark.parametrize(
    ("strategy", "shape", "expected"),
    [
        ("LeastAllocated", (), (75 + 50) // 2),
        ("MostAllocated", (), (25 + 50) // 2),
        # 25 % -> 10 * 25/50, 50 % -> 100: the mean of 50 and 100.
        ("RequestedToCapacityRatio", ((0, 0), (50, 10), (100, 0)), 75),
    ],
)
def test_fit_scores_what_would_be_left_or_taken(strategy, shape, expected):
    profile = Profile(strategy=strategy, shape=shape)
    assert scores(pod("p", 1, "4Gi"), PAIR, profile=profile)["NodeResourcesFit"][0] == expected


def test_a_pod_that_asks_for_nothing_is_scored_as_100_milli_and_200_mib():
    fit = scores(pod("p", None, None), [node("w0", 1, "400Mi"), node("w1", 1, "400Mi")])
    assert fit["NodeResourcesFit"][0] == (90 + 50) // 2
    assert "NodeResourcesBalancedAllocation" not in fit


def test_an_explicit_zero_stays_zero():
    fit = scores(pod("p", 0, "4Gi"), PAIR)
    assert fit["NodeResourcesFit"][0] == (100 + 50) // 2


@pytest.mark.parametrize(
    ("as_a_pod", "milli"), [({}, 250), ({"example.com/x": "1"}, 250), ({"cpu": "1"}, 1000)]
)
def test_defaults_stand_in_per_container_unless_the_pod_asks_as_a_pod(as_a_pod, milli):
    asked = {name: Quantity.parse(text) for name, text in as_a_pod.items()}
    half = Container("a", requests={"cpu": Quantity.parse("150m")})
    spec = PodSpec(containers=(half, Container("b")), pod_requests=asked)
    assert nonzero_requests(Pod("p", spec))[0] == milli


def test_an_extended_resource_that_is_not_asked_for_is_left_out():
    weights = (ResourceWeight("cpu"), ResourceWeight("nvidia.com/gpu", 9))
    profile = Profile(resources=weights)
    assert scores(pod("p", 1, "1Gi"), PAIR, profile=profile)["NodeResourcesFit"][0] == 75


@pytest.mark.parametrize(
    ("openshift", "alone", "beside_its_like"),
    # A quarter of the CPUs and half of the memory, then twice that; from 1.36 on against before.
    [("4.22", 87, 75), ("4.23", 50 + (50 + 87 - 100) // 2, 50 + (50 + 75 - 87) // 2)],
)
def test_balance_is_100_less_half_the_gap_of_two_resources(openshift, alone, beside_its_like):
    like = pod("q", 1, "4Gi", node_name="w1")
    state = initial_state(cluster(PAIR, pods=(like,), release=release(openshift)))
    verdict = explain_pod(state, pod("p", 1, "4Gi"), Policy())
    found = {score.plugin: score.normalized for score in verdict.scores}
    assert found["NodeResourcesBalancedAllocation"] == (alone, beside_its_like)


def test_soft_taints_count_against_a_node():
    soft = Taint("noisy", effect="PreferNoSchedule")
    nodes = [node("w0", taints=(soft,)), node("w1")]
    assert scores(pod("p"), nodes)["TaintToleration"] == (0, 100)


def vm(name, **fields):
    wish = term("kubernetes.io/hostname")
    any_vm = LabelSelector((Requirement("vm.kubevirt.io/name", "Exists"),))
    apart = PreferredPodTerm(100, type(wish)(wish.topology_key, any_vm))
    labels = {"vm.kubevirt.io/name": name}
    return pod(name, labels=labels, affinity=Affinity(anti_preferred=(apart,)), **fields)


def test_preferred_anti_affinity_pulls_in_both_directions():
    """The architecture's VM template: each VM on a node costs 200, once for either side."""
    existing = [vm("a", node_name="w0"), vm("b", node_name="w0"), vm("c", node_name="w1")]
    nodes = [node("w0"), node("w1"), node("w2")]
    state = initial_state(cluster(nodes, pods=tuple(existing)))
    verdict = explain_pod(state, vm("d"), Policy())
    pull = next(score for score in verdict.scores if score.plugin == "InterPodAffinity")
    assert (pull.raw, pull.normalized) == ((-400, -200, 0), (0, 50, 100))


def test_upstream_does_not_score_a_single_feasible_node():
    verdict = explain_pod(initial_state(cluster([node("w0"), node("w1", 0)])), pod("p"), Policy())
    assert (verdict.node, verdict.scores, verdict.total) == ("w0", (), ())


def test_a_large_image_on_half_of_the_nodes_counts_half():
    spec = PodSpec(containers=(Container("c", image="big"),))
    held = frozenset({"big:latest"})
    score = image_score(spec, held, {"big:latest": (1000 * MIB, 1)}, nodes=2)
    assert score == 100 * (500 - 23) // (1000 - 23)


def test_an_image_has_the_size_that_was_reported_first():
    first, again = NodeImage(("a:1", "a"), 5), NodeImage(("a:1",), 7)
    nodes = [node("w0", images=(first, again)), node("w1", images=(again,))]
    assert image_spread(nodes) == {"a:1": (5, 2), "a": (5, 1)}


@pytest.mark.parametrize(
    ("name", "full"), [("a", "a:latest"), ("host:5000/a", "host:5000/a:latest"), ("a:1", "a:1")]
)
def test_an_image_without_a_tag_means_latest(name, full):
    assert normalized_name(name) == full


def test_high_node_utilization_fills_nodes_up():
    nodes = [node("w0"), node("w1")]
    existing = (pod("b", 8, "32Gi", node_name="w1"),)
    low, high = (
        explain_pod(
            initial_state(cluster(nodes, pods=existing, scheduler_profile=name)), pod("p"), Policy()
        ).node
        for name in ("LowNodeUtilization", "HighNodeUtilization")
    )
    assert (low, high) == ("w0", "w1")
