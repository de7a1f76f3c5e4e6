"""Every mistake at once, with its place, in the words of the file."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.scenario import load

_ONE = "clusters: {one: {profile: staging}}\n"

MISTAKES = {
    "an unknown field": (
        _ONE + "nam: x\n",
        "s.yaml:4:1: nam — no such field; did you mean 'name'?",
    ),
    "an unknown field deep within": (
        "clusters: {one: {profile: staging, kubelet: {maxPod: 5}}}\n",
        "s.yaml:3:46: clusters.one.kubelet.maxPod — no such field; did you mean 'maxPods'?",
    ),
    "a negative count": (
        "clusters: {one: {pools: {worker: {count: -9}}}}\n",
        "s.yaml:3:42: clusters.one.pools.worker.count — must be at least 0 (got -9)",
    ),
    "a wrong type": (
        "clusters: {one: {pools: {worker: {count: many}}}}\n",
        "s.yaml:3:42: clusters.one.pools.worker.count — must be a whole number (got 'many')",
    ),
    "text that looks like a boolean": (
        _ONE
        + "workloads: [{name: a, cluster: one, cpu: 1, memory: 1Gi, dedicatedCpuPlacement: yes}]\n",
        "s.yaml:4:81: workloads[0].dedicatedCpuPlacement — must be true or false (got 'yes')",
    ),
    "no quantity": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 32GiB}}}}}\n",
        "s.yaml:3:68: clusters.one.pools.worker.node.memory — "
        "'32GiB' is not a quantity like 64Gi, 500m or 1.5",
    ),
    "more than 64 bits can count": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 1Ei}}}}}\n",
        "s.yaml:3:68: clusters.one.pools.worker.node.memory — "
        "is more than any machine has, and more than we can count (got '1Ei')",
    ),
    "a label that is a number": (
        "clusters: {one: {profile: staging, labels: {tier: 1}}}\n",
        "s.yaml:3:51: clusters.one.labels.tier — must be text: put it in quotes (got 1)",
    ),
    "one of several words": (
        "clusters: {one: {profile: staging, remediation: nhc-snt}}\n",
        "s.yaml:3:49: clusters.one.remediation — must be one of none, nhc-snr, nhc-far, mhc "
        "(got 'nhc-snt'); did you mean 'nhc-snr'?",
    ),
    "an unknown kind of event": (
        _ONE + "events: [{kind: node-los, every: 5d}]\n",
        "s.yaml:4:17: events[0].kind — must be one of node-loss, arrivals, upgrade, cordon, ",
    ),
    "an event without a kind": (
        _ONE + "events: [{every: 5d}]\n",
        "s.yaml:4:10: events[0] — 'kind' is missing",
    ),
    "an unknown field of an event, without the union's tag": (
        _ONE + "events: [{kind: node-loss, every: 5d, nod: w1}]\n",
        "s.yaml:4:39: events[0].nod — no such field; did you mean 'node'?",
    ),
    "a missing field": (
        _ONE + "workloads: [{cluster: one, cpu: 1, memory: 1Gi}]\n",
        "s.yaml:4:13: workloads[0] — 'name' is missing",
    ),
    "a section that is a list": (
        _ONE + "policies: []\n",
        "s.yaml:4:11: policies — must be a mapping (got a list)",
    ),
    "a duration without a unit": (
        _ONE + "until: 90\n",
        "s.yaml:4:8: until — must be a duration like 10m, 24h or 2d4h (got 90)",
    ),
    "an unknown KubeVirt": (
        _ONE + "platform: {kubevirt: banana}\n",
        "s.yaml:4:22: platform.kubevirt — 'banana' is not a KubeVirt version like v1.1.0",
    ),
    "an unknown release": (
        _ONE + 'platform: {openshift: "5.1"}\n',
        "s.yaml:4:23: platform.openshift — OpenShift 5.1 is not modelled; known are 4.14 to 4.23",
    ),
    "an unknown profile": (
        "clusters: {one: {profile: prodction}}\n",
        "s.yaml:3:27: clusters.one.profile — there is no profile 'prodction'; known: "
        "development, management, production, staging; did you mean 'production'?",
    ),
    "a cluster without nodes": (
        "clusters: {one: {}}\n",
        "s.yaml:3:12: clusters.one — has no nodes: give it a profile, pools or nodes",
    ),
    "an unknown cluster": (
        _ONE + "workloads: [{name: a, cluster: on, cpu: 1, memory: 1Gi}]\n",
        "s.yaml:4:32: workloads[0].cluster — there is no cluster 'on'; known: one; "
        "did you mean 'one'?",
    ),
    "neither cluster nor placement": (
        _ONE + "workloads: [{name: a, cpu: 1, memory: 1Gi}]\n",
        "s.yaml:4:13: workloads[0] — needs either cluster or placement (got neither)",
    ),
    "a template that is not there": (
        _ONE + "workloads: [{name: a, cluster: one, template: t}]\n",
        "s.yaml:4:47: workloads[0].template — there is no VirtualMachine 't'; known: none",
    ),
    "an instancetype that is not there": (
        _ONE + "workloads: [{name: a, cluster: one, instancetype: u1.mediun}]\n",
        "s.yaml:4:51: workloads[0].instancetype — unknown instancetype 'u1.mediun'",
    ),
    "a size from two sides": (
        _ONE + "workloads: [{name: a, cluster: one, instancetype: u1.small, cpu: 2}]\n",
        "s.yaml:4:13: workloads[0] — needs one of template, instancetype, or cpu and memory "
        "(got instancetype and cpu and memory)",
    ),
    "half a size": (
        _ONE + "workloads: [{name: a, cluster: one, cpu: 2}]\n",
        "s.yaml:4:13: workloads[0] — 'memory' is missing",
    ),
    "two workloads of one name": (
        _ONE + "workloads:\n" + "  - {name: a, cluster: one, cpu: 1, memory: 1Gi}\n" * 2,
        "s.yaml:6:12: workloads[1].name — workloads[0] has the name 'a' already",
    ),
    "a loss at no time": (
        _ONE + "events: [{kind: node-loss}]\n",
        "s.yaml:4:10: events[0] — needs either at or every (got neither)",
    ),
    "a loss of an unknown node": (
        _ONE + "events: [{kind: node-loss, node: one-worker-3, at: 1d}]\n",
        "s.yaml:4:34: events[0].node — there is no node 'one-worker-3'",
    ),
    "more hugepages than memory": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 8Gi, "
        "hugepages: {1Gi: 9}}}}}}\n",
        "s.yaml:3:34: clusters.one.pools.worker — its hugepages take more memory than",
    ),
    "more CPUs than any machine has": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8Gi, memory: 8Gi}}}}}\n",
        "s.yaml:3:57: clusters.one.pools.worker.node.cpu — are 8,589,934,592 CPUs: more than any",
    ),
    "more cores than any machine has": (
        "clusters: {one: {pools: {worker: {count: 1, node: {sockets: 2, cores: 1000000, "
        "threads: 1, memory: 8Gi}}}}}\n",
        "s.yaml:3:51: clusters.one.pools.worker.node — are 2,000,000 CPUs in 2 cells: more than",
    ),
    "cells that do not divide the cores": (
        "clusters: {one: {pools: {worker: {count: 1, node: {sockets: 2, cores: 4, threads: 1, "
        "cellsPerSocket: 3, memory: 8Gi}}}, kubelet: {cpuManagerPolicy: static}}}\n",
        "s.yaml:3:102: clusters.one.pools.worker.node.cellsPerSocket — must divide the 4 cores of",
    ),
    "pages of no size": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 8Gi, "
        "hugepages: {0: 1}}}}}}\n",
        "s.yaml:3:88: clusters.one.pools.worker.node.hugepages.0 — '0' is not the size of a page",
    ),
    "cells with pages of no size": (
        "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 8Gi, "
        "cells: [{memory: 8Gi, hugepages: {big: 0}}]}}}}}\n",
        "s.yaml:3:112: clusters.one.pools.worker.node.cells[0].hugepages.big — 'big' is not a",
    ),
    "a file that is not there": (
        "clusters: {one: {profile: staging, manifests: [absent/]}}\n",
        "s.yaml:3:48: clusters.one.manifests[0] — there is no file or folder 'absent/'",
    ),
    "a file outside the folder": (
        "clusters: {one: {profile: staging, nodes: ../}}\n",
        "s.yaml:3:43: clusters.one.nodes — ",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place(problems, text, message):
    found = problems(text, small="apiVersion: ove-capacity/v1\nname: x\n")
    assert any(each.startswith(message) for each in found), found


def test_all_mistakes_are_told_in_the_order_of_their_places(problems):
    text = "seed: -1\nuntil: x\nnam: y\n"
    assert [each.split(" ")[0] for each in problems(text)] == [
        "s.yaml:8:7:",
        "s.yaml:9:8:",
        "s.yaml:10:1:",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", ":1:1 — is not a scenario: it must be a mapping (got a list)"),
        ("apiVersion: v1\nkind: Node\n", ":2:7: kind — is a Kubernetes object (Node)"),
        ("apiVersion: ove-capacity/v2\nname: x\nclusters: {a: {}}\n", ":1:13: apiVersion — must"),
        ("a: 1\n---\nb: 2\n", ":3:1 — holds 2 documents; a scenario is one"),
        ("", ":1:1 — is empty"),
    ],
)
def test_what_is_no_scenario_is_told_so(tmp_path, content, message):
    file = tmp_path / "s.yaml"
    file.write_text(content)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert f"{file}{message}" in str(caught.value)


def test_a_mistake_in_a_manifest_points_there(problems):
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {capacity: {cpu: x}}\n"
    found = problems("    nodes: nodes\n", {"nodes/n.yaml": node})
    assert found[0].startswith("nodes/n.yaml:4:26: status.capacity.cpu — 'x' is not a quantity")


def test_an_object_of_one_cluster_may_not_stand_at_the_fleet(problems):
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n"
    found = problems("manifests: n.yaml\n", {"n.yaml": node})
    assert "n.yaml:1:1 — a Node belongs to one cluster: list it under" in found[0]
