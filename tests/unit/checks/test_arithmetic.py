"""Numbers that do not add up: machines, addresses, storage, quotas."""

from __future__ import annotations

from pathlib import Path

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.testing.manifests import subject
from tests.unit.checks.scenarios import VM, told

LIMITS = """
apiVersion: autoscaling.openshift.io/v1
kind: ClusterAutoscaler
metadata: {{name: default}}
spec: {{resourceLimits: {{{limits}}}}}
---
apiVersion: autoscaling.openshift.io/v1beta1
kind: MachineAutoscaler
metadata: {{name: w}}
spec: {{minReplicas: {least}, maxReplicas: {most}, scaleTargetRef: {{kind: MachineSet, name: w}}}}
"""


@pytest.mark.parametrize(
    ("rule", "limits", "least", "most", "expected"),
    [
        ("autoscaler-limit-reached", "maxNodesTotal: 3", 1, 9, ["no pool of one ever grows"]),
        ("autoscaler-limit-reached", "cores: {max: 24}", 1, 9, ["no pool of one ever grows"]),
        ("autoscaler-limit-reached", "memory: {max: 64}", 1, 9, ["no pool of one ever grows"]),
        ("autoscaler-limit-reached", "maxNodesTotal: 4, cores: {max: 25}", 1, 9, []),
        ("autoscaler-out-of-reach", "maxNodesTotal: 5", 1, 9, ["it stops at 5: 4 machines"]),
        ("autoscaler-out-of-reach", "maxNodesTotal: 9", 1, 9, []),
        ("autoscaler-out-of-reach", "cores: {max: 50}", 1, 9, ["it stops at 6: 3 machines"]),
        ("autoscaler-out-of-reach", "cores: {max: 72}", 1, 9, []),
        ("autoscaler-out-of-reach", "memory: {max: 287}", 1, 9, ["it stops at 8: 1 machines"]),
        ("autoscaler-out-of-reach", "memory: {max: 288}", 1, 9, []),
        ("autoscaler-out-of-reach", "memory: {max: 40}", 1, 2, []),
        ("autoscaler-memory-unit", "memory: {max: 294912}", 1, 9, ["it limits nothing on one"]),
        (
            "autoscaler-memory-unit",
            "memory: {min: 65536}",
            1,
            9,
            ["no machine is given back on one"],
        ),
        ("autoscaler-memory-unit", "memory: {min: 64, max: 18000}", 1, 9, []),
    ],
)
def test_limits_of_an_autoscaler(
    rule: str, limits: str, least: int, most: int, expected: list[str], tmp_path: Path
) -> None:
    lines = told(tmp_path, rule, own=LIMITS.format(limits=limits, least=least, most=most))
    assert [part in line for part, line in zip(expected, lines, strict=True)] == [True] * len(lines)


@pytest.mark.parametrize(
    ("limits", "least", "most", "expected"),
    [
        ("cores: {min: 8, max: 4}", 1, 2, ["ClusterAutoscaler default scales nothing"]),
        ("memory: {min: 64Gi, max: 8Gi}", 1, 2, ["ClusterAutoscaler default scales nothing"]),
        ("cores: {min: 4, max: 4}", 5, 2, ["MachineAutoscaler w scales nothing"]),
        ("memory: {min: 8, max: 64}", 2, 2, []),
    ],
)
def test_bounds_the_wrong_way_round(
    limits: str, least: int, most: int, expected: list[str]
) -> None:
    text = LIMITS.format(limits=limits, least=least, most=most)
    findings = run_rules(subject(text), ["autoscaler-bounds"]).findings
    assert [each.consequence for each in findings] == expected


PROFILE = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: cluster-profile-p}}
data:
  profile: |
    node_count: {count}
    master_nodes: 3
    worker_nodes: 2
"""


@pytest.mark.parametrize(("count", "number"), [(5, 0), (8, 1), ("many", 0)])
def test_a_total_is_the_sum_of_its_parts(count: int | str, number: int) -> None:
    findings = run_rules(subject(PROFILE.format(count=count)), ["machines-count"]).findings
    assert [each.consequence for each in findings] == ["5 machines are counted here"] * number
    assert all(each.problem.line == 7 for each in findings)


NETWORK = """
apiVersion: config.openshift.io/v1
kind: Network
metadata: {{name: cluster}}
spec: {{clusterNetwork: [{{cidr: {pods}, hostPrefix: 23}}], serviceNetwork: [{services}]}}
"""
INSTALL = """
apiVersion: v1
metadata: {{name: c}}
networking:
  machineNetwork: [{{cidr: {machines}}}]
  clusterNetwork: [{{cidr: {pods}, hostPrefix: 23}}]
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (NETWORK.format(pods="10.128.0.0/14", services="172.30.0.0/16"), 0),
        (NETWORK.format(pods="10.128.0.0/14", services="10.130.0.0/16"), 1),
        (NETWORK.format(pods="nonsense", services="10.130.0.0/16"), 0),
        (NETWORK.format(pods="10.128.0.0/14", services="fd02::/112"), 0),
        (INSTALL.format(pods="10.128.0.0/14", machines="10.0.0.0/16"), 0),
        (INSTALL.format(pods="10.0.0.0/14", machines="10.1.0.0/16"), 1),
    ],
)
def test_ranges_that_overlap(text: str, number: int) -> None:
    assert len(run_rules(subject(text), ["network-overlap"]).findings) == number


HOSTED = """
apiVersion: extensions.hive.openshift.io/v1beta1
kind: AgentClusterInstall
metadata: {name: c}
spec:
  networking: {clusterNetwork: [{cidr: 10.128.0.0/14}], machineNetwork: [{cidr: MACHINES}]}
"""
KEPT = """
apiVersion: v1
kind: ConfigMap
metadata: {name: cluster-config-v1}
data:
  install-config: |
    networking: {clusterNetwork: [{cidr: 10.128.0.0/14}], serviceNetwork: [MACHINES]}
"""


@pytest.mark.parametrize(
    "text", [HOSTED, KEPT, HOSTED.replace("AgentClusterInstall", "HostedCluster")]
)
@pytest.mark.parametrize(("machines", "number"), [("10.129.0.0/16", 1), ("192.168.0.0/16", 0)])
def test_ranges_stand_in_other_objects_as_well(text: str, machines: str, number: int) -> None:
    own = text.replace("MACHINES", machines)
    assert len(run_rules(subject(own), ["network-overlap"]).findings) == number


@pytest.mark.parametrize(("most", "total", "number"), [(9, 50, 1), (9, 8, 0), (8, 50, 0)])
def test_slices_for_machines_that_may_come(
    most: int, total: int, number: int, tmp_path: Path
) -> None:
    own = LIMITS.format(limits=f"maxNodesTotal: {total}", least=1, most=most)
    more = PODS.format(cidr="10.0.0.0/20", prefix=23)
    assert len(told(tmp_path, "network-slices", own=own, more=more)) == number


PODS = "    network: {{clusterNetwork: {{cidr: {cidr}, hostPrefix: {prefix}}}}}\n"


@pytest.mark.parametrize(
    ("rule", "cidr", "prefix", "expected"),
    [
        ("network-slices", "10.0.0.0/22", 23, ["error: 1 nodes never become Ready"]),
        ("network-slices", "10.0.0.0/21", 23, []),
        ("network-pods", "10.0.0.0/16", 24, ["warning: 1 pods"]),
        ("network-pods", "10.0.0.0/16", 25, ["warning: 126 pods"]),
        ("network-pods", "10.0.0.0/16", 23, []),
    ],
)
def test_slices_of_the_pod_network(
    rule: str, cidr: str, prefix: int, expected: list[str], tmp_path: Path
) -> None:
    more = PODS.format(cidr=cidr, prefix=prefix)
    pools = "worker: {count: 3, node: {cpu: 8, memory: 32Gi, allocatable: {pods: 253}}}"
    if prefix > 23:
        pools = pools.replace("253", "253" if prefix == 24 else "250")
    lines = told(tmp_path, rule, more=more, pools=pools)
    assert [line.startswith(part) for part, line in zip(expected, lines, strict=True)] == (
        [True] * len(lines)
    )


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (2, "error: 1 addresses are missing: 3 VMs ask for one on one (web)"),
        (3, "warning: 1 VMs of a drained node"),
        (4, ""),
    ],
)
def test_addresses_of_vms_are_two_while_they_migrate(
    addresses: int, expected: str, tmp_path: Path
) -> None:
    more = f"    network: {{vmNetworks: {{v: {{addresses: {addresses}}}}}}}\n"
    vms = "{name: web, cluster: one, cpu: 1, memory: 1Gi, count: 3, networks: [v]}"
    lines = told(tmp_path, "vm-network-addresses", more=more, vms=vms)
    assert [line.startswith(expected) for line in lines] == [True] * bool(expected)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("1Ti", []), ("100Gi", ["error: 125 GiB too much for what 3 VMs ask for"])],
)
def test_storage_below_demand(raw: str, expected: list[str], tmp_path: Path) -> None:
    more = f"    storage: {{odf: {{raw: {raw}}}}}\n"
    vms = "{name: web, cluster: one, cpu: 1, memory: 1Gi, count: 3, disks: 50Gi}"
    lines = told(tmp_path, "storage-short", more=more, vms=vms)
    assert [line.startswith(part) for part, line in zip(expected, lines, strict=True)] == (
        [True] * len(lines)
    )


QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {{name: q, namespace: {namespace}}}
spec: {{{scope}hard: {{{hard}}}}}
"""


@pytest.mark.parametrize(
    ("hard", "expected"),
    [
        ("pods: 2", "error: not all start"),
        ("pods: 3", "warning: a drain waits"),
        ("pods: 4", ""),
        ("requests.memory: 3Gi", "error: not all start"),
        ("requests.memory: 4Gi", "warning: a drain waits"),
        ("requests.memory: 64Gi", ""),
        ("requests.cpu: 2", ""),
        ("count/secrets: 1", ""),
    ],
)
def test_a_quota_counts_both_pods_of_a_migration(hard: str, expected: str, tmp_path: Path) -> None:
    own = QUOTA.format(namespace="vms", scope="", hard=hard)
    lines = told(tmp_path, "quota-short", own=own)
    assert [line.startswith(expected) for line in lines] == [True] * bool(expected)


@pytest.mark.parametrize(("namespace", "scope"), [("other", ""), ("vms", "scopes: [BestEffort], ")])
def test_a_quota_for_others_is_no_finding(namespace: str, scope: str, tmp_path: Path) -> None:
    own = QUOTA.format(namespace=namespace, scope=scope, hard="pods: 1")
    assert told(tmp_path, "quota-short", own=own) == []


def test_vms_that_do_not_migrate_need_no_room_for_it(tmp_path: Path) -> None:
    own = QUOTA.format(namespace="vms", scope="", hard="pods: 3")
    hub = VM.format(annotations="", more="evictionStrategy: None, ", domain="devices: {}")
    vms = "{name: web, template: web, cluster: one, count: 3}"
    assert told(tmp_path, "quota-short", own=own, hub=hub, vms=vms) == []


DISK = """dataVolumeTemplates:
  - metadata: {name: d}
    spec: {storage: {storageClassName: fast, resources: {requests: {storage: 10Gi}}}}
  template:"""
VOLUME = "volumes: [{name: root, dataVolume: {name: d}}], "


@pytest.mark.parametrize(
    ("hard", "number"),
    [
        ("count/virtualmachines.kubevirt.io: 2", 1),
        ("count/virtualmachines.kubevirt.io: 3", 0),
        ("requests.storage: 29Gi", 1),
        ("requests.storage: 30Gi", 0),
        ("persistentvolumeclaims: 2", 1),
        ("fast.storageclass.storage.k8s.io/requests.storage: 29Gi", 1),
        ("slow.storageclass.storage.k8s.io/requests.storage: 1Gi", 0),
    ],
)
def test_a_quota_counts_vms_and_their_claims_once(hard: str, number: int, tmp_path: Path) -> None:
    own = QUOTA.format(namespace="vms", scope="", hard=f'"{hard.replace(": ", chr(34) + ": ")}')
    hub = VM.format(annotations="", more=VOLUME, domain="devices: {}").replace("template:", DISK)
    vms = "{name: web, template: web, cluster: one, count: 3}"
    assert len(told(tmp_path, "quota-short", own=own, hub=hub, vms=vms)) == number
