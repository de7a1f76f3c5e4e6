"""Disks, storage systems and networks: from a scenario and its manifests to nouns."""

import pytest

from ove_capacity.model.network import ClusterNetwork, VmNetwork
from ove_capacity.model.storage import Disk

_HEAD = "apiVersion: ove-capacity/v1\nname: x\n"
_WORKLOAD = "workloads: [{{name: w, cluster: one, cpu: 1, memory: 1Gi, {0}}}]\n"
_ATTACHMENT = """\
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: vlan7, namespace: prod}
spec:
  config: |
    {"type": "bridge", "ipam": {"type": "whereabouts", "range": "10.7.0.0/24"}}
"""
_VM = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: db, namespace: prod}
spec:
  runStrategy: Always
  dataVolumeTemplates:
  - metadata: {name: root}
    spec: {storage: {storageClassName: fast, resources: {requests: {storage: 30Gi}}}}
  - metadata: {name: old}
    spec: {pvc: {resources: {requests: {storage: 10Gi}}}}
  - metadata: {name: copied}
    spec: {storage: {}}
  template:
    spec:
      domain:
        memory: {guest: 2Gi}
        devices: {interfaces: [{name: lan, bridge: {}}]}
      networks: [{name: lan, multus: {networkName: vlan7}}]
      volumes:
      - {name: a, dataVolume: {name: root}}
      - {name: b, dataVolume: {name: old}}
      - {name: c, dataVolume: {name: copied}}
"""


def _workload(scenario, fields, text=""):
    return scenario(text + _WORKLOAD.format(fields)).plan.workloads[0]


@pytest.mark.parametrize(
    ("written", "disks"),
    [
        ("60Gi", [("disk-0", 60, "")]),
        ("[60Gi, 200Gi]", [("disk-0", 60, ""), ("disk-1", 200, "")]),
        ("{size: 1Gi, storageClass: fast}", [("disk-0", 1, "fast")]),
        ("[{name: root, size: 1Gi}, 2Gi]", [("root", 1, ""), ("disk-1", 2, "")]),
        ("[]", []),
    ],
)
def test_disks_may_be_written_short(scenario, written, disks):
    found = _workload(scenario, f"disks: {written}").disks
    assert found == tuple(Disk(name, size << 30, storage) for name, size, storage in disks)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("disks: 0", "disks — must be more than zero"),
        ("disks: [{name: a}]", "disks[0] — 'size' is missing"),
        ("disks: [{name: a, size: 1Gi}, {name: a, size: 1Gi}]", "there is a disk 'a' already"),
        ("networks: vlan9", "there is no network 'vlan9'; known: vlan7; did you mean 'vlan7'?"),
        ("networks: [vlan7, vlan7]", "'vlan7' is there already"),
        ("usage: {cpu: 130%}", "usage.cpu — must be a share like 30%"),
        ("usage: {cpu: 0.3}", "usage.cpu — may be 0.3% or 30%: write the sign"),
        ("usage: {disk: 30%}", "usage.disk — no such field"),
    ],
)
def test_what_is_wrong_with_disks_and_networks_has_a_place(problems, fields, words):
    text = "    network: {vmNetworks: {vlan7: {addresses: 5}}}\n"
    found = problems(text + _WORKLOAD.format(fields))
    assert len(found) == 1
    assert words in found[0]


def test_a_workload_names_networks_as_the_cluster_does(scenario):
    text = "    network: {vmNetworks: {vlan7: 10.7.0.0/24}}\n"
    assert _workload(scenario, "networks: [{name: vlan7}]", text).networks == ("vlan7",)
    assert _workload(scenario, "networks: prod/vlan7", text).networks == ("vlan7",)


def test_vms_of_a_folder_bring_their_disks_and_networks(scenario):
    case = scenario(
        "    manifests: n.yaml\n    vms: v.yaml\n", {"n.yaml": _ATTACHMENT, "v.yaml": _VM}
    )
    workload = case.plan.workloads[0]
    assert workload.disks == (Disk("root", 30 << 30, "fast"), Disk("old", 10 << 30))
    assert workload.networks == ("prod/vlan7",)
    assert case.fleet.clusters[0].vm_networks == (VmNetwork("prod/vlan7", 254),)
    assert any("1 volumes of VMs are of unknown size" in each for each in case.warnings)


def test_a_workload_may_say_other_disks_than_its_template(scenario):
    files = {"n.yaml": _ATTACHMENT, "v.yaml": _VM}
    text = "    manifests: [n.yaml, v.yaml]\n"
    text += "workloads: [{name: w, cluster: one, template: db%s}]\n"
    assert len(scenario(text % "", files).plan.workloads[0].disks) == 2
    bare = scenario(text % ", disks: [], networks: []", files).plan.workloads[0]
    assert (bare.disks, bare.networks) == ((), ())


def test_the_storage_machines_of_a_profile_are_a_storage_system(scenario):
    case = scenario("clusters: {a: {profile: production}, b: {profile: staging}}\n", small=_HEAD)
    system = case.fleet.clusters[0].storage[0]
    assert (system.raw_bytes, system.medium, system.usable_bytes) == (12 << 40, "SSD", 3 << 40)
    assert case.fleet.clusters[1].storage == ()
    assumed = {each.name: each.value for each in case.assumptions if each.applies_to == "a"}
    assert (assumed["storage.replicas"], assumed["storage.near_full_percent"]) == ("3", "75")


def test_the_scenario_may_describe_the_storage_itself(scenario):
    text = (
        "clusters: {a: {profile: production, storage: {ceph: {replicas: 2, nearFull: 80%%}%s}}}\n"
    )
    case = scenario(text % "", small=_HEAD)
    system = case.fleet.clusters[0].storage[0]
    assert (system.name, system.raw_bytes, system.usable_bytes) == (
        "ceph",
        12 << 40,
        (12 << 40) * 80 // 200,
    )
    both = scenario(text % ", san: {raw: 1Ti, replicas: 1, classes: [san], held: 2Gi}", small=_HEAD)
    san = both.fleet.clusters[0].storage[1]
    assert (san.raw_bytes, san.held_bytes, san.serves("san")) == (1 << 40, 2 << 30, True)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("{a: {}}", "storage.a — 'raw' is missing, and there are no storage machines"),
        ("{a: {raw: 1Ti, held: 2Ti}}", "storage.a.held — is more than there is raw"),
        ("{a: {raw: 1Ti, nearFull: 0}}", "storage.a.nearFull — must be a share like"),
        ("{a: {raw: 1Ti, nearFull: 7.5}}", "must be a whole share like 75%"),
        ("{a: {raw: 1Ti, replicas: 0}}", "storage.a.replicas — must be at least 1"),
        ("{a: {raw: 1Ti, held: -1}}", "storage.a.held — must be zero or more"),
    ],
)
def test_wrong_storage_is_refused_at_its_place(problems, storage, words):
    found = problems(f"    storage: {storage}\n")
    assert len(found) == 1
    assert words in found[0]


def test_the_pod_network_is_openshifts_own_unless_said(scenario):
    case = scenario()
    assert case.fleet.clusters[0].network == ClusterNetwork("10.128.0.0/14", 23, 512, 508)
    assert any(each.name == "network.cluster_network" for each in case.assumptions)
    text = "    network: {clusterNetwork: {cidr: 10.0.0.0/16, hostPrefix: 24}}\n"
    said = scenario(text)
    assert said.fleet.clusters[0].network == ClusterNetwork("10.0.0.0/16", 24, 256, 252)
    assert not any(each.name == "network.cluster_network" for each in said.assumptions)


def test_the_network_object_of_a_cluster_is_read(scenario):
    written = "apiVersion: config.openshift.io/v1\nkind: Network\nmetadata: {name: cluster}\n"
    written += "spec: {clusterNetwork: [{cidr: 10.200.0.0/16, hostPrefix: 25}]}\n"
    case = scenario("    manifests: n.yaml\n", {"n.yaml": written})
    assert case.fleet.clusters[0].network == ClusterNetwork("10.200.0.0/16", 25, 512, 124)
    origin = {each.name: each for each in case.origins}["network.clusterNetwork.cidr"]
    assert (origin.level, origin.place.endswith("n.yaml:4:32")) == ("manifest", True)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (
            "{clusterNetwork: {cidr: 10.0.0.0/24, hostPrefix: 23}}",
            "clusterNetwork — a node's slice",
        ),
        ("{clusterNetwork: {cidr: nonsense}}", "'nonsense' is not a range like 10.128.0.0/14"),
        ("{vmNetworks: {a: 10.0.0.0/31}}", "vmNetworks.a — '10.0.0.0/31' leaves no address"),
        ("{vmNetworks: {a: {range: 10.0.0.0/24, addresses: 3}}}", "exclude each other"),
        ("{vmNetworks: {a: {addresses: 3, held: 4}}}", "a.held — is more than its 3 addresses"),
        ("{vmNetworks: {a: {addresses: 0}}}", "a.addresses — must be at least 1"),
    ],
)
def test_wrong_networks_are_refused_at_their_place(problems, network, words):
    found = problems(f"    network: {network}\n")
    assert len(found) == 1
    assert words in found[0]


def test_a_whole_range_keeps_one_address_for_its_gateway(scenario):
    case = scenario("    network: {vmNetworks: {a: 10.0.0.0/24, b: 10.0.1.1-10.0.1.9, c: {}}}\n")
    networks = case.fleet.clusters[0].vm_networks
    assert [(each.name, each.addresses) for each in networks] == [("a", 253), ("b", 9), ("c", None)]
    assert any(each.name == "vm_network.gateway_addresses" for each in case.assumptions)


_CLAIMS = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: prod}
spec: {storageClassName: slow, resources: {requests: {storage: 40Gi}}}
---
apiVersion: cdi.kubevirt.io/v1beta1
kind: DataVolume
metadata: {name: boot, namespace: prod}
spec: {storage: {resources: {requests: {storage: 20Gi}}}}
"""
_CLAIMING = """\
---
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: NAME, namespace: prod}
spec:
  runStrategy: Always
  template:
    spec:
      domain: {memory: {guest: 1Gi}}
      volumes:
      - {name: a, dataVolume: {name: boot}}
      - {name: b, persistentVolumeClaim: {claimName: data}}
      - {name: c, persistentVolumeClaim: {claimName: lost}}
      - {name: d, containerDisk: {image: x}}
"""


def test_claims_among_the_manifests_give_listed_vms_their_disks(scenario):
    vms = _CLAIMING.replace("NAME", "one") + _CLAIMING.replace("NAME", "two")
    case = scenario("    manifests: c.yaml\n    vms: v.yaml\n", {"c.yaml": _CLAIMS, "v.yaml": vms})
    first, second = case.plan.workloads
    assert first.disks == (Disk("boot", 20 << 30), Disk("data", 40 << 30, "slow"))
    assert second.disks == ()
    assert any("of unknown size and not counted: prod/lost" in each for each in case.warnings)


def test_the_tables_of_a_case_show_storage_and_networks(scenario):
    text = "    storage: {odf: {raw: 12Ti}}\n    network: {vmNetworks: {a: 10.0.0.0/24, b: {}}}\n"
    tables = {each.title: each.rows for each in scenario(text).tables}
    assert tables["Storage"] == (("one", "odf", "12Ti", 3, "75%", "3Ti", "every", "-"),)
    assert [row[1:3] for row in tables["Networks"]] == [
        ("pods, 10.128.0.0/14", "508 on each of 512 nodes"),
        ("a", 253),
        ("b", "-"),
    ]
