"""What a scenario says of kubelets, and which of it no kubelet would start with."""

import pytest

from ove_capacity.errors import ScenarioError

_HEAD = """\
apiVersion: ove-capacity/v1
name: pinned
platform: {openshift: "4.20"}
clusters:
  production:
    pools: {worker: {count: 1, node: NODE}}
    kubelet: {KUBELET}
"""
_MACHINE = "{sockets: 2, cores: 16, threads: 2, memory: 256Gi, hugepages: {1Gi: 128}}"
_CPUS = 'cpuManagerPolicy: static, reservedSystemCPUs: "0,32"'
_MEMORY = "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]"


@pytest.fixture
def kubelet(scenario):
    def made(said, node=_MACHINE):
        case = scenario(small=_HEAD.replace("NODE", node).replace("KUBELET", said))
        return case.fleet.clusters[0].nodes[0].kubelet, case

    return made


def test_machine_and_policies_reach_the_node(kubelet):
    said = f"{_CPUS}, {_MEMORY}, topologyManagerPolicy: restricted, topologyManagerScope: pod"
    found, _ = kubelet(said + ', cpuManagerPolicyOptions: {full-pcpus-only: "true"}')
    assert [len(cell.cores) for cell in found.machine.cells] == [16, 16]
    assert [dict(cell.hugepages) for cell in found.machine.cells] == [{"1Gi": 64}] * 2
    assert found.config.topology_manager_scope == "pod"
    assert found.config.cpu_manager_policy_options == {"full-pcpus-only": "true"}
    assert found.kept == {"cpu": 2000, "memory": 1124 << 20}


@pytest.mark.parametrize("said", ["", "maxPods: 500", "cpuManagerPolicy: none"])
def test_who_asks_for_no_policy_has_no_kubelet_to_ask(kubelet, said):
    assert kubelet(said)[0] is None


@pytest.mark.parametrize(
    ("said", "path", "words"),
    [
        (
            'cpuManagerPolicy: static, reservedSystemCPUs: "0,99"',
            "kubelet.reservedSystemCPUs",
            "reserved-cpus: 0,99 is not a subset of online-cpus: 0-63",
        ),
        (
            f"{_CPUS}, cpuManagerPolicyOptions: {{full-cores: 'true'}}",
            "kubelet.cpuManagerPolicyOptions",
            'unknown CPU Manager Policy option: "full-cores"',
        ),
        (
            f"{_CPUS}, topologyManagerPolicy: single-numa-node, "
            "cpuManagerPolicyOptions: {align-by-socket: 'true'}",
            "kubelet.cpuManagerPolicyOptions",
            "Topolgy manager single-numa-node policy is incompatible",
        ),
        (
            "memoryManagerPolicy: Static",
            "kubelet",
            'the total amount "0" of type "memory" is not equal to the value "1124Mi"',
        ),
        (
            "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 0, limits: {memory: 1Gi}}]",
            "kubelet.reservedMemory",
            'the total amount "1Gi" of type "memory" is not equal to the value "1124Mi"',
        ),
        (
            "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 2, limits: {memory: 1Gi}}]",
            "kubelet.reservedMemory",
            "references a NUMA node 2 that does not exist",
        ),
    ],
)
def test_a_kubelet_that_would_not_start_is_an_error_in_its_words(kubelet, said, path, words):
    with pytest.raises(ScenarioError) as refused:
        kubelet(said)
    (told,) = str(refused.value).splitlines()
    assert f"clusters.production.{path} — the kubelets of worker would not start: " in told
    assert words in told


def test_processors_that_nobody_describes_are_assumed_and_told(kubelet):
    found, case = kubelet(_CPUS, "{cpu: 64, memory: 256Gi}")
    assert [len(cell.cores) for cell in found.machine.cells] == [16, 16]
    assert any("2 sockets x 16 cores x 2 threads are assumed" in each for each in case.warnings)
    assert [each.value for each in case.assumptions if each.name.startswith("node.topology")]


def test_sockets_alone_say_how_many_cells(kubelet):
    found, _ = kubelet("cpuManagerPolicy: static", "{cpu: 64, memory: 256Gi, sockets: 4}")
    assert len(found.machine.cells) == 4


def test_devices_sit_at_their_cells_and_count_for_the_node(kubelet):
    node = _MACHINE.replace("memory", "devicesByCell: {nvidia.com/A100: [0, 2]}, memory")
    found, case = kubelet(_CPUS, node)
    assert dict(found.machine.devices["nvidia.com/A100"]) == {0: 0, 1: 2}
    assert case.fleet.clusters[0].nodes[0].allocatable["nvidia.com/A100"] == 2
    with pytest.raises(ScenarioError, match="speaks of 3 cells, and there are 2"):
        kubelet(_CPUS, node.replace("[0, 2]", "[0, 2, 2]"))


def test_cells_may_differ_in_memory_and_pages(kubelet):
    uneven = "cells: [{memory: 60Gi, hugepages: {1Gi: 8}}, {memory: 68Gi}]"
    node = _MACHINE.replace("memory", f"{uneven}, memory").replace("128}", "8}")
    found, _ = kubelet(_CPUS, node)
    assert [cell.memory_bytes >> 30 for cell in found.machine.cells] == [60, 68]
    assert [dict(cell.hugepages) for cell in found.machine.cells] == [{"1Gi": 8}, {"1Gi": 0}]
    with pytest.raises(ScenarioError, match="have 9 pages of 1Gi, and the machine 8"):
        kubelet(_CPUS, node.replace("8}}", "9}}", 1))
    with pytest.raises(ScenarioError, match="are 1, and the machine has 2"):
        kubelet(_CPUS, node.replace(", {memory: 68Gi}", ""))
