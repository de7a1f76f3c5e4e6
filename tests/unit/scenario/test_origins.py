"""Where each number of a cluster came from, with its line."""

import pytest

PROFILE = """\
kind: ConfigMap
apiVersion: v1
metadata: {name: cluster-profile-lab}
data:
  profile: |
    worker_nodes: 3
    node_specifications:
      worker: {cpu: 16, memory: 64Gi}
"""
NODES = """\
kind: List
apiVersion: v1
items:
- {kind: Node, apiVersion: v1, metadata: {name: a}, status: {capacity: {cpu: 4, memory: 8Gi}}}
- {kind: Node, apiVersion: v1, metadata: {name: b}, status: {capacity: {cpu: 4, memory: 8Gi}}}
"""
SCENARIO = """\
apiVersion: ove-capacity/v1
name: small
clusters:
  one:
    manifests: [m.yaml]
    nodes: n.yaml
    profile: lab
    platform: {openshift: "4.22"}
    pools:
      worker: {node: {memory: 128Gi}}
"""


@pytest.fixture
def told(scenario, tmp_path):
    def of(name, text=SCENARIO, **options):
        case = scenario("", {"m.yaml": PROFILE, "n.yaml": NODES}, small=text, **options)
        (found,) = [each for each in case.origins if each.name == name]
        return found.value, str(found.level), found.place.replace(f"{tmp_path}/", "")

    return of


@pytest.mark.parametrize(
    ("name", "value", "level", "place"),
    [
        ("platform.openshift", "4.22", "scenario", "s.yaml:8:27"),
        ("platform.kubevirt", "v1.8.4", "release default", "OpenShift 4.22"),
        ("pools.worker.count", "3", "profile", "m.yaml:6:19"),
        ("pools.worker.node.cpu", "16", "profile", "m.yaml:8:21"),
        ("pools.worker.node.memory", "128Gi", "scenario", "s.yaml:10:31"),
        ("kubelet.maxPods", "250", "release default", "OpenShift 4.22"),
        ("nodes.-", "2 x 4 CPUs, 8Gi; allocatable 4, 8Gi", "manifest", "n.yaml:4:3 and 1 more"),
    ],
)
def test_each_number_says_who_said_it(told, name, value, level, place):
    assert told(name) == (value, level, place)


def test_a_change_on_the_command_line_wins_and_says_so(told):
    changes = {"clusters.one.pools.worker.count": "5"}
    value, level, place = told("pools.worker.count", set=changes)
    assert (value, level) == ("5", "scenario")
    assert place.startswith("--set clusters.one.pools.worker.count")


def test_what_nobody_said_names_its_source(told):
    _, level, source = told("platform.openshift", SCENARIO.replace('{openshift: "4.22"}', "{}"))
    assert (level, source) == ("release default", "the newest release known")


@pytest.mark.parametrize(
    ("name", "value", "level", "place"),
    [
        ("pools.worker.node.cpu", "8", "scenario", "s.yaml:9:35"),
        ("pools.worker.node.sockets", "2", "scenario", "s.yaml:9:25"),
        ("pools.worker.zones", "a, b", "scenario", "s.yaml:10:16"),
        ('pools.worker.node.devices."x.io/gpu"', "2", "scenario", "s.yaml:9:83"),
        ("kubelet.evictionMemoryAvailable", "1Gi", "scenario", "s.yaml:11:40"),
        ("storage.odf.raw", "3Ti", "scenario", "s.yaml:12:26"),
        ("storage.odf.nearFull", "75%", "release default", "OpenShift Data Foundation"),
        ("storage.odf.classes", "fast, slow", "scenario", "s.yaml:12:40"),
        ("network.clusterNetwork.cidr", "10.128.0.0/14", "release default", "OpenShift 4.22"),
        ("network.vmNetworks.vlan7.addresses", "253", "scenario", "s.yaml:13:35"),
    ],
)
def test_what_a_scenario_says_is_told_with_its_line(told, name, value, level, place):
    text = """\
apiVersion: ove-capacity/v1
name: small
platform: {openshift: "4.22"}
clusters:
  one:
    pools:
      worker:
        count: 3
        node: {sockets: 2, cores: 4, threads: 1, memory: 8Gi, devices: {x.io/gpu: 2}}
        zones: [a, b]
    kubelet: {evictionMemoryAvailable: 1Gi}
    storage: {odf: {raw: 3Ti, classes: [fast, slow]}}
    network: {vmNetworks: {vlan7: 10.7.0.0/24}}
"""
    assert told(name, text) == (value, level, place)
