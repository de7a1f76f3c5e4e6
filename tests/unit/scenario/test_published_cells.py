"""NodeResourceTopology objects tell the cells of real nodes."""

from pathlib import Path

import pytest

from tests.real import REAL, needs_real

_HEAD = """\
apiVersion: ove-capacity/v1
name: published
platform: {openshift: "4.20"}
clusters:
  production:
    nodes: [nodes.yaml]
    kubelet: {KUBELET}
"""
_NODE = """\
apiVersion: v1
kind: Node
metadata: {name: NAME, labels: {node-role.kubernetes.io/worker: ""}}
status:
  capacity: {cpu: "80", memory: 528000000Ki, hugepages-1Gi: 7Gi, hugepages-2Mi: 384Mi}
  allocatable: {cpu: "78", memory: 519000000Ki, hugepages-1Gi: 7Gi, hugepages-2Mi: 384Mi}
---
"""
_ZONE = """\
- name: node-{n}
  type: Node
  costs: [{{name: node-0, value: {near}}}, {{name: node-1, value: {far}}}]
  resources:
  - {{name: cpu, capacity: "40", allocatable: "{cpu}", available: "{cpu}"}}
  - {{name: memory, capacity: 64Gi, allocatable: "{memory}Mi", available: 1Gi}}
  - {{name: hugepages-1Gi, capacity: {huge}Gi, allocatable: {huge}Gi, available: {huge}Gi}}
  - {{name: nvidia.com/A100, capacity: "{n}", allocatable: "{n}", available: "{n}"}}
"""
_PUBLISHED = (
    """\
apiVersion: topology.node.k8s.io/v1alpha2
kind: NodeResourceTopology
metadata: {name: w0}
attributes:
- {name: topologyManagerPolicy, value: single-numa-node}
- {name: topologyManagerScope, value: pod}
zones:
"""
    + _ZONE.format(n=0, near=10, far=21, cpu=38, memory=(64 - 6) * 1024 - 1124, huge=6)
    + _ZONE.format(n=1, near=21, far=10, cpu=40, memory=63 * 1024, huge=1)
)
_BARE = """\
kind: Node
apiVersion: v1
metadata: {name: w9, labels: {node-role.kubernetes.io/worker: ""}}
status: {capacity: {cpu: "8"}}
---
"""
_SAID = "cpuManagerPolicy: static, memoryManagerPolicy: Static"
_SAID += ", topologyManagerPolicy: single-numa-node, topologyManagerScope: pod"


@pytest.fixture
def published(scenario):
    def made(objects, said=_SAID):
        case = scenario(small=_HEAD.replace("KUBELET", said), files={"nodes.yaml": objects})
        return case.fleet.clusters[0].nodes, case

    return made


def _told(case):
    return [each for each in case.warnings if "topology manager policy" in each]


def test_cells_of_a_node_are_those_it_publishes(published):
    (node,), case = published(_NODE.replace("NAME", "w0") + _PUBLISHED)
    machine, config = node.kubelet.machine, node.kubelet.config
    assert [len(cell.cores) for cell in machine.cells] == [20, 20]
    assert [cell.cores[0].threads for cell in machine.cells] == [(0, 40), (20, 60)]
    assert [dict(cell.hugepages) for cell in machine.cells] == [{"1Gi": 6}, {"1Gi": 1}]
    assert [cell.distances for cell in machine.cells] == [(10, 21), (21, 10)]
    assert machine.devices == {"nvidia.com/A100": {0: 0, 1: 1}}
    assert [(each.cell, dict(each.limits)) for each in config.reserved_memory] == [
        (0, {"memory": 1124 << 20})
    ]
    assert node.kubelet.kept == {"cpu": 2000}
    assert any(each.name == "node.topology (80 CPUs)" for each in case.assumptions)
    assert not _told(case)


def test_the_policy_that_a_node_publishes_is_told_where_another_counts(published):
    (node,), case = published(_NODE.replace("NAME", "w0") + _PUBLISHED, "maxPods: 250")
    assert node.kubelet is None
    (told,) = _told(case)
    assert "nodes.yaml:8:" in told
    assert "single-numa-node, scope pod; counted with are none and container" in told
    _, case = published(
        _NODE.replace("NAME", "w0") + _PUBLISHED, _SAID.replace("Scope: pod", "Scope: container")
    )
    assert "counted with are single-numa-node and container" in _told(case)[0]


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (("name: w0", "name: w9"), "no worker among the nodes is called 'w9'"),
        (("name: node-1\n", "name: node-7\n"), "its zones are no cells node-0, node-1"),
        (('"40", allocatable: "38"', '"40000000", allocatable: "38"'), "its zones are no cells"),
        (("zones:", "zones: []\nothers:"), "its zones are no cells"),
    ],
)
def test_what_cannot_be_used_is_told(published, spoilt, words):
    objects = _NODE.replace("NAME", "w0") + _PUBLISHED.replace(*spoilt)
    (node,), case = published(objects, "cpuManagerPolicy: static")
    assert any(words in each for each in case.warnings)
    assert [len(cell.cores) for cell in node.kubelet.machine.cells] == [20, 20]


@needs_real
def test_objects_of_a_real_cluster_are_read(published):
    text = (Path(REAL) / "nrt" / "openshift-docs-two-workers.yaml").read_text()
    nodes = "".join(_NODE.replace("NAME", f"worker-{n}") for n in range(2))
    found, case = published(nodes + text, _SAID.replace("Scope: pod", "Scope: container"))
    assert not _told(case)
    for node in found:
        assert [len(cell.cores) for cell in node.kubelet.machine.cells] == [20, 20]
        kept = node.kubelet.config.reserved_memory[0].limits
        assert kept == {"memory": 1124 << 20}
        pages = {cell.hugepages["1Gi"] for cell in node.kubelet.machine.cells}
        assert pages == {6, 1}


def test_a_node_that_says_no_size_has_no_kubelet_to_ask(published):
    nodes, case = published(_BARE)
    assert nodes[0].kubelet is None
    assert any("node w9 says no memory of its own" in warning for warning in case.warnings)
