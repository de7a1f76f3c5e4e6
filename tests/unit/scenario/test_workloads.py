"""Workloads, VM folders and events."""

import pytest

from ove_capacity.model.plan import Duration
from ove_capacity.quantity import Quantity

_TEMPLATE = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: t, namespace: vms}
spec:
  template:
    spec:
      domain: {cpu: {cores: 4}, memory: {guest: 8Gi}}
      nodeSelector: {disk: ssd}
"""
_PLACEMENT = """\
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: {name: p, namespace: vms}
spec: {}
"""
_HUB = {"hub/t.yaml": _TEMPLATE, "hub/p.yaml": _PLACEMENT}


def _only(case):
    (workload,) = case.plan.workloads
    return workload


def test_a_size_becomes_a_vm(scenario):
    text = "workloads: [{name: db, cluster: one, count: 3, cpu: 4, memory: 16Gi, hugepages: 1Gi, "
    text += "dedicatedCpuPlacement: true, namespace: vms, labels: {app: db}}]\n"
    workload = _only(scenario(text))
    domain = workload.vmi.spec.domain
    assert (workload.count, workload.cluster) == (3, "one")
    assert (domain.cpu.cores, domain.cpu.dedicated_cpu_placement) == (4, True)
    assert domain.memory.guest == Quantity.parse(str(16 << 30))
    assert domain.memory.hugepages_page_size == "1Gi"
    assert workload.vmi.namespace == "vms"
    assert workload.vmi.labels["app"] == "db"


@pytest.mark.parametrize(
    ("rule", "required", "key"),
    [
        ("hostname", True, "kubernetes.io/hostname"),
        ("preferred-zone", False, "topology.kubernetes.io/zone"),
    ],
)
def test_anti_affinity_keeps_a_workload_from_itself(scenario, rule, required, key):
    text = "workloads: [{name: a, cluster: one, cpu: 1, memory: 1Gi, "
    vmi = _only(scenario(text + f"antiAffinity: {rule}}}]\n")).vmi
    affinity = vmi.spec.affinity
    terms = affinity.anti_required or tuple(each.term for each in affinity.anti_preferred)
    assert bool(affinity.anti_required) is required
    assert [term.topology_key for term in terms] == [key]
    assert terms[0].selector.matches(vmi.labels)


def test_a_template_is_taken_with_what_is_said_on_top(scenario):
    text = "manifests: hub/\nworkloads: [{name: web, placement: p, count: 5, template: t, "
    text += "nodeSelector: {zone: a}, evictionStrategy: LiveMigrate}]\n"
    workload = _only(scenario(text, _HUB))
    assert (workload.placement, workload.cluster, workload.total) == ("vms/p", "", False)
    assert workload.vmi.spec.domain.cpu.cores == 4
    assert dict(workload.vmi.spec.node_selector) == {"disk": "ssd", "zone": "a"}
    assert (workload.vmi.namespace, workload.vmi.spec.eviction_strategy) == ("vms", "LiveMigrate")


def test_a_total_is_split_by_the_placement(scenario):
    text = "manifests: hub/\nworkloads: [{name: web, placement: p, total: 5, template: t}]\n"
    workload = _only(scenario(text, _HUB))
    assert (workload.count, workload.total) == (5, True)


def test_an_instancetype_sizes_the_vm(scenario):
    text = "workloads: [{name: a, cluster: one, instancetype: u1.large, preference: fedora}]\n"
    domain = _only(scenario(text)).vmi.spec.domain
    assert domain.cpu.vcpus == 2
    assert domain.memory.guest == Quantity.parse("8Gi")


@pytest.mark.parametrize(
    ("said", "priority"),
    [
        ("priority: 7", 7),
        ("priorityClass: high", 1000),
        ("priorityClass: system-node-critical", 2_000_001_000),
        ("count: 1", 5),
    ],
)
def test_priority_comes_from_its_class(scenario, said, priority):
    classes = "".join(
        f"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\n"
        f"value: {value}\nglobalDefault: {default}\n---\n"
        for name, value, default in (("high", 1000, "false"), ("usual", 5, "true"))
    )
    text = f"manifests: c.yaml\nworkloads: [{{name: a, cluster: one, cpu: 1, memory: 1Gi, {said}}}]"
    assert _only(scenario(text, {"c.yaml": classes})).priority == priority


def test_arrivals_and_lifetimes_are_read(scenario):
    text = "events: [{kind: arrivals, name: a, cluster: one, cpu: 1, memory: 1Gi, every: 2h, "
    text += "from: 1d, until: 9d, lifetime: {distribution: weibull, mean: 3h, shape: 0.5}}]\n"
    (stream,) = scenario(text).plan.arrivals
    hour = 3_600_000
    assert (stream.every_ms, stream.from_ms, stream.until_ms) == (2 * hour, 24 * hour, 216 * hour)
    assert stream.workload.lifetime == Duration("weibull", 3 * hour, 0.5)


def test_losses_without_a_cluster_are_about_each(scenario):
    text = "  two: {profile: staging}\nevents: [{kind: node-loss, every: 200d, repair: 4h}]\n"
    losses = scenario(text).plan.losses
    assert [loss.cluster for loss in losses] == ["one", "two"]
    assert losses[0].every == Duration("exponential", 200 * 86_400_000)
    assert losses[0].repair == Duration("constant", 4 * 3_600_000)


def _vm(name, spec, kind="VirtualMachine", namespace="default"):
    meta = f"metadata: {{name: {name}, namespace: {namespace}}}"
    return f"apiVersion: kubevirt.io/v1\nkind: {kind}\n{meta}\nspec: {spec}\n---\n"


_NETWORK = (
    "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\n"
    'metadata: {name: other, namespace: default}\nspec: {config: "{}"}\n---\n'
)
_SMALL_VM = "{domain: {memory: {guest: 1Gi}}}"


def test_each_vm_of_a_folder_is_a_workload(scenario):
    vms = _vm("a", f"{{runStrategy: Always, template: {{spec: {_SMALL_VM}}}}}")
    vms += _vm("b", f"{{running: false, template: {{spec: {_SMALL_VM}}}}}", namespace="x")
    case = scenario("    vms: vms/\n", {"vms/v.yaml": vms})
    assert [(w.name, w.run_strategy, w.vm_name(0)) for w in case.plan.workloads] == [
        ("a", "Always", "a"),
        ("x/b", "Halted", "b"),
    ]
    assert any("1 VMs are written as halted" in warning for warning in case.warnings)
    started = scenario("    vms: [{path: vms/, runStrategy: Always}]\n", {"vms/v.yaml": vms})
    assert {w.run_strategy for w in started.plan.workloads} == {"Always"}


@pytest.mark.parametrize(
    ("vm", "message"),
    [
        (
            _vm("a", f"{{instancetype: {{name: nope}}, template: {{spec: {_SMALL_VM}}}}}"),
            "VM default/a is left out: unknown instancetype 'nope'",
        ),
        (
            _vm("a", "{domain: {memory: {guest: 1Gi}, devices: {interfaces: [{name: n, bridge: {}}"
                "]}}, networks: [{name: n, multus: {networkName: absent}}]}",
                kind="VirtualMachineInstance") + _NETWORK,
            "VM default/a is left out: network 'n' needs the NetworkAttachmentDefinition",
        ),
        (
            _vm("a", "{priorityClassName: absent, domain: {memory: {guest: 1Gi}}}",
                kind="VirtualMachineInstance"),
            "VM default/a is left out: there is no PriorityClass 'absent'",
        ),
    ],
)  # fmt: skip
def test_a_vm_that_the_cluster_would_refuse_is_left_out_with_its_reason(scenario, vm, message):
    other = _vm("b", _SMALL_VM, kind="VirtualMachineInstance")
    case = scenario("    vms: v.yaml\n", {"v.yaml": vm + other})
    assert [workload.name for workload in case.plan.workloads] == ["b"]
    assert any(message in warning for warning in case.warnings), case.warnings


def test_a_vm_and_its_running_instance_are_one(scenario):
    vms = _vm("a", _SMALL_VM, kind="VirtualMachineInstance")
    vms += _vm("a", f"{{runStrategy: Always, template: {{spec: {_SMALL_VM}}}}}")
    case = scenario("    vms: v.yaml\n", {"v.yaml": vms})
    assert [each.run_strategy for each in case.plan.workloads] == ["Always"]


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("priorityClass: meek", True),
        ("priorityClass: meek, priority: 5", True),
        ("priorityClass: bold", False),
        ("priority: 5", True),
    ],
)
def test_whether_vms_preempt_comes_from_their_class(scenario, said, never):
    classes = "".join(
        f"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\n"
        f"value: 9\n{more}\n---\n"
        for name, more in (
            ("meek", "preemptionPolicy: Never\nglobalDefault: true"),
            ("bold", "preemptionPolicy: PreemptLowerPriority"),
        )
    )
    text = "    manifests: c.yaml\n"
    text += f"workloads: [{{name: w, cluster: one, cpu: 1, memory: 1Gi, {said}}}]\n"
    assert _only(scenario(text, {"c.yaml": classes})).preemption_never is never
