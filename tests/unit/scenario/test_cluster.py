"""From sections, profiles and Node objects to clusters."""

import pytest

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.node import Taint
from ove_capacity.model.topology import Topology

_NODE = """\
apiVersion: v1
kind: Node
metadata:
  name: {name}
  labels: {{node-role.kubernetes.io/worker: "", kubernetes.io/arch: amd64}}
status:
  capacity: {{cpu: "16", memory: 64Gi, pods: "250"}}
  allocatable: {{cpu: 15500m, memory: 62Gi, pods: "250"}}
---
"""
_POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: openshift-x}}
spec:
  nodeName: {node}
  containers: [{{name: c, resources: {{requests: {{cpu: 100m}}}}}}]
---
"""
_POOL = "clusters: {a: {pools: {worker: {count: 1, node: {NODE, memory: 64Gi}}}}}\n"
_HEAD = "apiVersion: ove-capacity/v1\nname: x\n"


def _assumed(case, name):
    return [each for each in case.assumptions if each.name.startswith(name)]


def test_a_pool_becomes_alike_nodes(scenario):
    cluster = scenario().fleet.clusters[0]
    assert [node.name for node in cluster.nodes] == ["one-worker-0", "one-worker-1"]
    node = cluster.nodes[1]
    assert node.is_worker
    assert node.labels["kubernetes.io/hostname"] == "one-worker-1"
    assert node.labels["kubevirt.io/schedulable"] == "true"
    assert node.allocatable["devices.kubevirt.io/kvm"] == 1000
    # born on 4.22: the node sizes its own reserve, 2 GiB of 32, and 100Mi for eviction
    assert node.allocatable["memory"] == (30 << 30) - (100 << 20)
    assert node.platform["pods"] == 23


def test_the_profile_gives_pools_and_the_scenario_changes_them(scenario):
    text = "clusters: {a: {profile: production, pools: {worker: {count: 4}, gpu: {count: 1, node: "
    text += "{cpu: 64, memory: 512Gi, devices: {nvidia.com/A100: 2}}, taints: [{key: gpu}]}}}}\n"
    cluster = scenario(text, small=_HEAD).fleet.clusters[0]
    pools = [node.pool for node in cluster.nodes]
    assert {pool: pools.count(pool) for pool in pools} == {
        "master": 3,
        "worker": 4,
        "storage": 3,
        "gpu": 1,
    }
    master, gpu = cluster.nodes[0], cluster.nodes[-1]
    assert master.taints == (Taint("node-role.kubernetes.io/master"),)
    assert "kubevirt.io/schedulable" not in master.labels
    assert (gpu.taints, gpu.allocatable["nvidia.com/A100"]) == ((Taint("gpu"),), 2)
    assert len(cluster.workers) == 5


def test_zones_are_filled_in_turn(scenario):
    pool = "clusters.one.pools.worker"
    nodes = scenario(set={f"{pool}.zones": "[x, y]", f"{pool}.count": 3}).fleet.clusters[0].nodes
    assert [node.labels["topology.kubernetes.io/zone"] for node in nodes] == ["x", "y", "x"]


def test_the_profile_names_the_release_when_the_platform_does_not(scenario):
    profile = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-profile-p}\ndata:\n"
        "  profile: |\n    worker_nodes: 1\n    node_specifications:\n"
        "      worker: {cpu: 8, memory: 32Gi}\n"
        "    virtualization: {kubevirt_version: v1.1.0, hugepages: 1Gi, cpu_pinning: enabled}\n"
    )
    text = "clusters: {a: {manifests: p.yaml, profile: p}}\n"
    case = scenario(text, {"p.yaml": profile}, small=_HEAD)
    assert str(case.fleet.clusters[0].release.openshift) == "4.15"
    assert "cpumanager" not in case.fleet.clusters[0].nodes[0].labels
    assert not _assumed(case, "kubelet.cpu_manager_policy")
    assert _assumed(case, "node.hugepages-1Gi")[0].value == "0 pages a worker"
    other = scenario(text + "platform: {openshift: '4.22'}\n", {"p.yaml": profile}, small=_HEAD)
    assert any("says KubeVirt v1.1.0, the platform brings v1.8.4" in w for w in other.warnings)


def test_assumed_hugepages_and_labels_are_reported(scenario):
    profile = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-profile-p}\ndata:\n"
        "  profile: |\n    worker_nodes: 1\n    node_specifications:\n"
        "      worker: {cpu: 8, memory: 32Gi}\n    virtualization: {hugepages: 1Gi}\n"
    )
    text = "clusters: {a: {manifests: p.yaml, profile: p}}\n"
    text += "assume: {hugepages: {1Gi: 16}, nodeLabels: {vm-workload: 'true'}}\n"
    case = scenario(text, {"p.yaml": profile}, small=_HEAD)
    node = case.fleet.clusters[0].nodes[0]
    assert node.allocatable["hugepages-1Gi"] == 16 << 30
    assert node.labels["vm-workload"] == "true"
    assert [each.evidence for each in _assumed(case, "node.labels")] == [Evidence.ASSUMED]


def test_one_assumption_names_all_the_clusters_that_used_it(scenario):
    text = "clusters: {a: {profile: staging}, b: {profile: staging}}\n"
    case = scenario(text, small=_HEAD)
    assert {each.applies_to for each in case.assumptions} == {"a, b"}


def test_node_objects_are_taken_at_their_word(scenario):
    text = "clusters: {a: {nodes: nodes/}}\n"
    case = scenario(text, {"nodes/n.yaml": _NODE.format(name="w1")}, small=_HEAD)
    node = case.fleet.clusters[0].nodes[0]
    assert node.allocatable == {"cpu": 15_500, "memory": 62 << 30, "pods": 250}
    assert "kubevirt.io/schedulable" not in node.labels
    assert node.platform["pods"] == 19


def test_virtualization_is_added_to_node_objects_when_assumed(scenario):
    text = "clusters: {a: {nodes: nodes/, assume: {virtualization: installed}}}\n"
    case = scenario(text, {"nodes/n.yaml": _NODE.format(name="w1")}, small=_HEAD)
    node = case.fleet.clusters[0].nodes[0]
    assert node.labels["kubevirt.io/schedulable"] == "true"
    assert node.allocatable["devices.kubevirt.io/tun"] == 1000
    assert _assumed(case, "node.virtualization")


_HYPERCONVERGED = "apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged\nmetadata: {name: h}\n"
_OTHER = "apiVersion: v1\nkind: Namespace\nmetadata: {name: vms}\n"


@pytest.mark.parametrize(
    ("more", "is_virtualized"),
    [
        ("", True),  # nothing is known of its objects
        ("manifests: hco.yaml", True),
        ("manifests: other.yaml", False),
        ("manifests: other.yaml, assume: {virtualization: installed}", True),
    ],
)
def test_manifests_without_virtualization_are_taken_at_their_word(scenario, more, is_virtualized):
    pools = "pools: {worker: {count: 1, node: {cpu: 8, memory: 32Gi}}}"
    text = f"clusters:\n  a: {{manifests: hco.yaml, {pools}}}\n  b: {{{pools}, {more}}}\n"
    files = {"hco.yaml": _HYPERCONVERGED, "other.yaml": _OTHER}
    case = scenario(text, files, small=_HEAD)
    labels = case.fleet.cluster("b").nodes[0].labels
    assert ("kubevirt.io/schedulable" in labels) is is_virtualized
    told = [each for each in case.warnings if "installs OpenShift Virtualization" in each]
    assert len(told) == (0 if is_virtualized else 1)


def test_where_no_manifest_installs_virtualization_it_is_there(scenario):
    text = "clusters: {a: {manifests: other.yaml, profile: staging}}\n"
    case = scenario(text, {"other.yaml": _OTHER}, small=_HEAD)
    assert "kubevirt.io/schedulable" in case.fleet.clusters[0].workers[0].labels


_CONFIGURED = (
    _HYPERCONVERGED
    + """\
spec:
  resourceRequirements: {vmiCPUAllocationRatio: 4}
  virtualMachineOptions: {disableSerialConsoleLog: true}
"""
)


def test_what_a_hyperconverged_says_counts_and_is_no_assumption(scenario):
    text = "clusters: {a: {manifests: hco.yaml, profile: staging}, b: {profile: staging}}\n"
    case = scenario(text, {"hco.yaml": _CONFIGURED}, small=_HEAD)
    assert case.fleet.cluster("a").kubevirt.cpu_allocation_ratio == 4
    assert case.fleet.cluster("b").kubevirt.cpu_allocation_ratio == 10
    ratio, console = "virtualization.cpu_allocation_ratio", "virtualization.guest_console_log"
    assumed = {each.name: each.applies_to for each in case.assumptions}
    assert (assumed[ratio], assumed[console]) == ("b", "b")
    assert assumed["virtualization.eviction_strategy"] == "a, b"
    told = {each.name: each for each in case.origins if each.cluster == "a"}
    assert (told[ratio].value, told[ratio].level) == ("4", "manifest")
    assert told[console].place.endswith("hco.yaml:6:52")


def test_a_hyperconverged_among_the_fleets_manifests_is_refused(problems):
    text = "manifests: hco.yaml\nclusters: {a: {profile: staging}}\n"
    found = problems(text, {"hco.yaml": _HYPERCONVERGED}, small=_HEAD)
    assert "a HyperConverged belongs to one cluster" in found[0]


def test_listed_pods_replace_the_assumption_about_them(scenario):
    pods = _POD.format(name="p1", node="w1") + _POD.format(name="p2", node="elsewhere")
    text = "clusters: {a: {nodes: nodes/}}\n"
    case = scenario(text, {"nodes/n.yaml": _NODE.format(name="w1") + pods}, small=_HEAD)
    cluster = case.fleet.clusters[0]
    assert cluster.nodes[0].platform == {}
    assert [pod.name for pod in cluster.pods] == ["p1"]
    assert _assumed(case, "platform.") == [] or not _assumed(case, "platform.worker")
    assert any("1 pods are on no node" in warning for warning in case.warnings)


def test_two_nodes_of_one_name_are_refused(problems):
    text = "clusters: {a: {nodes: nodes/}}\n"
    found = problems(text, {"nodes/n.yaml": _NODE.format(name="w1") * 2}, small=_HEAD)
    assert "has two nodes named 'w1'" in found[0]


@pytest.mark.parametrize(
    ("kubelet", "cpu", "memory_mib"),
    [
        ("{reservedSystemCPUs: '0-1,4'}", 5_000, 32 * 1024 - 1024 - 100),
        ("{systemReserved: {cpu: 1, memory: 2Gi}}", 7_000, 30 * 1024 - 100),
        ("{autoSizingReserved: false, evictionMemoryAvailable: 1Gi}", 7_500, 30 * 1024),
    ],
)
def test_the_kubelet_section_decides_what_is_left(scenario, kubelet, cpu, memory_mib):
    node = scenario(f"    kubelet: {kubelet}\n").fleet.clusters[0].nodes[0]
    assert node.allocatable["cpu"] == cpu
    assert node.allocatable["memory"] == memory_mib << 20


def test_what_comes_later_is_named_in_one_warning(scenario):
    small = _HEAD + "clusters: {one: {profile: staging}}\nevents: [{kind: upgrade, at: 3d}]\n"
    warnings = scenario(small=small).warnings
    assert any(each.endswith("read, not modelled yet: events[0] (upgrade)") for each in warnings)


def test_a_managed_cluster_template_labels_its_cluster(scenario):
    managed = (
        "apiVersion: cluster.open-cluster-management.io/v1\nkind: ManagedCluster\n"
        "metadata:\n  name: app-{{ .Values.environment }}\n"
        "  labels: {environment: '{{ .Values.environment }}', region: x}\n"
    )
    text = "    manifests: m.yaml\n    values: {environment: test}\n    labels: {region: y}\n"
    cluster = scenario(text, {"m.yaml": managed}).fleet.clusters[0]
    assert cluster.labels == {"environment": "test", "region": "y"}


def test_a_kubevirt_version_alone_names_its_openshift(scenario):
    change = {"platform": {"kubevirt": "v1.1.0", "createdOn": "4.14"}}
    case = scenario(set=change)
    release = case.fleet.clusters[0].release
    assert (str(release.openshift), str(release.created_on)) == ("4.15", "4.14")
    assert not any(each.name == "platform.openshift" for each in case.assumptions)


def test_the_scenarios_own_folder_is_named_as_it_is(problems):
    told = problems("manifests: ''\n", {"n.yaml": "kind: Node\nmetadata: {name: w}\n"})
    assert told[0].startswith("n.yaml:1:1 — a Node belongs to one cluster")


@pytest.mark.parametrize(
    ("node", "cpus", "layout"),
    [
        ("sockets: 2, cores: 32, threads: 2", 128, Topology(2, 32, 2)),
        ("sockets: 2, cellsPerSocket: 2, cores: 8, threads: 1", 16, Topology(2, 8, 1, 2)),
        ("sockets: 2, cores: 32, threads: 2, cpu: 128", 128, Topology(2, 32, 2)),
        ("cores: 32, threads: 2, cpu: 128", 128, Topology(2, 32, 2)),
        ("cpu: 128", 128, None),
    ],
)
def test_sockets_cores_and_threads_say_how_many_cpus(scenario, node, cpus, layout):
    case = scenario(_POOL.replace("NODE", node), small=_HEAD)
    made = case.fleet.clusters[0].nodes[0]
    assert (made.capacity["cpu"], made.topology) == (cpus * 1000, layout)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            "sockets: 2, cores: 32, threads: 2, cpu: 64",
            "node.cpu — says 64 CPUs, but 2 sockets x 32 cores x 2 threads are 128",
        ),
        ("cores: 32, threads: 2", "node — 'sockets' is missing beside 'cores' and 'threads'"),
        ("sockets: 2, cores: 64", "node — 'threads' is missing beside 'sockets' and 'cores'"),
        ("cores: 8, cpu: 64", "node — 'sockets' and 'threads' are missing beside 'cores'"),
        ("sockets: 2", "node — 'cpu' is missing, and no profile says it"),
        ("sockets: 3, threads: 2, cpu: 64", "node.cpu — is no multiple of 3 sockets x 2 threads"),
        ("cellsPerSocket: 2, cpu: 64", "node.cellsPerSocket — needs sockets, cores and threads"),
        ("sockets: 1, cellsPerSocket: 3, cores: 8, threads: 1", "must divide the 8 cores"),
        ("sockets: 1, cores: 8, threads: 16", "node.threads — must be at most 8 (got 16)"),
    ],
)
def test_a_contradiction_of_processors_shows_both_numbers(problems, node, words):
    found = problems(_POOL.replace("NODE", node), small=_HEAD)
    assert len(found) == 1
    assert words in found[0]


def test_sockets_alone_are_set_aside_with_a_warning(scenario):
    case = scenario(_POOL.replace("NODE", "sockets: 2, cpu: 64"), small=_HEAD)
    assert case.fleet.clusters[0].nodes[0].topology is None
    assert any("sockets — says nothing without cores and threads" in w for w in case.warnings)
