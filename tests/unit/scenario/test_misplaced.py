"""Objects listed where nobody looks for them: none is dropped without a word."""

import pytest

_VM = (
    "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: web}\n"
    "spec:\n  runStrategy: Always\n  template: {spec: {domain: {cpu: {cores: 1}, "
    "memory: {guest: 1Gi}}, networks: [{name: v, multus: {networkName: vlan}}]}}\n"
)
_NETWORK = (
    "---\napiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\n"
    'metadata: {name: vlan, namespace: default}\nspec: {config: "{}"}\n'
)
_BUDGET = (
    "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\n"
    "spec: {maxUnavailable: 1, selector: {matchLabels: {app: x}}}\n"
)
_SERVICE = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: x}, ports: []}"
)
_HEAD = "apiVersion: ove-capacity/v1\nname: x\nplatform: {openshift: '4.22'}\n"
_ONE = (
    _HEAD
    + "clusters: {one: {pools: {worker: {count: 1, node: {cpu: 8, memory: 32Gi}}}, INSIDE}}\nBELOW"
)


def case_of(scenario, files, here="assume: {}", there=""):
    return scenario(small=_ONE.replace("INSIDE", here).replace("BELOW", there), files=files)


def test_what_stands_beside_vms_belongs_to_their_cluster(scenario):
    files = {"vms/all.yaml": _VM + _NETWORK + _BUDGET + _SERVICE}
    case = case_of(scenario, files, "vms: [{path: vms}], manifests: [vms/all.yaml]")
    (cluster,) = case.fleet.clusters
    assert [each.name for each in case.plan.workloads] == ["web"]
    assert (len(cluster.services), len(cluster.disruption_budgets)) == (1, 1)
    assert [each.name for each in cluster.vm_networks] == ["default/vlan"]
    alone = case_of(scenario, files, "vms: [{path: vms}]").fleet.clusters[0]
    assert (alone.services, alone.vm_networks) == (cluster.services, cluster.vm_networks)


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("nodes: o.yaml", "", "clusters.one.nodes — holds no Node; the machines are those of"),
        ("vms: [{path: o.yaml}]", "", "clusters.one.vms — holds no VM"),
        ("vms: [{path: n.yaml}]", "", "clusters.one.vms — 1 Node: set aside here; list them"),
        ("manifests: [vm.yaml]", "", "clusters.one.manifests — 1 VMs are no workload's template"),
        ("assume: {}", "manifests: [o.yaml]", "manifests — 1 PodDisruptionBudget, 1 Service: set"),
        ("assume: {}", "manifests: [vm.yaml]", "manifests — 1 VMs are no workload's template"),
    ],
)
def test_what_stands_where_nobody_looks_is_told(scenario, here, there, said):
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n"
    status = "status: {capacity: {cpu: 1, memory: 1Gi}, allocatable: {cpu: 1, memory: 1Gi}}\n"
    files = {"o.yaml": _BUDGET + _SERVICE, "vm.yaml": _VM, "n.yaml": node + status}
    case = case_of(scenario, files, here, there)
    assert any(said in each for each in case.warnings)


def test_a_template_is_no_idle_vm(scenario):
    there = "workloads: [{name: w, cluster: one, template: web}]"
    files = {"vm.yaml": _VM + _NETWORK}
    case = case_of(scenario, files, "manifests: [vm.yaml]", there)
    assert not any("template" in each for each in case.warnings)


def test_vms_of_a_dump_run_though_no_network_is_defined_and_it_is_said(scenario):
    case = case_of(scenario, {"v.yaml": _VM}, "vms: [{path: v.yaml}]")
    assert [each.name for each in case.plan.workloads] == ["web"]
    said = "no NetworkAttachmentDefinition is listed: taken to exist, and to ask for no device"
    assert any(f"clusters.one — {said}: default/vlan" in each for each in case.warnings)
