"""Objects that configure a cluster -> sections of its scenario."""

from pathlib import Path

import pytest
import yaml

from ove_capacity.errors import ScenarioError
from ove_capacity.ingest.nodes import ingest_nodes
from ove_capacity.scenario import load
from tests.real import REAL, needs_real
from tests.unit.ingest.objects import node_text

MCO, SCALER = "machineconfiguration.openshift.io/v1", "autoscaling.openshift.io/v1"
POOL = "pools.operator.machineconfiguration.openshift.io/"
RBD = {"provisioner": "openshift-storage.rbd.csi.ceph.com"}


def thing(version, kind, name, /, annotations=None, labels=None, **body):
    meta = {"name": name, "annotations": annotations or {}, "labels": labels or {}}
    return yaml.safe_dump({"apiVersion": version, "kind": kind, "metadata": meta, **body})


def kubelet(name="workers", *, pool="worker", created="2026-01-01T00:00:00Z", **config):
    spec = {
        "machineConfigPoolSelector": {"matchLabels": {POOL + pool: ""}},
        "kubeletConfig": config,
    }
    made = yaml.safe_load(thing(MCO, "KubeletConfig", name, spec=spec))
    made["metadata"]["creationTimestamp"] = created
    return yaml.safe_dump(made)


def machine_set(name):
    return thing("machine.openshift.io/v1beta1", "MachineSet", name, spec={"replicas": 1})


def reach(name, least, most):
    target = {"kind": "MachineSet", "name": name}
    spec = {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": target}
    return thing("autoscaling.openshift.io/v1beta1", "MachineAutoscaler", name, spec=spec)


def on_machine(node, machine):
    return node_text(node, extra=f"  annotations: {{machine.openshift.io/machine: x/{machine}}}\n")


def made(tmp_path, *texts, nodes=None):
    """The cluster's section of the scenario, and the sketch; it loads."""
    source, file = tmp_path / "objects.yaml", tmp_path / "made.yaml"
    source.write_text("---\n".join([*(nodes or [node_text("w0"), node_text("w1")]), *texts]))
    sketch = ingest_nodes(source, name="lab")
    file.write_text(sketch.text)
    load(file)
    return yaml.safe_load(sketch.text)["clusters"]["lab"], sketch


def report(sketch):
    return {row[0]: row[1:] for row in sketch.report.rows if row[0]}


@pytest.mark.parametrize(
    ("config", "said", "unused"),
    [
        ({"maxPods": 500}, {"maxPods": 500}, ""),
        ({"cpuManagerPolicy": "static"}, {"cpuManagerPolicy": "static"}, ""),
        ({"topologyManagerPolicy": "best"}, None, "topologyManagerPolicy"),
        ({"reservedSystemCPUs": "0-1,8"}, {"reservedSystemCPUs": "0-1,8"}, ""),
        ({"reservedSystemCPUs": "0-15"}, None, "reservedSystemCPUs"),  # all there are
        (
            {"systemReserved": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1Gi"}},
            {"systemReserved": {"cpu": "500m", "memory": "1Gi"}},
            "systemReserved.ephemeral-storage",
        ),
        (
            {"evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%"}},
            {"evictionMemoryAvailable": "100Mi"},
            "evictionHard.nodefs.available",
        ),
        ({"evictionHard": {"memory.available": "5%"}}, None, "evictionHard.memory.available"),
        ({"evictionHard": {"memory.available": "5"}}, None, "evictionHard.memory.available"),
        ({"systemReserved": {"memory": "250"}}, None, "systemReserved.memory"),
        ({"podsPerCore": 10, "maxPods": 100}, {"maxPods": 100}, "podsPerCore"),
    ],
)
def test_a_kubelet_config_is_the_kubelet_of_the_workers(config, said, unused, tmp_path):
    section, sketch = made(tmp_path, kubelet(**config))
    assert section.get("kubelet") == said
    assert [text for text in sketch.decisions if "not used of it" in text] == (
        [f"KubeletConfig workers: not used of it: {unused}."] if unused else []
    )


def test_the_youngest_kubelet_config_of_a_pool_counts_and_the_others_are_named(tmp_path):
    old = kubelet("old", created="2025-01-01T00:00:00Z", maxPods=100)
    masters = kubelet("masters", pool="master", maxPods=50)
    section, sketch = made(tmp_path, kubelet("new", maxPods=300), old, masters)
    assert section["kubelet"] == {"maxPods": 300}
    assert report(sketch)["KubeletConfig"][:3] == (3, 1, 2)
    assert [text.split()[1] for text in sketch.decisions if " is not used" in text] == [
        "masters",
        "old",
    ]


def test_a_kubelet_config_finds_its_pool_by_the_labels_of_that_pool(tmp_path):
    spec = {
        "machineConfigPoolSelector": {"matchLabels": {"custom-kubelet": "big"}},
        "kubeletConfig": {"maxPods": 400},
    }
    config = thing(MCO, "KubeletConfig", "big", spec=spec)
    pool = thing(MCO, "MachineConfigPool", "worker", labels={"custom-kubelet": "big"})
    assert "kubelet" not in made(tmp_path, config)[0]
    assert made(tmp_path, config, pool)[0]["kubelet"] == {"maxPods": 400}


def test_machines_say_which_pool_an_autoscaler_grows(tmp_path):
    nodes = [on_machine("w0", "a-x1"), on_machine("w1", "b-y1"), node_text("w2")]
    sets = [machine_set("a"), machine_set("b"), machine_set("b-2")]
    section, sketch = made(tmp_path, *sets, reach("a", 0, 6), reach("b", 1, 3), nodes=nodes)
    pool = section["pools"]["worker"]
    assert (pool["count"], pool["min"], pool["max"]) == (3, 2, 10)  # one is of no set
    assert report(sketch)["MachineAutoscaler"][:3] == (2, 2, 0)


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([node_text("w0")], "it has no machine here"),
        (
            [on_machine("w0", "a-1"), on_machine("w1", "a-2").replace('"16"', '"24"')],
            "its machines are of several pools",
        ),
    ],
)
def test_a_machine_autoscaler_that_fits_no_pool_is_named(nodes, why, tmp_path):
    section, sketch = made(tmp_path, machine_set("a"), reach("a", 0, 6), nodes=nodes)
    assert not any("max" in pool for pool in section["pools"].values())
    assert report(sketch)["MachineAutoscaler"] == (1, 0, 1, why)
    assert "# MachineAutoscaler a, 0 to 6 of machine set a: not used" in sketch.text


def test_a_cluster_autoscaler_is_the_autoscaler(tmp_path):
    spec = {
        "resourceLimits": {
            "maxNodesTotal": 24,
            "cores": {"min": 8, "max": 128},
            "memory": {"min": 0, "max": 256},
            "gpus": [{"type": "nvidia.com/gpu", "min": 0, "max": 16}],
        },
        "scaleDown": {"enabled": True, "delayAfterAdd": "10s", "uneededTime": "10s"},
        "podPriorityThreshold": -10,
        "balanceSimilarNodeGroups": True,
    }
    section, sketch = made(tmp_path, thing(SCALER, "ClusterAutoscaler", "default", spec=spec))
    assert section["autoscaler"] == {
        "maxNodesTotal": 24,
        "cores": {"min": 8, "max": 128},
        "memory": {"max": "256Gi"},
        "gpus": [{"type": "nvidia.com/gpu", "min": 0, "max": 16}],
        "scaleDown": {"enabled": True, "delayAfterAdd": "10s"},
        "podPriorityThreshold": -10,
        "balanceSimilarNodeGroups": True,
    }
    assert (
        sketch.decisions[-1] == "ClusterAutoscaler default: not used of it: scaleDown.uneededTime."
    )


@pytest.mark.parametrize(
    ("spec", "unused"),
    [
        ({"expanders": ["Price"]}, "expanders: OpenShift refuses them"),
        ({"expanders": ["Random", "LeastWaste"]}, "expanders: OpenShift refuses them"),
        ({"scaleDown": {"utilizationThreshold": "1"}}, "scaleDown.utilizationThreshold"),
        (
            {"resourceLimits": {"gpus": [{"type": "T4", "min": 2, "max": 1}]}},
            "resourceLimits.gpus: no type, or its min is more than its max",
        ),
    ],
)
def test_what_openshift_refuses_of_an_autoscaler_is_left_out(spec, unused, tmp_path):
    _, sketch = made(tmp_path, thing(SCALER, "ClusterAutoscaler", "default", spec=spec))
    assert sketch.decisions[-1] == f"ClusterAutoscaler default: not used of it: {unused}."


def test_scheduler_and_pod_network_are_those_of_the_cluster(tmp_path):
    scheduler = {"profile": "HighNodeUtilization"}
    ranges = [{"cidr": "10.128.0.0/14", "hostPrefix": 24}]
    section, _ = made(
        tmp_path,
        thing("config.openshift.io/v1", "Scheduler", "cluster", spec=scheduler),
        thing("config.openshift.io/v1", "Network", "cluster", spec={"clusterNetwork": ranges}),
    )
    assert section["scheduler"] == {"profile": "HighNodeUtilization"}
    assert section["network"] == {"clusterNetwork": {"cidr": "10.128.0.0/14", "hostPrefix": 24}}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"cidr": "10.128.0.0/14", "hostPrefix": 2}, "a node's slice /2 is larger than the whole"),
        ({"cidr": "10.128.0.0/14", "hostPrefix": 31}, "a node's slice /31 leaves no address"),
        ({"cidr": "10.128.0.0/44"}, "'10.128.0.0/44' is not a range like"),
        ({}, "'' is not a range like"),
    ],
)
def test_a_pod_network_that_is_none_is_set_aside(written, why, tmp_path):
    spec = {"clusterNetwork": [written]}
    network = thing("config.openshift.io/v1", "Network", "cluster", spec=spec)
    section, sketch = made(tmp_path, network)
    assert "network" not in section
    count = report(sketch)["Network"]
    assert count[:3] == (1, 0, 1)
    assert count[3].startswith(why)


def volume(name, storage, size):
    spec = {"capacity": {"storage": size}, "storageClassName": storage}
    return thing("v1", "PersistentVolume", name, spec=spec)


def storage_class(name, body, *, default=False):
    key = "storageclass.kubernetes.io/is-default-class"
    marks = {key: "true"} if default else {}
    return thing("storage.k8s.io/v1", "StorageClass", name, marks, **body)


CEPH = thing(
    "ceph.rook.io/v1",
    "CephCluster",
    "ocs",
    status={"ceph": {"capacity": {"bytesTotal": 6 << 40, "bytesUsed": 1 << 40}}},
)


def test_ceph_is_the_storage_that_its_classes_lie_on(tmp_path):
    section, sketch = made(
        tmp_path,
        *(storage_class("slow", {"provisioner": "nfs"}), storage_class("a", RBD)),
        *(storage_class("z", RBD, default=True), volume("1", "z", "100Gi")),
        *(volume("2", "slow", "1Ti"), CEPH),
        thing("ceph.rook.io/v1", "CephBlockPool", "p", spec={"replicated": {"size": 2}}),
    )
    said = {"raw": "6Ti", "replicas": 2, "classes": ["z", "a"], "held": "100Gi"}
    assert section["storage"] == {"ocs": said}
    assert "# Ceph cluster ocs: 6,144.0 GiB raw, 1,024.0 GiB taken" in sketch.text
    assert "# Storage class slow: nfs; 1 volume, 1,024.0 GiB" in sketch.text


@pytest.mark.parametrize(
    ("size", "raw"), [("512Gi", {"raw": "1536Gi"}), ("1", None), ("1Gi", None)]
)
def test_devices_that_a_storage_cluster_orders_count_where_their_size_is_said(size, raw, tmp_path):
    claim = {"spec": {"resources": {"requests": {"storage": size}}}}
    devices = [{"count": 1, "replica": 3, "dataPVCTemplate": claim}]
    order = {"storageDeviceSets": devices}
    section, _ = made(tmp_path, thing("ocs.openshift.io/v1", "StorageCluster", "ocs", spec=order))
    assert section.get("storage") == (raw and {"ocs": raw})


def test_what_an_object_has_wrong_is_said_with_its_place(tmp_path):
    with pytest.raises(ScenarioError, match=r"objects\.yaml:\d+:\d+: .*maxPods"):
        made(tmp_path, kubelet(maxPods="many"))


@needs_real
def test_objects_of_real_clusters_are_read(tmp_path):
    texts = [
        Path(REAL, each).read_text()
        for each in (
            "nodes/insights/kubeletconfig-set-max-pods.json",
            "nodes/insights/storagecluster.json",
            "autoscaler/operator-example-clusterautoscaler.yaml",
            "autoscaler/operator-example-machineautoscaler.yaml",
        )
    ]
    section, sketch = made(tmp_path, *(text.removeprefix("---\n") + "\n" for text in texts))
    assert section["kubelet"] == {"maxPods": 100}
    assert section["autoscaler"]["maxNodesTotal"] == 24
    assert section["storage"] == {"ocs-storagecluster": {"raw": "1536Gi"}}
    assert report(sketch)["MachineAutoscaler"] == (1, 0, 1, "it has no machine here")
