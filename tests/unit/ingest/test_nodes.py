"""Node objects -> pools: which machines are alike, and what is said of each."""

from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.nodes import ingest_nodes
from ove_capacity.model.resources import CPU, MEMORY
from ove_capacity.scenario import load
from tests.real import REAL, needs_real
from tests.unit.ingest.objects import node_text, pod_text, pods_text


def loaded(tmp_path, *texts, **options):
    """The scenario made of Node objects, read again."""
    source = tmp_path / "nodes.yaml"
    source.write_text("---\n".join(texts))
    sketch = ingest_nodes(source, **options)
    file = tmp_path / "made.yaml"
    file.write_text(sketch.text)
    return sketch, load(file)


def pools(case):
    found = {}
    for node in case.fleet.clusters[0].nodes:
        found[node.pool] = found.get(node.pool, 0) + 1
    return found


def test_like_machines_make_one_pool_with_the_smallest_memory(tmp_path):
    texts = [node_text(f"w{i}", memory_ki=32651592 - i) for i in range(3)]
    sketch, case = loaded(tmp_path, *texts)
    assert pools(case) == {"worker": 3}
    assert case.fleet.clusters[0].nodes[0].capacity[MEMORY] == 32651590 << 10
    assert "the smallest of the pool" in sketch.text


@pytest.mark.parametrize(
    "other",
    [
        node_text("w9", cpu=32),
        node_text("w9", memory_ki=65303184),
        node_text("w9", extra="    disk: ssd\n"),
        node_text("w9").replace("spec: {}", "spec: {taints: [{key: a, effect: NoExecute}]}"),
        node_text("w9").replace("spec: {}", "spec: {unschedulable: true}"),
        node_text("w9").replace('pods: "250"', 'nvidia.com/A100: "2", pods: "250"'),
    ],
    ids=["cpus", "memory", "labels", "taints", "cordoned", "devices"],
)
def test_machines_that_differ_make_pools_of_their_own(other, tmp_path):
    sketch, case = loaded(tmp_path, node_text("w0"), node_text("w1"), other)
    (odd,) = set(pools(case)) - {"worker"}
    assert pools(case) == {"worker": 2, odd: 1}
    assert "role: worker" in sketch.text
    assert all(node.is_worker for node in case.fleet.clusters[0].nodes)


def test_a_label_that_names_each_machine_is_set_aside_and_said(tmp_path):
    texts = [node_text(f"w{i}", extra=f"    rack/slot: s{i}\n") for i in range(3)]
    sketch, case = loaded(tmp_path, *texts)
    assert pools(case) == {"worker": 3}
    assert ("label", 3, 0, 3, "rack/slot: different on each machine") in sketch.report.rows


def test_zones_keep_their_order_and_repeat(tmp_path):
    zone = "    topology.kubernetes.io/zone: {}\n"
    texts = [node_text(f"w{i}", extra=zone.format("ab"[i % 2])) for i in range(4)]
    sketch, case = loaded(tmp_path, *texts)
    assert "zones: [a, b]" in sketch.text
    zones = [n.labels["topology.kubernetes.io/zone"] for n in case.fleet.clusters[0].nodes]
    assert zones == ["a", "b", "a", "b"]


def test_pods_beside_the_nodes_are_measured(tmp_path):
    pods = pods_text(pod_text("a", "w0", memory="2Gi"))
    sketch, _ = loaded(tmp_path, node_text("w0"), pods)
    assert "- {cpu: 100m, memory: 2048Mi, pods: 1}" in sketch.text


def test_what_no_machine_has_is_set_aside(tmp_path):
    broken = node_text("w1", memory_ki=0).replace("memory: -1150976Ki", "memory: 0")
    bytes_ = node_text("w0").replace('pods: "250"', 'example.com/bytes: 9Gi, pods: "250"')
    pods = pods_text(pod_text("a", "w0", memory="99Ei"), pod_text("b", "w0"))
    sketch, case = loaded(tmp_path, bytes_, broken, pods)
    assert pools(case) == {"worker": 1}
    why = {(row[0], row[3], row[4]) for row in sketch.report.rows}
    assert ("Node", 1, "offers no CPU or no memory") in why
    assert ("Pod", 1, "asks for more than any machine has") in why
    assert ("device", 1, "example.com/bytes: more than a scenario counts") in why


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('memory: "16", pods: "250"', "says bytes where MiB are meant"),
        ('ephemeral-storage: "16", pods: "250"', "says bytes where MiB are meant"),
        ("hugepages-1Gi: 99Gi, pods: 250", "its hugepages take more memory than it has"),
        ("pods: 9M", "has more pods or hugepages than a scenario counts"),
    ],
)
def test_a_node_that_no_scenario_can_say_is_set_aside(tmp_path, written, why):
    said = node_text("w1").replace('pods: "250"', written).replace("memory: 32651592Ki, mem", "mem")
    said = said.replace("memory: 31500616Ki, mem", "mem")
    sketch, case = loaded(tmp_path, node_text("w0"), said)
    assert pools(case) == {"worker": 1}
    assert ("Node", 1, why) in {(row[0], row[3], row[4]) for row in sketch.report.rows}


def test_objects_without_kind_and_a_list_without_kind_are_known(tmp_path):
    source = tmp_path / "nodes.json"
    source.write_text(
        '{"items": [{"metadata": {"name": "w0", "labels": {}}, "status": {"capacity": '
        '{"cpu": "4", "memory": "16Gi"}, "nodeInfo": {"kubeletVersion": "v1.28.2"}}}]}'
    )
    assert "pools:\n      # w0\n      worker:" in ingest_nodes(source).text


def test_a_folder_is_referred_to_when_that_is_wanted(tmp_path):
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes/n.yaml").write_text(node_text("w0"))
    file = tmp_path / "made.yaml"
    file.write_text(ingest_nodes(tmp_path / "nodes", name="lab", folder="nodes").text)
    assert [node.name for node in load(file).fleet.cluster("lab").nodes] == ["w0"]


@pytest.mark.parametrize(
    ("kubelet", "openshift", "said"),
    [
        ("v1.28.6+6216ea1", "4.15", "runs OpenShift 4.15."),
        ("v1.20.0", "4.14", "runs OpenShift 4.7, which is not modelled; 4.14 is the nearest"),
        ("unknown", None, "No release was found"),
    ],
)
def test_the_release_is_that_of_the_kubelets(kubelet, openshift, said, tmp_path):
    sketch, _ = loaded(tmp_path, node_text("w0").replace("v1.28.6+6216ea1", kubelet))
    assert said in sketch.decisions[0]
    assert (f'openshift: "{openshift}"' in sketch.text) == (openshift is not None)


def test_a_name_that_yaml_reads_otherwise_is_quoted(tmp_path):
    sketch, case = loaded(tmp_path, node_text("w0", extra='    a/b: "no"\n    "1": "0x1f"\n'))
    labels = case.fleet.clusters[0].nodes[0].labels
    assert (labels["a/b"], labels["1"]) == ("no", "0x1f")
    assert case.warnings == tuple(w for w in case.warnings if "kubectl" not in w)
    assert sketch.text.isprintable() or "\n" in sketch.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
            "holds no Node that offers CPU and memory",
        ),
        (node_text("w0").replace("32651592Ki", "much"), "'much' is not a quantity"),
        (node_text("w0").replace("pods:", """'hugepages-1Gi"': 1Gi, pods:"""), "not a quantity"),
        (node_text("w0").replace("pods:", "hugepages-0: 1Gi, pods:"), "not the size of a page"),
        (node_text("w" * 254), r"must have at most 253 characters \(has 254\)"),
        ("a: [1", "is not YAML"),
        ("", "is empty"),
    ],
)
def test_bad_input_is_refused_with_its_place(text, said, tmp_path):
    source = tmp_path / "bad.yaml"
    source.write_text(text)
    with pytest.raises(ScenarioError, match=said) as error:
        ingest_nodes(source)
    assert all(each.line and each.file.endswith("bad.yaml") for each in error.value.problems)


@needs_real
def test_real_bare_metal_nodes_make_pools_of_the_same_amounts(tmp_path):
    file = tmp_path / "made.yaml"
    file.write_text(ingest_nodes(Path(REAL, "nodes/nto")).text)
    nodes = load(file).fleet.clusters[0].nodes
    found = {
        node.pool: (
            (node.capacity[CPU], node.allocatable[CPU]),
            (node.capacity[MEMORY] >> 10, node.allocatable[MEMORY] >> 10),
            node.capacity.get("hugepages-2Mi", 0) >> 20,
        )
        for node in nodes
    }
    assert found == {
        "master": ((112_000, 111_500), (263542292, 262391316), 0),
        "worker-cnf": ((80_000, 74_000), (196633676, 195245132), 256),
        "worker": ((32_000, 31_500), (196648112, 195497136), 0),
    }


@needs_real
def test_nodes_of_an_insights_archive_are_known_without_a_kind():
    sketch = ingest_nodes(Path(REAL, "nodes/insights"))
    assert ("Node", 2, 2, 0, "") in sketch.report.rows


def test_what_a_scenario_would_refuse_is_said_before_it_refers_to_it(tmp_path):
    (tmp_path / "nodes.yaml").write_text(node_text("w0"))
    (tmp_path / "vm.yaml").write_text("apiVersion: kubevirt.io/v1\nkind: VirtualMachine\n")
    assert "count: 1" in ingest_nodes(tmp_path).text
    with pytest.raises(ScenarioError, match=r"vm\.yaml:1:1: .*"):
        ingest_nodes(tmp_path, folder="objects")


def test_a_list_too_large_to_hold_is_read_item_by_item_as_far_as_it_goes(tmp_path, monkeypatch):
    for module in ("ingest.cluster_dump", "manifests.files"):
        monkeypatch.setattr(f"ove_capacity.{module}.MAX_BYTES", 2_000)
    items = "".join(
        "- " + node_text(f"w{i}").replace("\n", "\n  ").rstrip() + "\n" for i in range(9)
    )
    (tmp_path / "in").mkdir()
    file = tmp_path / "in/nodes.yaml"
    file.write_text(f"apiVersion: v1\nitems:\n{items}kind: List\n")
    assert "count: 9" in ingest_nodes(file).text
    file.write_text(f"apiVersion: v1\nitems:\n{items}- x: [\n")
    sketch = ingest_nodes(tmp_path / "in")
    assert "count: 9" in sketch.text
    assert ("file", 1, 0, 1, "cannot be read to its end") in sketch.report.rows
    with pytest.raises(ScenarioError, match=r"nodes\.yaml:"):
        ingest_nodes(file)


def test_root_disks_of_storage_machines_are_no_raw_storage(tmp_path):
    disk = "ephemeral-storage: 400Gi"
    node = node_text("s0", role="storage").replace('pods: "250"}', f'pods: "250", {disk}}}')
    (tmp_path / "nodes.yaml").write_text(node)
    (tmp_path / "made.yaml").write_text(ingest_nodes(tmp_path / "nodes.yaml").text)
    assert "storage: 400Gi" in (tmp_path / "made.yaml").read_text()
    assert load(tmp_path / "made.yaml").fleet.clusters[0].storage == ()
