"""Services stand on the clusters whose manifests, or whose hub, install them."""

import pytest

from ove_capacity.analysis.settle import settle

HUB = (
    "apiVersion: operator.open-cluster-management.io/v1\nkind: MultiClusterHub\n"
    "metadata: {name: hub}\n---\n"
)
ADD_ON = (
    "apiVersion: addon.open-cluster-management.io/v1alpha1\nkind: ManagedClusterAddOn\n"
    "metadata: {name: search-collector, namespace: %s}\n---\n"
)
FORWARDER = (
    "apiVersion: observability.openshift.io/v1\nkind: ClusterLogForwarder\n"
    "metadata: {name: logs, namespace: openshift-logging}\n"
)
NAMESPACE = (
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: apps, labels: {istio-injection: enabled}}\n"
)
FROM_HUB, OWN = "manifests: hub.yaml\n", "    manifests: own.yaml\n"


def agents(case):
    return {pod.name.rpartition("-")[0] for pod in case.fleet.cluster("one").pods}


@pytest.mark.parametrize(
    ("text", "add_on", "count"),
    [
        (FROM_HUB, "", 4),
        (FROM_HUB, ADD_ON % "one", 5),
        (FROM_HUB, ADD_ON % "other", 4),
        (FROM_HUB + "assume: {management: hub}\n", "", 0),
        (FROM_HUB + "assume: {management: off}\n", "", 0),
    ],
)
def test_a_hub_puts_its_agents_on_every_cluster_it_manages(scenario, text, add_on, count):
    found = agents(scenario(text, {"hub.yaml": HUB + add_on}))
    assert len(found) == count
    assert ("klusterlet-addon-search" in found) == (count == 5)


def test_a_cluster_that_no_hub_manages_has_no_agents(scenario):
    assert not agents(scenario(FROM_HUB, {"hub.yaml": ADD_ON % "one"}))


def test_a_daemon_is_a_part_of_every_worker(scenario):
    with_logs = scenario(OWN, {"own.yaml": FORWARDER}).fleet.cluster("one")
    without = scenario().fleet.cluster("one")
    assert not with_logs.pods
    for node, bare in zip(with_logs.nodes, without.nodes, strict=True):
        assert node.services == {"cpu": 100, "memory": 736 << 20, "pods": 1}
        assert node.platform["cpu"] - bare.platform["cpu"] == 100
        assert node.platform["pods"] - bare.platform["pods"] == 1


def has_proxy(vm):
    return any(each.name == "istio-proxy" for each in vm.pod.spec.containers)


WORKLOAD = "workloads:\n  - {name: web, cluster: one, namespace: apps, cpu: 1, memory: 2Gi}\n"


@pytest.mark.parametrize(
    ("assumed", "proxied"), [("", True), ("assume: {management: hub}\n", False)]
)
def test_the_mesh_puts_its_proxy_into_the_pods_of_vms(scenario, assumed, proxied):
    run = settle(scenario(OWN + WORKLOAD + assumed, {"own.yaml": NAMESPACE}))
    assert has_proxy(run.vms[0]) is proxied


def test_a_vm_says_by_annotation_that_it_wants_a_proxy_or_none(scenario):
    vms = "".join(
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  runStrategy: Always\n"
        "  template:\n    metadata:\n      annotations: "
        f"{{sidecar.istio.io/inject: '{said}'}}\n"
        "    spec: {domain: {memory: {guest: 1Gi}, devices: {}}}\n---\n"
        for name, namespace, said in (("out", "apps", "false"), ("in", "plain", "true"))
    )
    workloads = "".join(
        f"  - {{name: {name}, cluster: one, template: {name}, namespace: {namespace}}}\n"
        for name, namespace in (("out", "apps"), ("in", "plain"))
    )
    files = {"own.yaml": NAMESPACE, "vms.yaml": vms}
    run = settle(scenario(OWN + f"manifests: vms.yaml\nworkloads:\n{workloads}", files))
    assert {vm.workload: has_proxy(vm) for vm in run.vms} == {"out": False, "in": True}
