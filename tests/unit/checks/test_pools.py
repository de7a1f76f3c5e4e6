"""Pools and autoscalers, profiles and what they need, hubs, names of Services."""

from __future__ import annotations

from pathlib import Path

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject
from tests.unit.checks.scenarios import VM, found, told

SCALER = """
apiVersion: autoscaling.openshift.io/v1beta1
kind: MachineAutoscaler
metadata: {name: a}
spec: {minReplicas: 1, maxReplicas: 9, scaleTargetRef: {kind: MachineSet, name: w}}
"""
CLUSTER = (
    "apiVersion: autoscaling.openshift.io/v1\nkind: ClusterAutoscaler\nmetadata: {name: NAME}\n"
)
DEFAULT, OTHER = CLUSTER.replace("NAME", "default"), CLUSTER.replace("NAME", "mine")
MACHINES = "apiVersion: machine.openshift.io/v1beta1\nkind: MachineSet\nmetadata: {name: NAME}\n"
W, V = MACHINES.replace("NAME", "w"), MACHINES.replace("NAME", "v")
FAR = MACHINES.replace("NAME", "w, namespace: far")


@pytest.mark.parametrize(
    ("rule", "objects", "consequences"),
    [
        ("autoscaler-without-pool", (SCALER, W), []),
        ("autoscaler-without-pool", (SCALER, FAR), ["unless it is made elsewhere, its pool stays"]),
        ("autoscaler-without-pool", (SCALER, V), ["unless it is made elsewhere, its pool stays"]),
        ("autoscaler-without-pool", (SCALER,), ["unless it is made elsewhere, its pool stays"]),
        ("autoscaler-missing", (SCALER, W), ["its pool stays"]),
        ("autoscaler-missing", (SCALER, W, DEFAULT), []),
        ("autoscaler-missing", (SCALER, W, OTHER), ["no autoscaler runs: its pool stays"]),
        ("pool-without-autoscaler", (W, V, SCALER, DEFAULT), ["it stays at 1 machines"]),
        ("pool-without-autoscaler", (W, SCALER, DEFAULT), []),
        ("pool-without-autoscaler", (W, V), []),
    ],
)
def test_pools_and_autoscalers(
    rule: str, objects: tuple[str, ...], consequences: list[str]
) -> None:
    findings = run_rules(subject("---\n".join(objects)), [rule]).findings
    assert [each.consequence for each in findings] == consequences


def test_the_workers_that_stay_are_counted(tmp_path: Path) -> None:
    assert told(tmp_path, "autoscaler-without-pool", own=SCALER) == [
        "warning: unless it is made elsewhere, the 3 workers of one stay 3"
    ]


def test_the_scenario_says_what_an_unlisted_machine_set_makes(tmp_path: Path) -> None:
    said = "worker: {count: 3, machineSet: w, node: {cpu: 8, memory: 32Gi}}"
    assert told(tmp_path, "autoscaler-without-pool", own=SCALER, pools=said) == []


PROFILE = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: cluster-profile-p}}
data:
  profile: |
    worker_nodes: 3
    node_specifications: {{worker: {{cpu: 8, memory: 32Gi}}}}
    network_configuration: {{{network}}}
    virtualization: {{{virtualization}}}
"""
COUNTED = """---
apiVersion: performance.openshift.io/v2
kind: PerformanceProfile
metadata: {name: p}
spec: {hugepages: {pages: [{size: 1G, count: 4}]}}
"""
POLICY = """---
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetworkNodePolicy
metadata: {name: p}
spec: {numVfs: 8}
"""
STATIC = """---
apiVersion: machineconfiguration.openshift.io/v1
kind: KubeletConfig
metadata: {name: k}
spec: {kubeletConfig: {cpuManagerPolicy: static}}
"""


@pytest.mark.parametrize(
    ("rule", "network", "virtualization", "beside", "number"),
    [
        ("profile-hugepages", "", "hugepages: 1Gi", "", 1),
        ("profile-hugepages", "", "hugepages: optional", "", 0),
        ("profile-hugepages", "", "hugepages: 1Gi", COUNTED, 0),
        ("profile-sriov", "sr_iov: enabled", "", "", 1),
        ("profile-sriov", "sr_iov: optional", "", "", 0),
        ("profile-sriov", "sr_iov: enabled", "", POLICY, 0),
        ("profile-pinning", "", "cpu_pinning: enabled", "", 1),
        ("profile-pinning", "", "cpu_pinning: disabled", "", 0),
        ("profile-pinning", "", "cpu_pinning: enabled", STATIC, 0),
        ("profile-nested", "", "nested_virtualization: true", "", 1),
        ("profile-nested", "", "nested_virtualization: false", "", 0),
        ("practice-encryption", "encryption: ipsec", "", "", 1),
        ("practice-encryption", "encryption: none", "", "", 0),
    ],
)
def test_a_profile_and_what_it_needs_beside_itself(
    rule: str, network: str, virtualization: str, beside: str, number: int
) -> None:
    text = PROFILE.format(network=network, virtualization=virtualization) + beside
    assert len(run_rules(subject(text), [rule]).findings) == number


@pytest.mark.parametrize(
    ("name", "key"),
    [("cluster-profile-p", "profile"), ("shape-of-p", "profile"), ("shape-of-p", "shape.yaml")],
)
def test_a_profile_is_known_by_its_fields_when_no_cluster_uses_it(
    name: str, key: str, tmp_path: Path
) -> None:
    text = PROFILE.format(network="sr_iov: enabled", virtualization="")
    own = text.replace("cluster-profile-p", name).replace("  profile:", f"  {key}:")
    assert len(found(tmp_path, "profile-sriov", own=own)) == 1


def test_a_profile_of_other_clusters_is_none_of_this_one(tmp_path: Path) -> None:
    text = PROFILE.format(network="sr_iov: enabled", virtualization="")
    other = text.replace("cluster-profile-p", "cluster-profile-other")
    own = f"{text}---{other}"
    assert len(found(tmp_path, "profile-sriov", own=own, more="    profile: p\n", pools="")) == 1


@pytest.mark.parametrize(
    ("openshift", "severity"), [("4.15", "info"), ("4.22", "error"), ("4.14", "error")]
)
def test_releases_that_pair(openshift: str, severity: str) -> None:
    text = PROFILE.format(network="", virtualization="kubevirt_version: v1.1.0")
    (finding,) = run_rules(subject(text, openshift=openshift), ["profile-release"]).findings
    assert (finding.severity, finding.problem.line) == (severity, 10)


def test_pinned_vms_wait_for_the_policy_that_the_profile_only_names(tmp_path: Path) -> None:
    own = PROFILE.format(network="", virtualization="cpu_pinning: enabled, hugepages: 1Gi")
    vms = "{name: db, cluster: one, cpu: 2, memory: 4Gi, count: 3, dedicatedCpuPlacement: true"
    for rule, more in (("profile-pinning", "}"), ("profile-hugepages", ", hugepages: 1Gi}")):
        findings = found(tmp_path, rule, own=own, vms=vms + more, more="    profile: p\n", pools="")
        assert [each.consequence for each in findings] == ["3 VMs stay Pending on one (db)"]


HUB = """
apiVersion: operator.open-cluster-management.io/v1
kind: MultiClusterHub
metadata: {{name: h}}
spec: {{{spec}}}
"""
STORE = """---
apiVersion: oadp.openshift.io/v1alpha1
kind: DataProtectionApplication
metadata: {name: d}
---
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: BackupSchedule
metadata: {name: s}
"""
COMPONENT = "overrides: {components: [{name: cluster-backup, enabled: true}]}"


@pytest.mark.parametrize(
    ("spec", "beside", "number"),
    [
        ("enableClusterBackup: true", "", 1),
        (COMPONENT, "", 1),
        ("enableClusterBackup: true", STORE, 0),
        ("enableClusterBackup: false", "", 0),
        ("", "", 0),
    ],
)
def test_a_hub_that_is_to_be_backed_up(spec: str, beside: str, number: int) -> None:
    text = HUB.format(spec=spec) + beside
    assert len(run_rules(subject(text), ["hub-backup-incomplete"]).findings) == number


MEMBER = """
apiVersion: cluster.open-cluster-management.io/v1
kind: ManagedCluster
metadata: {{name: c, labels: {{cluster.open-cluster-management.io/clusterset: {name}}}}}
---
apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSet
metadata: {{name: production}}
"""


@pytest.mark.parametrize(("name", "number"), [("production", 0), ("default", 0), ("staging", 1)])
def test_a_cluster_of_a_set(name: str, number: int) -> None:
    text = MEMBER.format(name=name)
    assert len(run_rules(subject(text), ["cluster-set-unknown"]).findings) == number


ROUTE = """
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {{name: r}}
spec:
  hosts: [{host}]
  gateways: [mesh, {gateway}]
  http: [{{route: [{{destination: {{host: {host}, subset: {subset}}}}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: vms}}
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {{name: edge}}
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {{name: d}}
spec: {{host: {host}, subsets: [{{name: v1}}]}}
"""
WEB = "web.vms.svc.cluster.local"


@pytest.mark.parametrize(
    ("rule", "host", "gateway", "subset", "number"),
    [
        ("mesh-host-unknown", WEB, "edge", "v1", 0),
        ("mesh-host-unknown", "www.example.org", "edge", "v1", 0),
        ("mesh-host-unknown", "db.vms.svc.cluster.local", "edge", "v1", 2),
        ("mesh-name-unknown", WEB, "edge", "v1", 0),
        ("mesh-name-unknown", WEB, "istio-system/edge", "v1", 0),
        ("mesh-name-unknown", WEB, "egde", "v1", 1),
        ("mesh-name-unknown", WEB, "edge", "v2", 1),
    ],
)
def test_hosts_gateways_and_subsets(
    rule: str, host: str, gateway: str, subset: str, number: int
) -> None:
    text = ROUTE.format(host=host, gateway=gateway, subset=subset)
    assert len(run_rules(subject(text), [rule]).findings) == number


JOBS = """
- job_name: federate
  static_configs: [{{targets: ['{target}']}}]
---
apiVersion: v1
kind: Service
metadata: {{name: prometheus, namespace: monitoring}}
"""
IN_SECRET = """
apiVersion: v1
kind: Secret
metadata: {{name: s}}
stringData:
  additional.yaml: |
    - job_name: federate
      static_configs: [{{targets: ['{target}']}}]
"""
IN_CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: prometheus, namespace: monitoring}}
data:
  prometheus.yml: |
    scrape_configs:
    - job_name: federate
      static_configs: [{{targets: ['{target}']}}]
"""
FORWARDER = """
apiVersion: logging.openshift.io/v1
kind: ClusterLogForwarder
metadata: {{name: f}}
spec: {{outputs: [{{name: o, url: 'https://{target}'}}]}}
"""
ELSEWHERE = "prometheus-1.monitoring.svc.cluster.local:9090"


@pytest.mark.parametrize(
    ("text", "target", "line"),
    [
        (JOBS, ELSEWHERE, 3),
        (JOBS, "prometheus.monitoring.svc:9090", 0),
        (JOBS, "prometheus.example.org:9090", 0),
        (IN_SECRET, ELSEWHERE, 8),
        (IN_SECRET, "prometheus.example.org:9090", 0),
        (IN_CONFIG, ELSEWHERE, 9),
        (IN_CONFIG, "prometheus.example.org:9090", 0),
        (FORWARDER, ELSEWHERE, 5),
        (FORWARDER, "logs.example.org", 0),
    ],
)
def test_names_that_end_at_the_edge_of_a_cluster(text: str, target: str, line: int) -> None:
    findings = run_rules(subject(text.format(target=target)), ["cluster-local-target"]).findings
    assert [each.problem.line for each in findings] == [line] * bool(line)


SELECTS = """
apiVersion: {api}
kind: {kind}
metadata: {{name: s, namespace: {namespace}}}
spec: {{{selector}}}
"""


@pytest.mark.parametrize(
    ("api", "kind", "selector", "namespace", "number"),
    [
        ("v1", "Service", "selector: {app: web}", "vms", 0),
        ("v1", "Service", "selector: {app: wbe}", "vms", 1),
        ("v1", "Service", "selector: {app: wbe}", "shop", 0),
        ("v1", "Service", "selector: {vm.kubevirt.io/name: x}", "shop", 1),
        ("v1", "Service", "type: ExternalName", "vms", 0),
        ("policy/v1", "PodDisruptionBudget", "selector: {matchLabels: {app: wbe}}", "vms", 1),
        ("policy/v1", "PodDisruptionBudget", "selector: {matchLabels: {app: web}}", "vms", 0),
        ("networking.k8s.io/v1", "NetworkPolicy", "podSelector: {}", "vms", 0),
        ("networking.k8s.io/v1", "NetworkPolicy", "podSelector: {matchLabels: {a: b}}", "vms", 1),
    ],
)
def test_selectors_over_the_pods_of_vms(
    api: str, kind: str, selector: str, namespace: str, number: int, tmp_path: Path
) -> None:
    own = SELECTS.format(api=api, kind=kind, selector=selector, namespace=namespace)
    hub = VM.format(annotations="", more="", domain="devices: {}")
    vms = "{name: web, template: web, cluster: one, count: 3}"
    assert len(told(tmp_path, "selector-matches-nothing", own=own, hub=hub, vms=vms)) == number


BARE = """
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {{name: v, namespace: {namespace}}}
spec: {{hosts: [www.example.org], tcp: [{{route: [{{destination: {{host: web}}}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: vms}}
"""


@pytest.mark.parametrize(("namespace", "number"), [("vms", 0), ("shop", 1)])
def test_a_bare_host_is_a_service_of_the_same_namespace(namespace: str, number: int) -> None:
    text = BARE.format(namespace=namespace)
    assert len(run_rules(subject(text), ["mesh-host-unknown"]).findings) == number
