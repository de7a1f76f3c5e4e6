"""NodeResourceTopologyMatch: what a scheduler that sees zones makes of a pod."""

from __future__ import annotations

import pytest

from ove_capacity.kube.filters.node_resource_topology_match import numa_refusal
from ove_capacity.kube.numa_zones import NumaSettings, numa_settings
from ove_capacity.kube.scores.node_resource_topology_match import STRATEGIES, numa_score
from ove_capacity.model.node_resource_topology import NodeResourceTopology, NumaZone
from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.quantity import Quantity

ALLOCATABLE = ("cpu", "memory", "hugepages-1Gi", "nvidia.com/gpu", "storage")
GPU = "nvidia.com/gpu"
SINGLE = {"topologyManagerPolicy": "single-numa-node"}
BY_POD = {**SINGLE, "topologyManagerScope": "pod"}


def quantities(cpu, memory, more):
    names = {"gpu": GPU, "huge": "hugepages-1Gi", "disk": "ephemeral-storage"}
    given = {"cpu": cpu, "memory": memory} | {names.get(key, key): more[key] for key in more}
    return {name: Quantity.parse(text) for name, text in given.items() if text is not None}


def zone(number: int, cpu="8", memory="16Gi", costs=None, **more) -> NumaZone:
    return NumaZone(number, quantities(cpu, memory, more), costs or {})


def container(cpu="2", memory="2Gi", *, limits: bool = True, **more) -> Container:
    asked = quantities(cpu, memory, more)
    return Container("c", asked, asked if limits else {}, restart_always=False)


def pod(*containers: Container, init=(), overhead=None) -> PodSpec:
    return PodSpec(containers=containers, init_containers=tuple(init), overhead=overhead or {})


def refusal(spec: PodSpec, *zones: NumaZone, attributes=None) -> str:
    attributes = SINGLE if attributes is None else attributes
    return numa_refusal(spec, ALLOCATABLE, NodeResourceTopology(zones, attributes))


# -- filter ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "zones", "why"),
    [
        (pod(container("8")), [zone(0, "4"), zone(1)], ""),
        (pod(container("8")), [zone(0, "4"), zone(1, "4")], "cannot align container"),
        (pod(container("8"), init=[container("9")]), [zone(0)], "cannot align init container"),
        (pod(container("5"), container("5")), [zone(0), zone(1)], ""),
        (pod(container("5"), container("5")), [zone(0)], "cannot align container"),
        # CPU of one zone and memory of another are no zone.
        (pod(container("6", "6Gi")), [zone(0, "8", "1Gi"), zone(1, "1")], "cannot align container"),
        # Init containers are not subtracted.
        (pod(container("8"), init=[container("8"), container("8")]), [zone(0)], ""),
        # Fractions must fit like whole CPUs do.
        (pod(container("8500m")), [zone(0), zone(1)], "cannot align container"),
        # What no zone reports: devices and storage do not matter, pages do.
        (pod(container(gpu="1")), [zone(0)], ""),
        (pod(container(storage="1Gi")), [zone(0)], ""),
        (pod(container(disk="1Gi")), [zone(0)], ""),
        (pod(container(huge="1Gi")), [zone(0)], "cannot align container"),
        (pod(container(huge="0")), [zone(0)], ""),
        # What the node does not have at all.
        (pod(container(**{"intel.com/qat": "1"})), [zone(0)], "cannot align container"),
        (pod(container(**{"intel.com/qat": "0"})), [zone(0)], ""),
        # A device that one zone reports binds to that zone.
        (pod(container("8", gpu="1")), [zone(0), zone(1, "4", gpu="1")], "cannot align container"),
    ],
)
def test_each_container_needs_one_zone(spec, zones, why):
    assert refusal(spec, *zones) == why


def test_the_lowest_zone_with_room_is_taken_in_whatever_order_they_are_reported():
    spec = pod(container("2"), container("8"))
    assert refusal(spec, zone(1, "8"), zone(0, "2")) == ""
    assert refusal(spec, zone(1, "2"), zone(0, "8")) == "cannot align container"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (pod(container("5"), container("5")), "cannot align pod"),
        (pod(container("4"), init=[container("9")]), "cannot align pod"),
        (pod(container("4"), init=[container("8"), container("8")]), ""),
        (pod(container("8"), overhead=quantities("100m", None, {})), "cannot align pod"),
    ],
)
def test_by_pod_all_of_it_needs_one_zone(spec, why):
    assert refusal(spec, zone(0), zone(1), attributes=BY_POD) == why


def test_sidecars_count_as_init_containers_which_the_kubelet_sees_otherwise():
    sidecar = Container("s", container("6").requests, container("6").limits, restart_always=True)
    assert refusal(pod(container("6"), init=[sidecar]), zone(0), attributes=BY_POD) == ""


def test_pods_that_are_not_guaranteed_are_aligned_by_their_devices_alone():
    burstable = container("99", "99Gi", limits=False, gpu="1")
    assert refusal(pod(burstable), zone(0, gpu="1")) == ""
    assert refusal(pod(burstable, burstable), zone(0, gpu="1")) == "cannot align container"
    assert refusal(pod(burstable, burstable), zone(0, gpu="1"), zone(1, gpu="1")) == ""
    besteffort = Container("c")
    assert refusal(pod(besteffort)) == ""


@pytest.mark.parametrize("policy", ["none", "best-effort", "restricted", "nonsense"])
def test_only_single_numa_node_is_filtered(policy):
    assert refusal(pod(container("99")), zone(0), attributes={"topologyManagerPolicy": policy}) == (
        ""
    )


def test_a_node_that_reports_nothing_passes_and_one_that_is_stale_does_not():
    spec = pod(container("99"))
    assert numa_refusal(spec, ALLOCATABLE, None) == ""
    stale = NodeResourceTopology((zone(0),), SINGLE, stale=True)
    assert numa_refusal(spec, ALLOCATABLE, stale) == "invalid node topology data"
    assert [numa_score(each, spec, stale, {}) for each in STRATEGIES] == [0, 0, 0, 0]
    assert [numa_score(each, spec, None, {}) for each in STRATEGIES] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("attributes", "settings"),
    [
        ({}, NumaSettings()),
        ({**BY_POD, "topologyManagerMaxNUMANodes": "4"}, ("single-numa-node", "pod", 4)),
        ({"topologyManagerScope": "vm", "topologyManagerMaxNUMANodes": "1"}, NumaSettings()),
        ({"topologyManagerMaxNUMANodes": "9999"}, ("none", "container", 1024)),
        ({"topologyManagerMaxNUMANodes": "many"}, NumaSettings()),
    ],
)
def test_attributes_that_are_no_known_value_leave_the_default(attributes, settings):
    assert numa_settings(NodeResourceTopology((), attributes)) == settings


# -- scores ----------------------------------------------------------------------------------------


def score(strategy: str, spec: PodSpec, *zones: NumaZone, attributes=None, weights=None) -> int:
    topology = NodeResourceTopology(zones, SINGLE if attributes is None else attributes)
    return numa_score(strategy, spec, topology, weights or {})


@pytest.mark.parametrize(
    ("strategy", "zones", "weights", "expected"),
    [
        ("LeastAllocated", [zone(0, "8", "8Gi")], {}, 75),
        ("LeastAllocated", [zone(0, "8", "4Gi")], {"cpu": 3}, 68),
        ("LeastAllocated", [zone(0, "8", "4Gi")], {"cpu": 3, "memory": -1}, 68),
        ("MostAllocated", [zone(0, "8", "8Gi")], {}, 25),
        # The lowest score above 0 decides, whichever zone would be used.
        ("LeastAllocated", [zone(0, "8", "8Gi"), zone(1, "4", "4Gi")], {}, 50),
        ("LeastAllocated", [zone(0, "8", "8Gi"), zone(1, "1", "1Gi")], {}, 75),
        ("BalancedAllocation", [zone(0, "8", "8Gi")], {}, 100),
        ("BalancedAllocation", [zone(0, "4", "2Gi")], {}, 87),
        ("BalancedAllocation", [zone(0, "1", "8Gi")], {}, 0),
    ],
)
def test_a_zone_is_scored_by_how_full_it_would_be(strategy, zones, weights, expected):
    assert score(strategy, pod(container()), *zones, weights=weights) == expected


def test_a_part_of_a_cpu_counts_as_one():
    half = pod(container("500m", "2Gi"))
    assert score("LeastAllocated", half, zone(0, "2", "4Gi")) == 50


def test_what_zones_do_not_report_scores_nothing_and_counts():
    with_kvm = pod(container(**{"devices.kubevirt.io/kvm": "1"}))
    assert score("LeastAllocated", with_kvm, zone(0, "8", "8Gi")) == 50
    assert score("LeastNUMANodes", with_kvm, zone(0, "8", "8Gi")) == 0


def test_containers_are_averaged_and_nothing_is_subtracted():
    spec = pod(container("2", "2Gi"), container("4", "4Gi"), init=[container("7", "7Gi")])
    assert score("LeastAllocated", spec, zone(0, "8", "8Gi")) == (75 + 50 + 12) // 3
    assert score("LeastAllocated", spec, zone(0, "8", "8Gi"), attributes=BY_POD) == 12


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_pods_that_are_not_guaranteed_like_every_node(strategy):
    spec = pod(container(limits=False))
    assert numa_score(strategy, spec, None, {}) == 100


NEAR = {0: 10, 1: 20, 2: 40}
ZONES = (
    zone(0, "4", costs=NEAR),
    zone(1, "4", costs={0: 20, 1: 10, 2: 40}),
    zone(2, "4", costs={0: 40, 1: 40, 2: 10}),
)


@pytest.mark.parametrize(
    ("cpus", "zones", "expected"),
    [
        (["4"], ZONES, 94),  # 100 - 12, and 6 for the least distance
        (["8"], ZONES, 82),  # 0 and 1 are the closest pair
        (["8"], (ZONES[0], zone(1, "1", costs=ZONES[1].costs), ZONES[2]), 76),  # but 1 is full
        (["12"], ZONES, 70),
        (["13"], ZONES, 0),
        (["4", "4", "4"], ZONES, 94),
        (["4", "4", "4", "1"], ZONES, 0),
        (["8", "4"], ZONES, 82),  # the neediest container counts
        (["4"], (zone(0, "4"), zone(1, "4")), 94),  # unknown distances are all alike
    ],
)
def test_few_and_close_zones_are_liked(cpus, zones, expected):
    spec = pod(*(container(cpu, "1Gi") for cpu in cpus))
    for attributes in ({}, SINGLE):
        assert score("LeastNUMANodes", spec, *zones, attributes=attributes) == expected


def test_the_most_zones_there_may_be_set_the_step():
    two = {"topologyManagerMaxNUMANodes": "2"}
    assert score("LeastNUMANodes", pod(container("4")), zone(0), attributes=two) == 75


def test_init_containers_are_subtracted_there():
    spec = pod(container("4"), init=[container("4")])
    assert score("LeastNUMANodes", spec, zone(0, "4")) == 0
